"""Who can be asked: states, order, choice, and one failing alone."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import pytest

from g4f import errors
from g4f.base import Endpoint, Provider, ProviderConfig
from g4f.catalog import Catalog, Pinned, Preferences
from g4f.chat import ChatRequest, Event, Finished, Model, Text
from g4f.discovery import DiscoverySettings, Probe
from g4f.health import Health
from g4f.openai_compatible import OpenAICompatible
from g4f.transport import Transport
from tests.emulators.stage import Stage
from tests.g4f.conftest import ask

QUIET = DiscoverySettings(enabled=False)


class Cloud(Provider):
    title = "Облако"
    url = "https://cloud.example"
    needs_key = True
    offered: Sequence[str] = ("shared", "big")
    lists = 0

    async def list_models(self) -> Sequence[Model]:
        type(self).lists += 1
        return [Model(name) for name in self.offered]

    async def stream(self, request: ChatRequest) -> AsyncIterator[Event]:
        yield Text(f"{self.id}:{request.model}")
        yield Finished()


class Near(Cloud):
    needs_key = False
    local = True
    offered = ("shared", "small")


class Broken(Cloud):
    needs_key = False

    async def list_models(self) -> Sequence[Model]:
        raise errors.ServerFailed("boom")


class Wrong(Broken):
    async def list_models(self) -> Sequence[Model]:
        raise ZeroDivisionError


class Closed(Cloud):
    needs_key = False
    enabled_by_default = False
    offered = ("gpt-4",)


class Guide(Near):
    offered = ("guide",)
    found: Any = None


KINDS: dict[str, type[Provider]] = {kind.__name__: kind for kind in (Broken, Closed, Cloud, Guide, Near, Wrong)}
KEY = {"Cloud": ProviderConfig(api_key="k")}


def catalog(
    configs: Mapping[str, ProviderConfig] | None = None, kinds: Mapping[str, type[Provider]] = KINDS, **more: Any
) -> Catalog:
    more.setdefault("discovery", QUIET)
    more.setdefault("health", Health())
    return Catalog(Transport(), configs, classes=kinds, **more)


def states(made: Catalog) -> dict[str, tuple[str, str | None]]:
    return {status.id: (status.state, status.code) for status in made.providers()}


async def test_before_anybody_was_asked_the_states_are_already_there() -> None:
    assert states(catalog()) == {
        "Broken": ("checking", None),
        "Closed": ("closed", "service_closed"),
        "Cloud": ("needs_key", "key_missing"),
        "Guide": ("checking", None),
        "Near": ("checking", None),
        "Wrong": ("checking", None),
    }


async def test_each_fails_alone() -> None:
    made = catalog(KEY)
    await made.refresh()
    assert states(made) == {
        "Broken": ("unreachable", "provider_server_failed"),
        "Closed": ("closed", "service_closed"),
        "Cloud": ("ready", None),
        "Guide": ("ready", None),
        "Near": ("ready", None),
        "Wrong": ("unreachable", "provider_failed"),
    }
    assert {status.id: status.model_count for status in made.providers()}["Cloud"] == 2


async def test_a_rejected_key_is_asked_for_again() -> None:
    class Cautious(Cloud):
        async def list_models(self) -> Sequence[Model]:
            raise errors.KeyRejected

    made = catalog({"Cautious": ProviderConfig(api_key="old")}, {"Cautious": Cautious})
    await made.refresh()
    assert states(made) == {"Cautious": ("needs_key", "key_rejected")}


async def test_a_closed_service_opens_with_an_address_and_a_will() -> None:
    for config, state in [
        (ProviderConfig(enabled=True), "closed"),
        (ProviderConfig(base_url="http://127.0.0.1:9"), "closed"),
        (ProviderConfig(enabled=True, base_url="http://127.0.0.1:9"), "checking"),
    ]:
        assert states(catalog({"Closed": config}))["Closed"][0] == state


async def test_a_provider_that_was_switched_off_is_not_there() -> None:
    made = catalog({"Near": ProviderConfig(enabled=False)})
    assert "Near" not in states(made)
    with pytest.raises(errors.UnknownProvider) as caught:
        made.get("Near")
    assert "Cloud" in caught.value.known


async def test_models_come_from_those_who_can_be_asked() -> None:
    made = catalog()
    await made.refresh()
    assert [(name, model.id) for name, model in made.models()] == [("Near", "shared"), ("Near", "small"), ("Guide", "guide")]


async def test_a_failed_refresh_keeps_the_models_it_had() -> None:
    class Moody(Near):
        well = True

        async def list_models(self) -> Sequence[Model]:
            if not self.well:
                raise errors.TimedOut
            return [Model("m")]

    made = catalog(kinds={"Moody": Moody})
    await made.refresh()
    Moody.well = False
    await made.refresh(force=True)
    assert states(made) == {"Moody": ("unreachable", "provider_timed_out")}
    assert [model.id for _, model in made.models()] == ["m"]


@pytest.mark.parametrize(
    ("configs", "preferences", "expected"),
    [
        ({}, Preferences(), ("Near", "shared")),
        (KEY, Preferences(), ("Near", "shared")),
        (KEY, Preferences(provider="Cloud"), ("Cloud", "shared")),
        (KEY, Preferences(provider="Cloud", model="big"), ("Cloud", "big")),
        (KEY, Preferences(model="big"), ("Cloud", "big")),
        ({}, Preferences(provider="Cloud"), ("Near", "shared")),
        (KEY | {"Near": ProviderConfig(enabled=False)}, Preferences(), ("Cloud", "shared")),
        ({"Near": ProviderConfig(enabled=False)}, Preferences(), ("Guide", "guide")),
        ({"Near": ProviderConfig(enabled=False), "Guide": ProviderConfig(enabled=False)}, Preferences(), ("", "")),
    ],
)
async def test_who_is_chosen_when_nobody_chose(
    configs: Mapping[str, ProviderConfig], preferences: Preferences, expected: tuple[str, str]
) -> None:
    made = catalog(configs, preferences=preferences)
    await made.refresh()
    assert made.default() == expected
    assert made.resolve() == expected


def ids(providers: Sequence[Provider]) -> list[str]:
    return [f"{provider.id}/{provider.model}" if isinstance(provider, Pinned) else provider.id for provider in providers]


async def test_candidates_are_the_named_one_and_others_with_the_same_model() -> None:
    made = catalog(KEY)
    await made.refresh()
    assert ids(made.candidates("shared", "Cloud")) == ["Cloud", "Near"]
    assert ids(made.candidates("big")) == ["Cloud"]


async def test_what_was_asked_of_a_local_server_stays_local() -> None:
    made = catalog(KEY)
    await made.refresh()
    assert ids(made.candidates("shared", "Near")) == ["Near"]
    assert ids(made.candidates("shared")) == ["Near"]


async def test_the_chain_of_the_operator_stands_in() -> None:
    made = catalog(KEY, preferences=Preferences(chain=("Nobody", "Cloud/big", "Guide")))
    await made.refresh()
    candidates = made.candidates("small", "Near")
    assert ids(candidates) == ["Near", "Cloud/big", "Guide/guide"]
    events = [event async for event in candidates[1].stream(ask(model="small"))]
    assert events[0] == Text("Cloud:big")


async def test_a_named_provider_may_be_asked_for_a_model_it_did_not_list() -> None:
    made = catalog(KEY)
    await made.refresh()
    assert ids(made.candidates("brand-new", "Cloud")) == ["Cloud"]


async def test_unknown_names_are_told_with_those_that_are_known() -> None:
    made = catalog(KEY)
    await made.refresh()
    with pytest.raises(errors.UnknownModel) as model:
        made.candidates("gpt-9")
    assert model.value.known == ("big", "guide", "shared", "small")
    with pytest.raises(errors.UnknownProvider) as provider:
        made.candidates("big", "Cluod")
    assert "Cloud" in provider.value.known
    assert provider.value.name == "Cluod"


async def test_lists_are_asked_for_again_only_when_they_are_old() -> None:
    class Counted(Near):
        lists = 0

    made = catalog(kinds={"Counted": Counted}, cache_seconds=60.0)
    await asyncio.gather(made.refresh(), made.refresh())
    await made.refresh()
    assert Counted.lists == 1
    await made.refresh(force=True)
    assert Counted.lists == 2


async def test_a_quick_provider_is_ready_before_a_slow_one() -> None:
    gate = asyncio.Event()

    class Slow(Near):
        async def list_models(self) -> Sequence[Model]:
            await gate.wait()
            return [Model("slow")]

    made = catalog(kinds={"Slow": Slow, "Near": Near})
    refreshing = asyncio.create_task(made.refresh())
    while states(made)["Near"][0] != "ready":
        await asyncio.sleep(0)
    assert states(made)["Slow"][0] == "checking"
    gate.set()
    await refreshing
    assert states(made)["Slow"][0] == "ready"


async def test_a_local_server_is_sought_until_it_is_known_whether_it_is_there() -> None:
    class Sought(Near):
        probes = (Probe((1,), "/", bool),)

    made = catalog(kinds={"Sought": Sought, "Near": Near}, discovery=DiscoverySettings(ports={"Sought": [1]}))
    assert not made.is_sought("Sought")  # nobody looks yet
    refreshing = asyncio.create_task(made.refresh())
    await asyncio.sleep(0)
    assert [made.is_sought(name) for name in ("Sought", "Near", "Nobody")] == [True, False, False]
    await refreshing
    assert not made.is_sought("Sought")
    await made._transport.close()


async def test_a_refresh_can_be_ended() -> None:
    class Stuck(Near):
        async def list_models(self) -> Sequence[Model]:
            await asyncio.Event().wait()
            return []

    made = catalog(kinds={"Stuck": Stuck})
    waiting = asyncio.create_task(made.refresh())
    await asyncio.sleep(0)
    await made.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_a_provider_left_alone_is_shown_so() -> None:
    health = Health()
    made = catalog(KEY, health=health)
    await made.refresh()
    for _ in range(5):
        health.breaker("Cloud").failed(errors.ServerFailed())
    assert states(made)["Cloud"] == ("unreachable", "provider_server_failed")


async def test_the_picture_can_be_read_from_any_thread_while_it_changes() -> None:
    made = catalog(KEY)
    failures: list[BaseException] = []
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            try:
                made.providers(), made.models(), made.default(), made.found()
            except BaseException as error:
                failures.append(error)
                return

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(30):
        await made.refresh(force=True)
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []


async def test_an_endpoint_of_the_operators_own_is_one_of_them(transport: Transport, openai_stage: Stage) -> None:
    endpoint = Endpoint("Мой сервер", openai_stage.url, api_key="k")
    made = Catalog(transport, None, [endpoint], classes={"Cloud": Cloud}, discovery=QUIET, health=Health())
    await made.refresh()
    status = made.providers()[0]
    assert (status.id, status.title, status.state, status.local) == ("Мой сервер", "Мой сервер", "ready", True)
    assert made.default() == ("Мой сервер", "emulated-small")
    assert ids(made.candidates("emulated-large")) == ["Мой сервер"]


async def test_a_found_server_is_asked_at_the_address_where_it_was_found(transport: Transport, openai_stage: Stage) -> None:
    class Found(OpenAICompatible):
        local = True
        base_url = "http://127.0.0.1:1/v1"
        probes = (Probe((1,), "/v1/models", lambda answer: isinstance(answer["data"], list)),)

    class Absent(Found):
        pass

    port = int(openai_stage.url.rpartition(":")[2])
    made = Catalog(
        transport,
        classes={"Absent": Absent, "Found": Found},
        discovery=DiscoverySettings(ports={"Found": [port], "Absent": [1]}),
        health=Health(),
    )
    await made.refresh()
    assert made.found() == ["Found"]
    assert states(made) == {"Absent": ("unreachable", "provider_unreachable"), "Found": ("ready", None)}
    assert made.get("Found").address == openai_stage.url + "/v1"
    first = made.get("Found")
    await made.refresh(force=True)
    assert made.get("Found") is first  # it has not moved: what it learned about the server stays


async def test_the_guide_hears_what_was_found() -> None:
    made = catalog()
    guide: Any = made.get("Guide")
    assert guide.found() == []
