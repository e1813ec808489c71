"""The provider in docs/adding-a-provider.md works as it stands there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import web

import g4f
from g4f import ProviderConfig, errors
from g4f.catalog import Catalog
from g4f.chat import ChatRequest, Finished, Message, Started, Text
from g4f.discovery import DiscoverySettings
from g4f.transport import Transport
from tests.emulators.stage import Stage, application, on_stage, play
from tests.g4f import example_provider
from tests.g4f.example_provider import Parrot
from tests.g4f.services_2023 import ASKED, QUESTION, heard, nothing_left

ROOT = Path(__file__).parents[2]


async def models(request: web.Request) -> web.StreamResponse:
    return web.json_response({"models": ["parrot-1"]})


async def repeat(request: web.Request) -> web.StreamResponse:
    if request.headers.get("X-Key") != "seed":
        return web.json_response({"error": {"message": "no seed, no word"}}, status=401)
    words = [{"word": word + " "} for word in json.loads(await request.read())["text"].split()]
    lines = [json.dumps(line).encode() + b"\n" for line in words]
    return await play(request, lines, content_type="application/x-ndjson", again=lines[0], end=b'{"done": true}\n')


@pytest.fixture
def stage() -> Iterator[Stage]:
    with on_stage(application([web.get("/models", models), web.post("/repeat", repeat)])) as stage:
        g4f.configure({"Parrot": ProviderConfig(base_url=stage.url, api_key="seed")})
        yield stage
        g4f.configure()


def test_the_page_shows_the_file_as_it_is() -> None:
    page = (ROOT / "docs/adding-a-provider.md").read_text("utf-8")
    assert (ROOT / "tests/g4f/example_provider.py").read_text("utf-8") in page


async def test_it_answers_as_the_server_asks(stage: Stage) -> None:
    transport = Transport()
    try:
        catalog = Catalog(
            transport,
            {"Parrot": ProviderConfig(base_url=stage.url, api_key="seed")},
            classes={"Parrot": Parrot},
            discovery=DiscoverySettings(enabled=False),
        )
        await catalog.refresh()
        assert [status.state for status in catalog.providers()] == ["ready"]
        name, model = catalog.resolve("parrot-1")
        events = await heard(catalog.get(name).stream(ChatRequest(model, (Message("user", QUESTION),))))
    finally:
        await transport.close()
    words = [Text(word + " ") for word in QUESTION.split()]
    assert events == [Started("Parrot", "parrot-1"), *words, Finished()]


def test_it_answers_as_programs_of_2023_ask(stage: Stage) -> None:
    with nothing_left():
        assert g4f.ChatCompletion.create("parrot-1", ASKED, provider=Parrot) == QUESTION + " "
        assert "".join(example_provider._create_completion("parrot-1", ASKED, True, auth="seed")) == QUESTION + " "
    assert example_provider.params == "g4f.Providers.example_provider supports: (model: str, messages: list, stream: bool)"


@pytest.mark.parametrize(
    ("behaviour", "error"), [("cut", errors.Interrupted), ("500", errors.ServerFailed), ("html", errors.ProtocolViolation)]
)
def test_what_goes_wrong_has_its_name(stage: Stage, behaviour: str, error: type[errors.ProviderError]) -> None:
    g4f.configure({"Parrot": ProviderConfig(base_url=stage.playing(behaviour), api_key="seed")})
    with nothing_left(), pytest.raises(error):
        g4f.ChatCompletion.create("parrot-1", ASKED, provider=Parrot)
    g4f.configure({"Parrot": ProviderConfig(base_url=stage.url, api_key="wrong")})
    with pytest.raises(errors.KeyRejected):
        g4f.ChatCompletion.create("parrot-1", ASKED, provider=Parrot)
