"""The pages and the static files: a manifest made at start, so that a request's path is only ever a dictionary key (A-066)."""

from __future__ import annotations

import base64
import contextlib
import gzip
import hashlib
import json
import posixpath
import re
from collections.abc import Callable, Iterator, Sequence
from html import escape
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from flask import Blueprint, Response, g, redirect, request
from werkzeug.wrappers import Response as AnyResponse
from whitenoise import WhiteNoise

from g4f.catalog import LAST_RESORT
from server import joining
from server.context import browser_language, chosen_language, services
from server.errors import ApiError, NotFound
from server.guard import client
from server.headers import NOINDEX, PREVIEW
from server.languages import LANGUAGES

CLIENT = Path(__file__).resolve().parent.parent / "client"
GUIDE = Path(__file__).resolve().parent.parent / "docs" / "guide"
SERVED = ("css", "js", "locales", "icons", "vendor")  # folders of client/ that a browser may read
FOREVER = 31_536_000  # seconds; the address of a versioned file changes when any file does
# How the page looks, as this browser chose it: cookie and data attribute have the same name. The first value is the usual one.
LOOKS = {
    "theme": ("auto", "light", "dark"),
    "accent": ("violet", "pink", "blue", "green"),
    "density": ("comfortable", "compact"),
    "size": ("normal", "small", "large", "larger"),
    "sidebar": ("shown", "hidden"),
}
# The module with which each page of client/html begins.
STARTS = {"index": "js/main.js", "login": "js/login.js", "shared": "js/shared.js", "help": "js/guide.js", "design": "js/design.js"}
API = "backend-api/v2"
# What client/js/main.js asks for when it begins.
LISTS = (f"{API}/conversations?limit=50", f"{API}/models", f"{API}/providers", f"{API}/roles")
LAST = 20  # messages with which client/js/api.js begins a conversation
MESSAGES = "js/components/messages.js"  # a conversation is drawn by it
LATER = {"index": (MESSAGES,)}  # what a page soon needs besides; it comes as a file of its own
MESSAGE_STYLES = "messages message markdown code print"  # with these, as client/js/components/app.js says
VERSION_LENGTH = 12  # hexadecimal digits

# What a page needs at once comes as one file: {{styles base app}} in client/html is css/base+app.css on the wire.
_STYLES = re.compile(r"\{\{styles ([\w -]+)\}\}")
# A sentence of client/locales: {{say greeting.title}}.
_SAY = re.compile(r"\{\{say ([\w.]+)\}\}")

blueprint = Blueprint("pages", __name__)


class Ahead(NamedTuple):
    """What the scripts of a page will ask for as soon as they begin: named in the page, it comes together with them."""

    modules: Sequence[str] = ()
    styles: str = ""
    all_sentences: bool = True  # not only those of the first page
    data: Sequence[str] = ()  # addresses below the application's


WORDS = Ahead()  # for a page that says all at once
BEGINNING = Ahead(all_sentences=False, data=LISTS)  # for the page with nothing in it yet


class Pages:
    """The files below client/, by address; with ``live`` they are looked for anew at every page, for whoever edits them."""

    def __init__(self, client: Path = CLIENT, *, live: bool = False) -> None:
        self._client = client
        self._live = live
        self._load()

    def _load(self) -> None:
        self.version = self._version()
        self._files = WhiteNoise(
            None, mimetypes={".mjs": "text/javascript", ".js": "text/javascript"}, allow_all_origins=False, max_age=0
        )
        for folder in SERVED:
            if (self._client / folder).is_dir():
                self._files.add_files(str(self._client / folder), prefix=folder)
        self._styles = dict(self._join_styles())
        self._shells: dict[tuple[str, str, str], str] = {}
        self._joined: dict[str, dict[str, bytes]] = {}  # by page
        self._importmap = json.loads(self.source("importmap.json"))["imports"]

    def _version(self) -> str:
        """One name for the state of all files, made from names, sizes and times: reading them all would slow the start."""
        state = hashlib.sha256()
        for folder in SERVED:
            for file in sorted((self._client / folder).rglob("*")):
                facts = file.stat()
                if file.suffix == ".gz":
                    _drop_if_stale(file, facts.st_mtime_ns)
                elif file.is_file():
                    state.update(f"{file.relative_to(self._client)}\0{facts.st_size}\0{facts.st_mtime_ns}\n".encode())
        return state.hexdigest()[:VERSION_LENGTH]

    def _join_styles(self) -> Iterator[tuple[str, bytes]]:
        """The style sheets that a page asks for together, by the address of the joined file, compressed."""
        pages = (page.read_text("utf-8") for page in sorted((self._client / "html").glob("*.html")))
        for names in (MESSAGE_STYLES, *(names for page in pages for names in _STYLES.findall(page))):
            if all((self._client / f"css/{name}.css").is_file() for name in names.split()):
                joined = "\n".join(self.source(f"css/{name}.css") for name in names.split())
                yield _joined_address(names), gzip.compress(joined.encode(), mtime=0)

    def _modules(self, page: str) -> dict[str, bytes]:
        """What a page needs, joined when it is first asked for, by address, compressed; one by one for whoever edits the files.

        Two threads may do it at the same time: both come to the same.
        """
        if self._live or page not in STARTS:
            return {}
        if page not in self._joined:
            joined = joining.join((STARTS[page], *LATER.get(page, ())), self.source, self.resolve, page)
            self._joined[page] = {address: gzip.compress(text.encode(), mtime=0) for address, text in joined.items()}
        return self._joined[page]

    def resolve(self, path: str, name: str) -> str:
        """The path of what a module imports."""
        known: str | None = self._importmap.get(name)
        return known or posixpath.normpath(posixpath.join(posixpath.dirname(path), name))

    def source(self, name: str) -> str:
        return (self._client / name).read_text("utf-8")

    def file(self, path: str, *, forever: bool) -> Response:
        """A static file, compressed where the browser takes it. Raises ``NotFound``."""
        if path in self._styles:
            return _compressed(self._styles[path], "text/css", _lifetime(forever))
        if path.startswith(f"{joining.FOLDER}/"):
            modules = self._modules(path.split("/")[1])
            if path not in modules:
                raise NotFound
            return _compressed(modules[path], "text/javascript", _lifetime(forever))
        found = self._files.files.get("/" + path)
        if found is None:
            raise NotFound
        # Whole files only: they are small, and a range that cannot be had would be refused in another shape than ours.
        environ = {name: value for name, value in request.environ.items() if name != "HTTP_RANGE"}
        answer = found.get_response(request.method, environ)
        body = b""
        if answer.file is not None:
            with answer.file as file:
                body = file.read()  # a few hundred KB at the most
        response = Response(body, status=int(answer.status))
        for name, value in answer.headers:
            response.headers[name] = value
        response.headers["Cache-Control"] = _lifetime(forever)
        return response

    def shell(self, name: str, root: str, ahead: Ahead = WORDS, *, greeting: str = "") -> Response:
        """A page of client/html with its placeholders filled. ``root`` is the application's relative address, "./" or "../".

        ``greeting`` names what of client/html/greeting is seen until the page can draw it itself.
        """
        if self._live:
            self._load()
        assets = f"{root}assets/{self.version}"
        importmap = self._import_map(assets, name)
        language = LANGUAGES[chosen_language()]
        modules = self._at_once(name, STARTS[name], *ahead.modules)
        values = {
            "assets": assets,
            "root": root,
            "importmap": f'<script type="importmap">{importmap}</script>',
            "ahead": "".join(_links(root, assets, modules, language.code, ahead)),
            "styles": _joined_link(ahead.styles).replace("{{assets}}", assets) if ahead.styles else "",
            "start": f"{assets}/{modules[0]}",
            "language": language.code,
            "direction": language.direction,
            "browser_language": browser_language(),
            "kind": greeting,
            "looks": " ".join(f'data-{name}="{_chosen(name, known, known[0])}"' for name, known in LOOKS.items()),
            "debug": "on" if self._live else "off",
        }
        page = re.sub(r"\{\{(\w+)\}\}", lambda match: values[match[1]], self._text(name, greeting, language.code))
        digest = base64.b64encode(hashlib.sha256(importmap.encode()).digest()).decode()
        g.script_hashes = [f"'sha256-{digest}'"]
        return _compressed(gzip.compress(page.encode(), 6, mtime=0), "text/html", "no-cache, no-store")

    def _text(self, name: str, greeting: str, language: str) -> str:
        """A page with everything in it that is the same for all who read this language."""
        known = self._shells.get((name, greeting, language))
        if known is None:
            said = self.sentences(language)
            page = self.source(f"html/{name}.html")
            page = page.replace("{{greeting}}", self.source(f"html/greeting/{greeting}.html") if greeting else "")
            page = _SAY.sub(lambda match: escape(said[match[1]]), _STYLES.sub(lambda match: _joined_link(match[1]), page))
            known = self._shells[name, greeting, language] = page
        return known

    def first_files(self) -> list[str]:
        """The paths of what the first page needs before it can be drawn."""
        styles = _STYLES.findall(self.source("html/index.html"))
        return [*map(_joined_address, styles), *self._at_once("index", STARTS["index"])]

    def sentences(self, language: str) -> dict[str, str]:
        """What the first page says; in English what the language does not have yet."""
        return {**json.loads(self.source("locales/en.json")), **json.loads(self.source(f"locales/{language}.json"))}

    def preview(self) -> Response:
        """client/html/preview.html as it is, with the policy of a place that trusts nobody."""
        page = self.source("html/preview.html")
        return Response(page, content_type="text/html; charset=utf-8", headers=[*PREVIEW, ("Cache-Control", "no-cache")])

    def _import_map(self, assets: str, page: str) -> str:
        """Where the modules are: also those that come joined and know each other by their own addresses."""
        places = {name: f"{assets}/{target}" for name, target in self._importmap.items()}
        for address in self._modules(page):
            places[f"{assets}/{address.removeprefix(joining.address('', page))}"] = f"{assets}/{address}"
        return json.dumps({"imports": places})

    def _at_once(self, page: str, *starts: str) -> list[str]:
        """The files of all modules that ``starts`` import, directly or not: else the browser would discover them one by one."""
        return [joining.address(start, page) for start in starts] if self._modules(page) else list(self._graph(*starts))

    def _graph(self, *starts: str) -> Iterator[str]:
        """Every module that ``starts`` import, directly or not, by its path below client/; those of the first one first."""
        seen = set(starts)
        for start in starts:
            waiting = [start]
            while waiting:
                path = waiting.pop(0)
                yield path
                for module in joining.imported(path, self.source(path), self.resolve):
                    if module not in seen:
                        seen.add(module)
                        waiting.append(module)


def _joined_address(names: str) -> str:
    return f"css/{'+'.join(names.split())}.css"


def _joined_link(names: str) -> str:
    return f'<link rel="stylesheet" href="{{{{assets}}}}/{_joined_address(names)}">'


def _links(root: str, assets: str, modules: Sequence[str], language: str, ahead: Ahead) -> Iterator[str]:
    """What the browser shall ask for while it still reads the page."""
    for path in modules:
        yield f'<link rel="modulepreload" href="{assets}/{path}">'
    for part in ("", ".more") if ahead.all_sentences else ("",):
        yield _fetched(f"{assets}/locales/{language}{part}.json")
    yield from (_fetched(f"{root}{each}") for each in ahead.data)


def _fetched(address: str) -> str:
    return f'<link rel="preload" as="fetch" crossorigin href="{escape(address)}">'


def _compressed(compressed: bytes, kind: str, lifetime: str) -> Response:
    """As it is to a browser that takes it so, which all do; unpacked to the others."""
    takes = request.accept_encodings["gzip"] > 0
    response = Response(compressed if takes else gzip.decompress(compressed), content_type=f"{kind}; charset=utf-8")
    response.headers["Cache-Control"] = lifetime
    response.headers["Vary"] = "Accept-Encoding"
    if takes:
        response.headers["Content-Encoding"] = "gzip"
    return response


def _lifetime(forever: bool) -> str:
    return f"public, max-age={FOREVER}, immutable" if forever else "no-cache"


def _drop_if_stale(compressed: Path, changed: int) -> None:
    """run.py gives a compressed copy its source's time; one with another time was made from another text."""
    source = compressed.with_suffix("")
    if not source.exists() or source.stat().st_mtime_ns != changed:
        with contextlib.suppress(OSError):
            compressed.unlink()


def _chosen(name: str, known: tuple[str, ...], otherwise: str) -> str:
    """What this browser chose before, so that the first paint is already in the right colours."""
    value = request.cookies.get(name, "")
    return value if value in known else otherwise


@blueprint.get("/")
def index() -> Response:
    provider, _ = services().catalog.default()
    return services().pages.shell("index", "./", BEGINNING, greeting="guided" if provider == LAST_RESORT else "ready")


@blueprint.get("/chat/")
@blueprint.get("/chat/<conversation_id>")
def chat(conversation_id: str = "") -> Response:
    if not conversation_id:
        return services().pages.shell("index", "../", BEGINNING)
    data = (f"{API}/conversations/{quote(conversation_id, safe='')}?last={LAST}", *LISTS)
    return services().pages.shell("index", "../", Ahead((MESSAGES,), MESSAGE_STYLES, data=data))


@blueprint.get("/chat")
def chat_without_slash() -> AnyResponse:
    return redirect("chat/")


@blueprint.get("/login")
def login() -> Response:
    return services().pages.shell("login", "./")


@blueprint.get("/s/<token>")
def shared(token: str) -> Response:
    """A conversation for whoever has its link. A link that shows nothing, for whatever reason, is the same page and a 404."""
    try:
        services().sharing.find(token, client(request).address)
        status = 200
    except ApiError as refusal:
        status = refusal.status
    page = services().pages.shell("shared", "../")
    page.status_code = status
    page.headers["X-Robots-Tag"] = NOINDEX
    return page


@blueprint.get("/preview")
def preview() -> Response:
    """The isolated frame in which HTML, SVG and diagrams of an answer are shown; it holds nothing of anybody's."""
    return services().pages.preview()


@blueprint.get("/design")
def design() -> Response:
    """The living page of components, for whoever develops it."""
    if not services().settings.debug:
        raise NotFound
    return services().pages.shell("design", "./")


@blueprint.get("/help/<language>/<name>")
def help_(language: str, name: str) -> Response:
    """A section of the guide: the page that shows it, or with ``?raw`` its Markdown."""
    files = _guide()
    if (language, name) not in files:
        raise NotFound
    if "raw" in request.args:
        return Response(files[language, name]().encode(), content_type="text/markdown; charset=utf-8")
    return services().pages.shell("help", "../../")


def _guide() -> dict[tuple[str, str], Callable[[], str]]:
    def reader(file: Path) -> Callable[[], str]:
        return lambda: file.read_text("utf-8")

    return {(file.parent.name, file.name): reader(file) for file in GUIDE.glob("*/*.md")}


@blueprint.get("/assets/<version>/<path:path>")
def versioned(version: str, path: str) -> Response:
    pages = services().pages
    if version in SERVED:  # an address without a version, as it was in 2023
        return pages.file(f"{version}/{path}", forever=False)
    return pages.file(path, forever=version == pages.version)


@blueprint.get("/favicon.ico")
def favicon() -> Response:
    return services().pages.file("icons/icon.svg", forever=False)


@blueprint.get("/robots.txt")
def robots() -> Response:
    return Response("User-agent: *\nDisallow: /\n", content_type="text/plain; charset=utf-8")
