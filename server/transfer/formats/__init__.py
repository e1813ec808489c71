"""One kind of file, one module: ``recognises`` says whether a value is of that kind, ``chats`` reads it."""
