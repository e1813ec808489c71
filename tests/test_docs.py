"""What the documents say is true: paths exist, links lead somewhere, examples are accepted, names are those of the code."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from g4f import errors, registry
from g4f.guide.documents import anchor, read_sections
from server.settings import PROVIDER_VARIABLES, SETTINGS, load

ROOT = Path(__file__).parents[1]
ABOUT_THE_CODE = [ROOT / "README.md", ROOT / "README.en.md", ROOT / "SECURITY.md", ROOT / "docs" / "design.md"]
GUIDE = sorted((ROOT / "docs" / "guide").glob("*/*.md"))
ALL = sorted({*ABOUT_THE_CODE, *(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")})

MADE_BY_SET_UP = (".venv", "client/vendor", "vendor")
FILE_NAME = re.compile(r"[\w.-]+\.(?:py|js|mjs|json|css|html|md|txt|toml|yaml|yml|conf|service)")
PATH = re.compile(r"[\w.-]+(?:/[\w.-]+)*/?")
FOREIGN_FILES = {"conversations.json", "pip.conf"}
# Variables of other programs that the guide mentions, and a name that looks like one.
FOREIGN_VARIABLES = {
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "PIP_INDEX_URL", "PIP_CERT", "NODE_EXTRA_CA_CERTS", "OLLAMA_CONTEXT_LENGTH",
    "GATEWAY_KEY", "Q4_K_M",
}  # fmt: skip

each_document = pytest.mark.parametrize("document", ALL, ids=lambda path: str(path.relative_to(ROOT)))


def prose(document: Path) -> str:
    """The text without its fenced blocks."""
    return re.sub(r"^\s*```.*?^\s*```", "", document.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def fenced(document: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", document.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def in_backticks(text: str) -> list[str]:
    return re.findall(r"`([^`\n]+)`", text)


def headings(document: Path) -> set[str]:
    return {anchor(found[1]) for found in re.finditer(r"^#{1,6} (.+)$", prose(document), re.MULTILINE)}


def files_by_name() -> set[str]:
    ours = (path for folder in ("g4f", "server", "client/js", "client/locales", "docs", "deploy", "tests") for path in
            (ROOT / folder).rglob("*"))  # fmt: skip
    return {path.name for path in (*ROOT.iterdir(), *ours)}


@pytest.mark.parametrize("document", [*ABOUT_THE_CODE, *GUIDE], ids=lambda path: str(path.relative_to(ROOT)))
def test_every_path_that_is_named_exists(document: Path) -> None:
    top = {path.name for path in ROOT.iterdir()}
    known = files_by_name()
    for name in in_backticks(prose(document)):
        if not PATH.fullmatch(name) or name.rstrip("/").startswith(MADE_BY_SET_UP) or name in FOREIGN_FILES:
            continue
        if "/" in name:
            if name.split("/")[0] in top or (document in ABOUT_THE_CODE and FILE_NAME.fullmatch(name.rsplit("/", 1)[-1])):
                assert (ROOT / name).exists(), name
        elif FILE_NAME.fullmatch(name):
            assert name in known, name


@each_document
def test_every_relative_link_leads_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(document)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, part = target.partition("#")
        leads_to = (document.parent / name) if name else document
        assert leads_to.exists(), target
        if part:
            assert part in headings(leads_to), target


@pytest.mark.parametrize("language", ["ru", "en"])
def test_every_section_that_the_guide_links_to_exists(language: str) -> None:
    sections = read_sections(language)  # type: ignore[arg-type]
    there = {section.link for section in sections}
    phrases = json.loads((ROOT / "g4f" / "guide" / "phrases.json").read_text(encoding="utf-8"))[language]
    spoken = "\n".join((*phrases.values(), *(section.text for section in sections)))
    linked = set(re.findall(r"\]\((help/[^)]+)\)", spoken))
    assert len(linked) > 20
    assert linked <= there


def test_every_error_code_is_in_the_description_of_the_wire() -> None:
    named = set(in_backticks((ROOT / "docs" / "api.md").read_text(encoding="utf-8")))
    codes = {error.code for error in vars(errors).values() if isinstance(error, type) and issubclass(error, errors.ProviderError)}
    assert len(codes) > 10
    assert codes <= named


def configs() -> Iterator[tuple[Path, str]]:
    for document in [*ABOUT_THE_CODE, *GUIDE]:
        yield from ((document, block) for block in fenced(document, "json"))
        yield from ((document, code) for code in in_backticks(prose(document)) if re.fullmatch(r"\{\".*\}", code))


def test_every_config_in_the_documents_is_accepted(tmp_path: Path) -> None:
    examples = list(configs())
    assert len(examples) > 10
    for document, example in examples:
        config = tmp_path / "config.json"
        config.write_text(example.replace("…", "x"), encoding="utf-8")  # "sk-…" stands for a key
        environ = dict.fromkeys(re.findall(r"\$\{(\w+)\}", example), "value")
        settings = load(config, environ)
        settings.check_providers(registry.names())
        assert settings.sources, document


@pytest.mark.parametrize("document", [*ABOUT_THE_CODE, *GUIDE], ids=lambda path: str(path.relative_to(ROOT)))
def test_every_variable_that_is_named_means_something(document: Path) -> None:
    ours = {row.env for row in SETTINGS} | {told.env for told in PROVIDER_VARIABLES}
    known = ours | {f"{name}_FILE" for name in ours} | FOREIGN_VARIABLES
    text = document.read_text(encoding="utf-8")
    named = {name for code in in_backticks(text) for name in re.findall(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b", code)}
    named |= set(re.findall(r"^\s*([A-Z][A-Z0-9_]+)=", text, re.MULTILINE))
    assert named <= known | {"PROVIDER_VARIABLES"}


@each_document
def test_every_option_of_run_py_that_is_named_is_there(document: Path) -> None:
    source = (ROOT / "run.py").read_text(encoding="utf-8")
    text = document.read_text(encoding="utf-8")
    for arguments in re.findall(r"run\.py((?: +[a-z-][\w.-]*)+)", text):
        for word in arguments.split():
            if word.startswith("--"):
                assert f'"{word}"' in source, word
    for command in re.findall(r"python3 run\.py ([a-z]+)\b", text):
        assert f'"{command}":' in source, command


# After which words a quoted name is a button of the page.
PRESSED = {
    "ru": "(?:нажмите|кнопке|кнопку|есть|стоит|настройках:) «([^»]+)»",
    "en": "(?:press|button|is|stands|have|settings:) “([^”]+)”",
}
ELSEWHERE = {"Ollama is running"}  # what other programs show


@pytest.mark.parametrize("language", ["ru", "en"])
def test_every_button_that_the_guide_names_is_on_the_page(language: str) -> None:
    catalogue = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "client" / "locales").glob(f"{language}*.json"))
    said = " ".join(" ".join(prose(path).split()) for path in GUIDE if path.parent.name == language)
    buttons = set(re.findall(PRESSED[language], said, re.IGNORECASE)) - ELSEWHERE
    assert len(buttons) >= 4
    assert {button for button in buttons if f'"{button}"' not in catalogue} == set()


def test_the_guide_has_the_same_sections_in_both_languages() -> None:
    count = {path: prose(path).count("\n## ") for path in GUIDE}
    russian, english = ({path.name: count[path] for path in GUIDE if path.parent.name == folder} for folder in ("ru", "en"))
    assert russian == english


def test_every_role_is_described_in_the_guide() -> None:
    for language in ("ru", "en"):
        described = (ROOT / "docs" / "guide" / language / "roles.md").read_text(encoding="utf-8")
        for role in (ROOT / "server" / "roles").glob("*.json"):
            title = json.loads(role.read_text(encoding="utf-8"))["title"][language]
            assert f"| {title} |" in described
