"""Who may know whom: the import rules of docs/design.md, read from the code itself."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PURE = ("flask", "werkzeug", "waitress", "whitenoise", "sqlalchemy", "alembic")

# A room, and what it must not import. create_app (server/__init__.py), serve.py and the tests may know everybody.
FORBIDDEN = {
    "g4f": ("server", *PURE),
    "server/conversations.py": ("server.api", "server.storage", "server.generation", "server.context", *PURE),
    "server/wire.py": ("server.api", "server.storage", "server.generation", "server.context", *PURE),
    "server/roles.py": ("server.", "g4f", *PURE),
    "server/library.py": ("server.api", "server.storage", "server.generation", "server.context", "g4f", *PURE),
    "server/sharing.py": ("server.api", "server.storage", "server.generation", "server.context", *PURE),
    "server/settings.py": ("server.api", "server.storage", "server.generation", "server.context", *PURE),
    "server/generation": ("server.api", "server.context", "server.pages", "server.storage", *PURE),
    "server/storage": ("server.api", "server.context", "server.generation", "server.pages", "flask", "werkzeug", "waitress"),
    "server/transfer": ("server.api", "server.context", "server.generation", "server.pages", "server.storage", *PURE),
    "server/api": ("server.serve", "server.storage", "sqlalchemy", "alembic", "waitress"),
    "server/pages.py": ("server.serve", "server.storage", "server.generation", "sqlalchemy", "waitress"),
}
STANDARD_FOR_G4F = ("aiohttp", "requests", "certifi", "truststore", "urllib3")


def python_files(room: str) -> Iterator[Path]:
    place = ROOT / room
    yield from [place] if place.is_file() else sorted(place.rglob("*.py"))


def imports(file: Path) -> Iterator[str]:
    """What a module imports when it runs; what only a type checker reads does not count."""
    tree = ast.parse(file.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            node.body = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("room", FORBIDDEN)
def test_a_room_knows_only_whom_it_may(room: str) -> None:
    for file in python_files(room):
        for name in imports(file):
            for stranger in FORBIDDEN[room]:
                known = name == stranger or name.startswith(stranger.rstrip(".") + ".")
                assert not known, f"{file.relative_to(ROOT)} imports {name}"


def test_the_application_is_made_in_one_place() -> None:
    for file in python_files("server"):
        if file.name != "serve.py" and file.parent.name == "server":
            assert "server.create_app" not in set(imports(file)), file


def test_only_one_file_knows_waitress() -> None:
    users = {file.name for file in python_files("server") if any(name.startswith("waitress") for name in imports(file))}
    assert users == {"edge.py"}


def test_only_one_file_knows_the_wire() -> None:
    """The names of the wire's fields stand in wire.py; nobody else makes server-sent events."""
    users = {file.name for file in python_files("server") if re.search(r"\\ndata: ", file.read_text("utf-8"))}
    assert users == {"wire.py"}


def test_no_two_paths_differ_only_by_case() -> None:
    rooms = ("g4f", "server", "client/js")
    paths = [str(file.relative_to(ROOT)).lower() for room in rooms for file in (ROOT / room).rglob("*.*s*")]
    assert len(paths) == len(set(paths))


CLIENT = {
    "components": r"(fetch\(|localStorage|sessionStorage|from \"\.\./(api|store|actions)\.js\")",
    "chat.js": r"^import ",
    "conversations.js": r"^import ",
}


@pytest.mark.parametrize("room", CLIENT)
def test_the_page_keeps_to_its_rooms(room: str) -> None:
    place = ROOT / "client" / "js" / room
    for file in [place] if place.is_file() else place.glob("*.js"):
        found = re.search(CLIENT[room], re.sub(r"/\*.*?\*/", "", file.read_text("utf-8"), flags=re.DOTALL), re.MULTILINE)
        assert not found, f"{file.relative_to(ROOT)}: {found and found[0]}"


def test_only_one_file_of_the_page_knows_the_view_library() -> None:
    users = {
        file.name
        for file in (ROOT / "client" / "js").rglob("*.js")
        if re.search(r'from "(preact|htm|@preact)', file.read_text("utf-8"))
    }
    assert users == {"view.js"}
