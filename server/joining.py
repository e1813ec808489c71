"""Modules of the page as one file on the wire: what is needed at once is asked for at once, not in seventy requests.

Nothing is built and no name is changed: every module keeps its text inside a function of its own, in the order of its imports. Each
page has its own files, for it begins with another module. The one for ``js/main.js`` looks like this::

    export const $js_view = (() => {
      …                                       // the text of js/view.js without the words import and export
      return { html, lazy }
    })()
    const { html } = $js_view                 // js/main.js itself, last and bare, so that it may await and export
    …

Whoever is fetched later imports the same modules by their own addresses; ``stub`` is what it finds there. The forms of import and
export that are understood are those of client/js and of the packages; ``tests/server/test_joining.py`` has Node compare each module
with its joined self.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Collection, Iterable, Iterator

FOLDER = "joined"  # below it the joined files and the stubs of each page stand, by the paths of their modules
ANY = "page"  # all pages are equally deep: a relative way is the same in each

# A statement begins a line, or follows another one in a minified package. The word comes first: it is looked for fast.
_IMPORT = re.compile(r"""import(?<=[;}\n]import)\s*(?:([\w*{}\s,$]+?)\s*from\s*)?["']([^"'\n]+)["'];?""")
_PASSED_ON = re.compile(r"""export(?<=[;}\n]export)\s*\{([\w\s,$]*)\}\s*from\s*["']([^"'\n]+)["'];?""")
_LISTED = re.compile(r"export(?<=[;}\n]export)\s*\{([\w\s,$]*)\};?")
_DECLARED = re.compile(r"export(?<=[;}\n]export) (?=((?:async )?function\*? ?|class |const )([\w$]+))")
_DEFAULT = re.compile(r"export(?<=[;}\n]export) default ")
_LATER = re.compile(r"""\bimport\(["'](\.[^"'\n]+)["']\)""")
_HERE = "import.meta.url"

Resolve = Callable[[str, str], str]
"""From the path of a module and the name it imports to the path of what is meant."""


def join(starts: Iterable[str], source: Callable[[str], str], resolve: Resolve, page: str) -> dict[str, str]:
    """The joined files and the stubs of a page, by address. The file of each of ``starts`` holds what it needs and no file before
    it has."""
    files: dict[str, str] = {}
    homes: dict[str, str] = {}
    for start in starts:
        files |= _file(start, homes, source, resolve)
    return {address(path, page): text for path, text in files.items()}


def _file(start: str, homes: dict[str, str], source: Callable[[str], str], resolve: Resolve) -> dict[str, str]:
    """One of them with its stubs, by path. ``homes``: the start in whose file a module is; those of this one are added."""
    files: dict[str, str] = {}
    written: list[str] = []
    elsewhere: dict[str, set[str]] = {}

    def add(path: str) -> None:
        home = homes.setdefault(path, start)
        if home != start:
            elsewhere.setdefault(home, set()).add(variable(path))
        elif path not in files:
            files[path] = ""  # being written
            text = source(path)
            for needed in imported(path, text, resolve):  # first, as the browser would run them
                add(needed)
            if path == start:
                written.append(_rest(path, start, "\n" + text, resolve))
                return
            body, exports = _body(path, start, "\n" + text, resolve)
            returned = ", ".join(name if name == value else f"{name}: {value}" for name, value in exports.items())
            written.append(f"export const {variable(path)} = (() => {{\n{body}\nreturn {{ {returned} }}\n}})()\n")
            files[path] = _stub(path, exports, start)

    add(start)
    taken = [f'import {{ {", ".join(sorted(names))} }} from "{_way(start, home)}"\n' for home, names in elsewhere.items()]
    files[start] = "".join((*taken, *written))
    return files


def address(path: str, page: str) -> str:
    """Where a module of ``page`` stands when it is joined."""
    return f"{FOLDER}/{page}/{path}"


def variable(path: str) -> str:
    """js/markdown/inline.js is called ``$js_markdown_inline`` in a joined file."""
    return "$" + re.sub(r"\W", "_", posixpath.splitext(path)[0])


def imported(path: str, text: str, resolve: Resolve) -> Iterator[str]:
    """The paths of what a module needs before it runs, in the order in which it names them."""
    found = [match for pattern in (_IMPORT, _PASSED_ON) for match in pattern.finditer("\n" + text)]
    for match in sorted(found, key=re.Match.start):
        yield resolve(path, match[2])


def _stub(path: str, names: Collection[str], start: str) -> str:
    """A joined module under its own name: what the file of ``start`` holds of it."""
    taken = ", ".join(name if name != "default" else "default: $default" for name in names)
    default = "export { $default as default }\n" if "default" in names else ""
    module = variable(path)
    return f'import {{ {module} }} from "{_way(path, start)}"\nexport const {{ {taken} }} = {module}\n{default}'


def _way(path: str, target: str) -> str:
    way = posixpath.relpath(target, posixpath.dirname(path))
    return way if way.startswith(".") else f"./{way}"


def _body(path: str, home: str, text: str, resolve: Resolve) -> tuple[str, dict[str, str]]:
    """The text of a module as that of a function, and what it exports: the name outside, the expression inside."""
    exports: dict[str, str] = {}

    def pass_on(match: re.Match[str]) -> str:
        exports.update((outside, f"{variable(resolve(path, match[2]))}.{inside}") for inside, outside in _pairs(match[1]))
        return ""

    def list_(match: re.Match[str]) -> str:
        exports.update((outside, inside) for inside, outside in _pairs(match[1]))
        return ""

    def declare(match: re.Match[str]) -> str:
        exports[match[2]] = match[2]
        return ""

    def name_default(_: re.Match[str]) -> str:
        exports["default"] = "$default"
        return "const $default = "

    for pattern, put in ((_PASSED_ON, pass_on), (_LISTED, list_), (_DECLARED, declare), (_DEFAULT, name_default)):
        text = pattern.sub(put, text)
    return _rest(path, home, text, resolve), exports


def _rest(path: str, home: str, text: str, resolve: Resolve) -> str:
    """Imports as constants, and the addresses of what is fetched later as seen from the joined file."""
    folder, there = posixpath.dirname(path), posixpath.dirname(address(home, ANY))

    def later(match: re.Match[str]) -> str:
        return f'import("{posixpath.relpath(posixpath.normpath(posixpath.join(folder, match[1])), there)}")'

    text = _IMPORT.sub(lambda match: _constants(match[1], variable(resolve(path, match[2]))), text)
    return _LATER.sub(later, text).replace(_HERE, f'new URL("{posixpath.relpath(path, there)}", {_HERE})')


def _constants(clause: str | None, module: str) -> str:
    """``import clause from module`` where the module is an object."""
    if not clause:
        return ""
    if clause.startswith("*"):
        return f"const {clause.split()[-1]} = {module};"
    if clause.startswith("{"):
        pairs = _pairs(clause.strip("{} "))
        taken = ", ".join(inside if inside == outside else f"{inside}: {outside}" for inside, outside in pairs)
        return f"const {{ {taken} }} = {module};"
    return f"const {clause} = {module}.default;"


def _pairs(clause: str) -> Iterator[tuple[str, str]]:
    """``a, b as c``: what it is called there and what it is called here."""
    for part in filter(None, (part.strip() for part in clause.split(","))):
        inside, _, outside = part.partition(" as ")
        yield inside.strip(), (outside or inside).strip()
