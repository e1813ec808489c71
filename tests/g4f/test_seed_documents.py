"""Every example of the documents that describe the four services, word for word, against the emulators.

An import is adapted only where it cannot exist: the prefix of the tree in which the documents' author kept the package, and the
standard module ``typing``, which has no ``sha256``. The relative import stands as it is: the example runs inside the package.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import NamedTuple

import pytest
import requests

from tests.emulators import ails, bing, liaobots, yqcloud
from tests.g4f.services_2023 import playing

FOLDER = Path(__file__).with_name("seed_documents")
LIVE_ADDRESS = "https://api.aichatos.cloud"  # written into document 002's own copy of the module


class Example(NamedTuple):
    """One example: the document and its place in it, the service, what has to be adapted, what the service is expected to say."""

    name: str
    provider: str
    adapted: tuple[str, str] | None
    answer: str


EXAMPLES = (
    Example("000-1", "Bing", None, bing.answer_to("Привет! Расскажи мне о себе.")),
    Example("001-1", "Bing", ("src.endpoints.freegpt_webui_ru.", ""), bing.answer_to("Напиши короткий рассказ о космосе.")),
    Example(
        "001-2",
        "Bing",
        ("src.endpoints.freegpt_webui_ru.", ""),
        bing.answer_to("Напиши пример кода на Python, который выводит 'Hello, world!'"),
    ),
    Example("002-1", "Yqcloud", ("from typing import", "from g4f.typing import"), yqcloud.answer_to("Hello, how are you?")),
    Example("003-1", "Liaobots", ("src.endpoints.juliana.freegpt-webui-ru.", ""), liaobots.answer_to("Hello, how are you?")),
    Example("004-1", "Ails", None, ails.answer_to("Привет! Как дела?")),
)


def test_every_example_is_known() -> None:
    assert [example.name for example in EXAMPLES] == sorted(file.stem for file in FOLDER.glob("*.txt"))


def test_every_example_of_the_documents_runs(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    results = [(example, _result(example, monkeypatch)) for example in EXAMPLES]
    with capsys.disabled():
        print("\n\n  документ  пример  служба    результат")
        for example, result in results:
            document, place = example.name.split("-")
            print(f"  {document:<8}  {place:<6}  {example.provider:<8}  {result}")
    assert [result for _, result in results] == [example.answer for example in EXAMPLES]


def _result(example: Example, monkeypatch: pytest.MonkeyPatch) -> str:
    """What the example prints, or how it fails."""
    source = (FOLDER / f"{example.name}.txt").read_text("utf-8")
    if example.adapted:
        assert example.adapted[0] in source
        source = source.replace(*example.adapted)
    printed = io.StringIO()
    with playing(example.provider) as stage, redirect_stdout(printed), monkeypatch.context() as patch:
        patch.setattr(requests, "post", _to_the_emulator(requests.post, stage.url))
        names = {"__name__": "__main__", "__package__": "g4f.Provider.Providers", "__file__": f"{example.provider}.py"}
        try:
            exec(compile(source, example.name, "exec"), names)
        except Exception as error:
            return f"{type(error).__name__}: {error}"
    return printed.getvalue()


def _to_the_emulator(post: Callable[..., requests.Response], address: str) -> Callable[..., requests.Response]:
    """Document 002 brings its own copy of the module, which knows only the address of 2023."""

    def redirected(url: str, **kwargs: object) -> requests.Response:
        return post(url.replace(LIVE_ADDRESS, address), **kwargs)

    return redirected
