"""Finding model servers: each is recognised by its own sign, nobody outside is looked at, no key leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from aiohttp import web

from g4f import discovery, registry
from g4f.base import Provider
from g4f.discovery import DiscoverySettings, discover
from g4f.transport import Deadlines, Terms, Transport
from tests.emulators.stage import Stage, application, on_stage

SIGNS: dict[str, tuple[str, Any]] = {
    "Ollama": ("/api/version", {"version": "0.40.12"}),
    "LlamaCpp": ("/props", {"default_generation_settings": {"n_ctx": 4096}}),
    "LMStudio": ("/api/v1/models", {"models": []}),
    "VLLM": ("/v1/models", {"data": [{"id": "m", "owned_by": "vllm"}]}),
    "SGLang": ("/v1/models", {"data": [{"id": "m", "owned_by": "sglang"}]}),
    "Jan": ("/v1/models", {"data": [{"id": "m"}]}),
    "KoboldCpp": ("/api/extra/version", {"result": "KoboldCpp", "version": "1.100"}),
}


def server(path: str, body: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Application:
    async def reply(request: web.Request) -> web.Response:
        return web.json_response(body, status=status, headers=headers)

    return application([web.get(path, reply)])


@pytest.fixture
def start() -> Iterator[Callable[[web.Application], Stage]]:
    with ExitStack() as stages:
        yield lambda app: stages.enter_context(on_stage(app))


def port_of(stage: Stage) -> int:
    return int(stage.url.rpartition(":")[2])


async def looked(transport: Transport, port: int, *names: str) -> dict[str, str]:
    kinds = [registry.provider_class(name) for name in names or SIGNS]
    return await discover(transport, kinds, DiscoverySettings(ports={kind.__name__: [port] for kind in kinds}))


def test_every_sign_is_tested() -> None:
    assert {name for name, kind in registry.providers().items() if getattr(kind, "probes", ())} == set(SIGNS)


@pytest.mark.parametrize("name", SIGNS)
async def test_a_server_is_recognised_by_its_sign(
    name: str, transport: Transport, start: Callable[[web.Application], Stage]
) -> None:
    stage = start(server(*SIGNS[name]))
    found = await looked(transport, port_of(stage))
    assert found[name] == stage.url + ("" if name == "Ollama" else "/v1")
    # A server that only speaks the dialect may be Jan, which has no sign of its own.
    assert found.keys() <= {name, "Jan"}


async def test_a_server_that_still_loads_is_found_too(transport: Transport, start: Callable[[web.Application], Stage]) -> None:
    stage = start(server("/props", {"error": {"code": 503, "message": "Loading model"}}, status=503))
    assert "LlamaCpp" in await looked(transport, port_of(stage))


@pytest.mark.parametrize("body", [{}, [], "text", None, {"data": []}, {"version": 7}, {"models": "none"}])
async def test_another_program_at_the_port_is_not_taken_for_one(
    body: Any, transport: Transport, start: Callable[[web.Application], Stage]
) -> None:
    for path in {path for path, _ in SIGNS.values()}:
        assert await looked(transport, port_of(start(server(path, body))), "Ollama", "LlamaCpp", "LMStudio", "VLLM") == {}


async def test_whatever_a_program_at_a_port_does_to_its_probe_the_others_are_found(
    transport: Transport, start: Callable[[web.Application], Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    absurd = {"Retry-After": "Mon, 01 Jan 2024 00:00:00 +99999999999999999999"}
    strange, well = start(server("/props", {}, 503, absurd)), start(server(*SIGNS["Ollama"]))
    kinds = [registry.provider_class(name) for name in ("LlamaCpp", "VLLM", "Ollama")]
    ports = {"LlamaCpp": [port_of(strange)], "VLLM": [1], "Ollama": [port_of(well)]}
    get_json = transport.get_json

    async def breaking(url: str, *args: Any) -> Any:
        if "/v1/models" in url:
            raise RuntimeError("a fault of our own")
        return await get_json(url, *args)

    monkeypatch.setattr(transport, "get_json", breaking)
    assert await discover(transport, kinds, DiscoverySettings(ports=ports)) == {"Ollama": well.url}


async def test_a_server_that_is_late_once_is_asked_again(
    transport: Transport, start: Callable[[web.Application], Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The machine is at its busiest when both have just been started."""
    asked = 0

    async def reply(request: web.Request) -> web.Response:
        nonlocal asked
        asked += 1
        await asyncio.sleep(2 if asked == 1 else 0)
        return web.json_response({"version": "0.40.12"})

    soon = Deadlines(connect=0.3, first_byte=0.5, idle=0.5, content=0.5, total=0.5)
    monkeypatch.setattr(discovery, "_TERMS", Terms(deadlines=soon))
    stage = start(application([web.get("/api/version", reply)]))
    assert await looked(transport, port_of(stage), "Ollama") == {"Ollama": stage.url}
    assert asked == 2


async def test_nobody_at_the_port_is_no_error(transport: Transport) -> None:
    assert await looked(transport, 1) == {}


async def test_the_search_can_be_switched_off(transport: Transport, start: Callable[[web.Application], Stage]) -> None:
    stage = start(server(*SIGNS["Ollama"]))
    settings = DiscoverySettings(enabled=False, ports={"Ollama": [port_of(stage)]})
    assert await discover(transport, [registry.provider_class("Ollama")], settings) == {}
    assert stage.seen == []


async def test_ports_may_be_named_by_the_title_too(transport: Transport, start: Callable[[web.Application], Stage]) -> None:
    stage = start(server(*SIGNS["LlamaCpp"]))
    settings = DiscoverySettings(ports={"llama.cpp": [port_of(stage)]})
    assert "LlamaCpp" in await discover(transport, [registry.provider_class("LlamaCpp")], settings)


async def test_no_key_and_no_cookie_is_shown_to_whom_is_looked_for(
    transport: Transport, start: Callable[[web.Application], Stage]
) -> None:
    stage = start(server(*SIGNS["Ollama"]))
    await looked(transport, port_of(stage))
    assert stage.seen
    for seen in stage.seen:
        assert seen.method == "GET"
        assert not {"Authorization", "Cookie"} & seen.headers.keys()


@pytest.mark.parametrize("name", ["8.8.8.8", "93.184.216.34", "0.0.0.0", "169.254.169.254", "2606:4700::1111", "no such name"])
async def test_hosts_outside_of_the_private_networks_are_left_out(name: str) -> None:
    assert await discovery._private_address(name) is None


@pytest.mark.parametrize("name", ["127.0.0.1", "192.168.1.5", "10.0.0.7", "localhost"])
async def test_private_hosts_are_looked_at(name: str) -> None:
    assert await discovery._private_address(name)


async def test_a_named_host_is_looked_at_after_this_machine(
    transport: Transport, start: Callable[[web.Application], Stage]
) -> None:
    stage = start(server(*SIGNS["Ollama"]))
    kind: type[Provider] = registry.provider_class("Ollama")
    settings = DiscoverySettings(hosts=("127.0.0.2",), ports={"Ollama": [port_of(stage)]})
    assert await discover(transport, [kind], settings) == {"Ollama": stage.url}
