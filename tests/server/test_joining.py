"""Modules that come as one file are what they are by themselves: Node reads both and compares what they import and export."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from server import joining
from server.pages import CLIENT, LATER, STARTS, Pages
from tests.test_code import node

# Node links the files without running them: then it knows what each of them exports, and that nothing is missing.
LINK = """
import { readFileSync } from "node:fs"
import { SourceTextModule } from "node:vm"
import { dirname, join, normalize } from "node:path/posix"
const { folder, named, files } = JSON.parse(readFileSync(0, "utf8"))
const known = new Map()
const pathOf = (name, from) => named[name] ?? normalize(join(dirname(from), name))
function load(path) {
  if (!known.has(path)) known.set(path, new SourceTextModule(readFileSync(join(folder, path), "utf8"), { identifier: path }))
  return known.get(path)
}
const found = {}
for (const path of files) {
  const module = load(path)
  if (module.status === "unlinked") await module.link((name, from) => load(pathOf(name, from.identifier)))
  found[path] = Reflect.ownKeys(module.namespace).filter(name => typeof name === "string" && !name.startsWith("$")).sort()
}
console.log(JSON.stringify(found))
"""


def exports(folder: Path, files: list[str], named: dict[str, str]) -> dict[str, list[str]]:
    command = (node(), "--experimental-vm-modules", "--input-type=module", "-e", LINK)
    told = json.dumps({"folder": str(folder), "files": files, "named": named})
    done = subprocess.run(command, input=told, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


def join(page: str) -> dict[str, str]:
    pages = Pages()
    return joining.join(starts(page), pages.source, pages.resolve, page)


def starts(page: str) -> tuple[str, ...]:
    return (STARTS[page], *LATER.get(page, ()))


@pytest.fixture(scope="module")
def joined() -> dict[str, str]:
    return join("index")


@pytest.mark.parametrize("page", STARTS)
def test_every_joined_module_exports_what_it_does_by_itself(page: str, tmp_path: Path) -> None:
    joined = join(page)
    for address, text in joined.items():
        (tmp_path / address).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / address).write_text(text, "utf-8")
    named = json.loads((CLIENT / "importmap.json").read_text("utf-8"))["imports"]
    paths = {address: address.removeprefix(f"joined/{page}/") for address in joined}
    assert len(paths) > 10
    alone = exports(CLIENT, list(paths.values()), named)
    together = exports(tmp_path, list(joined), {})
    assert {paths[address]: names for address, names in together.items()} == alone


@pytest.mark.parametrize("page", STARTS)
def test_every_module_is_in_one_file_only(page: str) -> None:
    joined = join(page)
    for path in (address.removeprefix(f"joined/{page}/") for address in joined):
        if path not in starts(page):
            assert sum(text.count(f"export const {joining.variable(path)} = (() =>") for text in joined.values()) == 1


def test_a_module_keeps_its_text(joined: dict[str, str]) -> None:
    """It is what lies in client/, not something made from it: a line of any function can be searched for."""
    together = "".join(joined.values())
    lines = [
        line
        for line in (CLIENT / "js/components/app.js").read_text("utf-8").splitlines()
        if line.startswith("  ") and "import(" not in line
    ]
    assert len(lines) > 30
    assert all(line in together for line in lines)


def test_what_is_fetched_later_is_named_as_seen_from_the_joined_file() -> None:
    sources = {
        "js/main.js": 'import { later } from "./deep/later.js"\nimport("./other.js")\n',
        "js/deep/later.js": 'export const later = () => import("../late.js")\nexport const here = import.meta.url\n',
    }
    joined = joining.join(["js/main.js"], sources.__getitem__, lambda path, name: f"js/{name.removeprefix('./')}", "index")
    text = joined["joined/index/js/main.js"]
    assert 'import("../../../js/late.js")' in text
    assert 'import("../../../js/other.js")' in text
    assert 'here = new URL("../../../js/deep/later.js", import.meta.url)' in text
    assert (
        joined["joined/index/js/deep/later.js"]
        == 'import { $js_deep_later } from "../main.js"\nexport const { later, here } = $js_deep_later\n'
    )
