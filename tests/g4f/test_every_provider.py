"""The folder of providers keeps its promise: one file, one service, one test."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from g4f import registry
from g4f.base import Provider

FOLDER = Path(registry.__file__).parent / "Provider" / "Providers"
TESTS = Path(__file__).parent / "providers"
NAMES = [file.stem for file in sorted(FOLDER.glob("*.py")) if not file.stem.startswith("_")]


def test_the_register_knows_every_file_and_nothing_else() -> None:
    assert list(registry.names()) == NAMES
    assert list(registry.providers()) == NAMES


def test_the_folder_is_a_namespace() -> None:
    """As it was in 2023: programs put files of their own beside ours."""
    assert not (FOLDER / "__init__.py").exists()


@pytest.mark.parametrize("name", NAMES)
def test_a_module_holds_one_provider_of_its_own_name(name: str) -> None:
    module = importlib.import_module(f"g4f.Provider.Providers.{name}")
    assert (module.__doc__ or "").strip().splitlines()[0].endswith((".", "…")) or ":" in (module.__doc__ or "")
    kinds = [
        kind
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, Provider) and kind.__module__ == module.__name__
    ]
    assert [kind.__name__ for kind in kinds] == [name]


@pytest.mark.parametrize("name", NAMES)
def test_a_provider_says_who_it_is(name: str) -> None:
    kind = registry.provider_class(name)
    assert kind.title
    assert kind.url.startswith("https://") or name == "Guide"
    assert kind.needs_key <= bool(kind.key_variable)
    assert not (kind.local and kind.needs_key)


@pytest.mark.parametrize("name", NAMES)
def test_a_provider_has_its_test(name: str) -> None:
    assert (TESTS / f"test_{name.lower()}.py").is_file()


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(LookupError):
        registry.provider_class("Nobody")


def test_the_package_alone_imports_no_network_and_no_web_server() -> None:
    """``import g4f`` is for small programs too; and the register does without what only the services of 2023 need."""
    check = (
        "import sys, g4f; heavy = {'aiohttp', 'requests', 'flask', 'server'} & set(sys.modules); assert not heavy, heavy;"
        "from g4f import registry; registry.providers();"
        "heavy = {'requests', 'flask', 'server'} & set(sys.modules); assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", check], cwd=FOLDER.parents[2], capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_a_provider_is_documented(name: str) -> None:
    kind = registry.provider_class(name)
    documents = Path(registry.__file__).parents[1] / "docs"
    told = (documents / "providers.md").read_text("utf-8") + (documents / "providers-2023.md").read_text("utf-8")
    if name == "Guide":
        return  # it is the documentation
    assert f"`{name}`" in told
    if kind.needs_key:
        assert f"`{kind.key_variable}`" in told
    for probe in getattr(kind, "probes", ()):
        assert all(str(port) in told for port in probe.ports)
        assert probe.path in told
