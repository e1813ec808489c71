"""The built-in guide: finds the answer to a question about this product in its own documentation.

documents  reads docs/guide/<language>/*.md into sections
words      a question as comparable words: ё=е, endings cut off, other names of the same thing
search     full-text search over the sections
answer     what is said: greeting, found sections, the way to a real model

Needs no network, no key and no package beyond the standard library.
"""
