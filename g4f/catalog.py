"""Who can be asked, and for which models: the register, the operator's decisions and what the services say, in one picture.

``refresh`` runs on an event loop, asks everybody at once, and lets each failing one fail alone. Everything else only reads the
last picture and may be called from any thread: a picture is never changed, only replaced, by one assignment.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, cast

from g4f import registry
from g4f.base import Endpoint, Provider, ProviderConfig
from g4f.chat import ChatRequest, Model
from g4f.discovery import DiscoverySettings, discover
from g4f.errors import KeyMissing, KeyRejected, ProviderError, ServiceClosed, TimedOut, UnknownModel, UnknownProvider
from g4f.health import SHARED, Health
from g4f.model_list import MODELS
from g4f.openai_compatible import CustomEndpoint
from g4f.telling import Sink, Telling
from g4f.transport import Transport

_log = logging.getLogger(__name__)

LAST_RESORT = "Guide"  # answers without any model; never chosen while somebody else can
LIST_SECONDS = 20.0  # a list of models that takes longer is not waited for

State = Literal["ready", "needs_key", "closed", "unreachable", "checking"]


@dataclass(frozen=True)
class ProviderStatus:
    """One line of the list of providers. ``code`` says why it is not ready, as in g4f.errors."""

    id: str
    title: str
    url: str
    local: bool
    state: State
    code: str | None = None
    model_count: int = 0


@dataclass(frozen=True)
class Preferences:
    """What the operator prefers: the model and provider chosen unasked, and who stands in for whom, in order.

    An entry of ``chain`` is "Provider", or "Provider/model" to ask that provider for that model whatever was asked for.
    """

    model: str = ""
    provider: str = ""
    chain: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Entry:
    """A provider in the picture: itself, its state, the models it last named. ``sought``: discovery decides where it is."""

    provider: Provider
    state: State = "checking"
    code: str | None = None
    models: tuple[Model, ...] = ()
    sought: bool = False

    def offers(self, model: str) -> bool:
        return any(offered.id == model for offered in self.models)

    @property
    def local(self) -> bool:
        """Whether what is asked stays on this machine or in this network."""
        provider = self.provider
        return provider.local or (isinstance(provider, CustomEndpoint) and provider.near)

    @property
    def usable(self) -> bool:
        return self.state not in ("closed", "needs_key")


@dataclass(frozen=True)
class _Picture:
    """What is known at one moment. ``taken`` is by the monotonic clock; ``None`` before the first answers."""

    entries: Mapping[str, _Entry]
    found: tuple[str, ...] = ()
    taken: float | None = None


class Catalog:
    """Made once; ``refresh`` it when somebody looks. ``classes`` is the register, unless a test brings its own."""

    def __init__(
        self,
        transport: Transport,
        configs: Mapping[str, ProviderConfig] | None = None,
        endpoints: Sequence[Endpoint] = (),
        *,
        discovery: DiscoverySettings | None = None,
        preferences: Preferences | None = None,
        cache_seconds: float = 300.0,
        health: Health = SHARED,
        classes: Mapping[str, type[Provider]] | None = None,
    ) -> None:
        self._transport = transport
        self._configs = dict(configs or {})
        self._discovery = discovery or DiscoverySettings()
        self._preferences = preferences or Preferences()
        self._cache_seconds = cache_seconds
        self._health = health
        self._refreshing: asyncio.Task[None] | None = None
        self._picture = _Picture(self._first_entries(registry.providers() if classes is None else classes, endpoints))

    # --- asking everybody: on an event loop --------------------------------------------------------------------------------------

    async def refresh(self, force: bool = False) -> None:
        """Bring the picture up to date if it is older than ``cache_seconds``, or anyway. No provider's failure is raised.

        Who calls while others are waiting waits for the same answers. Call it always on the same loop.
        """
        taken = self._picture.taken
        if not force and taken is not None and time.monotonic() - taken < self._cache_seconds:
            return
        if self._refreshing is None or self._refreshing.done():
            self._refreshing = asyncio.create_task(self._look(), name="catalog refresh")
        await asyncio.shield(self._refreshing)

    async def close(self) -> None:
        """End a refresh that is still under way."""
        if self._refreshing is not None and not self._refreshing.done():
            self._refreshing.cancel()
            await asyncio.gather(self._refreshing, return_exceptions=True)

    async def _look(self) -> None:
        await self._find_local_servers()
        await asyncio.gather(*(self._update(name) for name in self._picture.entries))
        self._picture = replace(self._picture, taken=time.monotonic())

    async def _find_local_servers(self) -> None:
        """Give each local provider the address at which it was found, unless the operator gave it one."""
        sought = {name: entry for name, entry in self._picture.entries.items() if entry.sought}
        found = await discover(self._transport, [type(entry.provider) for entry in sought.values()], self._discovery)
        entries = dict(self._picture.entries)
        for name, entry in sought.items():
            address = found.get(name)
            if address is None:
                entries[name] = replace(entry, state="unreachable", code="provider_unreachable", models=())
            elif address != entry.provider.address:
                config = replace(self._configs.get(name, ProviderConfig()), base_url=address)
                entries[name] = _Entry(type(entry.provider)(self._transport, config), sought=True)
        self._picture = replace(self._picture, entries=entries, found=tuple(name for name in entries if name in found))

    async def _update(self, name: str) -> None:
        """Ask one provider and put its answer into the picture at once: the quick do not wait for the slow."""
        entry = self._picture.entries[name]
        if not entry.usable and entry.code != KeyRejected.code:
            return
        if entry.sought and name not in self._picture.found:
            return
        fresh = await _asked(entry)
        self._picture = replace(self._picture, entries={**self._picture.entries, name: fresh})

    # --- reading the picture: from any thread ------------------------------------------------------------------------------------

    def providers(self) -> list[ProviderStatus]:
        """Everybody, with the state as it is now."""
        return [self._status(name, entry) for name, entry in self._picture.entries.items()]

    def found(self) -> list[str]:
        """The ids of the model servers found on this machine and on the operator's hosts."""
        return list(self._picture.found)

    def is_sought(self, provider: str) -> bool:
        """Whether it is a local server that is being looked for at this moment, and it is not known yet whether it is there."""
        entry = self._picture.entries.get(provider)
        looking = self._refreshing is not None and not self._refreshing.done()
        return looking and entry is not None and entry.sought and entry.state == "checking"

    def models(self) -> list[tuple[str, Model]]:
        """Every model that can be asked for, with its provider's id; the last resort last."""
        entries = sorted(self._picture.entries.items(), key=lambda item: item[0] == LAST_RESORT)
        return [(name, model) for name, entry in entries if entry.usable for model in entry.models]

    def model(self, provider: str, model: str) -> Model | None:
        """What is known of a provider's model."""
        entry = self._picture.entries.get(provider)
        offered = entry.models if entry is not None and entry.usable else ()
        return next((each for each in offered if each.id == model), None)

    def default(self) -> tuple[str, str]:
        """Provider and model for somebody who did not choose: the operator's wish, a local server, a service with a key,
        the last resort. Both are empty where there is nobody at all."""
        entries = self._picture.entries
        wish = self._preferences
        if wish.provider in entries and entries[wish.provider].usable:
            return wish.provider, wish.model or _first_model(entries[wish.provider])
        usable = [name for name in self._by_nearness() if entries[name].models]
        if wish.model:
            usable = [name for name in usable if entries[name].offers(wish.model)] or usable
        if not usable:
            return "", ""
        entry = entries[usable[0]]
        return usable[0], wish.model if entry.offers(wish.model) else _first_model(entry)

    def get(self, provider: str) -> Provider:
        """The provider of that id. Raises ``UnknownProvider``, which names those there are."""
        return self._entry(provider).provider

    def resolve(self, model: str = "", provider: str = "") -> tuple[str, str]:
        """Provider and model for what a person named, either or neither of them. Raises ``UnknownProvider``, ``UnknownModel``."""
        if provider:
            return provider, model or _first_model(self._entry(provider))
        if model:
            return self.candidates(model)[0].id, model
        return self.default()

    def candidates(self, model: str, provider: str = "") -> list[Provider]:
        """Who may answer, in order: the named provider, the operator's chain, others with a model of the same name.

        A named provider may be asked for a model that is not in its list: lists grow old. What was asked of a local server
        stays on local servers, unless the chain says otherwise. Raises ``UnknownProvider``, ``UnknownModel``.
        """
        entries = self._picture.entries
        same = self._by_nearness(model)
        first = provider or (same[0] if same else "")
        if provider:
            self._entry(provider)
        elif not first:
            raise UnknownModel(model, sorted({offered.id for _, offered in self.models()}))
        others = [name for name in same if entries[name].local or not entries[first].local]
        ordered = [entries[first].provider, *self._chain(model), *(entries[name].provider for name in others)]
        return _each_once(ordered)

    def successors(self, model: str) -> list[Provider]:
        """Who may go on with an answer that broke off: the operator's chain, and nobody else."""
        return _each_once(self._chain(model))

    # --- details -----------------------------------------------------------------------------------------------------------------

    def _first_entries(self, classes: Mapping[str, type[Provider]], endpoints: Sequence[Endpoint]) -> dict[str, _Entry]:
        entries: dict[str, _Entry] = {}
        for endpoint in endpoints:
            config = ProviderConfig(
                base_url=endpoint.base_url, api_key=endpoint.api_key, models=endpoint.models, headers=endpoint.headers
            )
            entries[endpoint.name] = _Entry(CustomEndpoint(self._transport, endpoint.name, config))
        for name, kind in classes.items():
            config = self._configs.get(name, ProviderConfig())
            if config.enabled is not False and name not in entries:
                entries[name] = self._first_entry(kind, config)
        if LAST_RESORT in entries:
            cast(Any, entries[LAST_RESORT].provider).found = self.found
        return entries

    def _first_entry(self, kind: type[Provider], config: ProviderConfig) -> _Entry:
        provider = kind(self._transport, config)
        if not kind.enabled_by_default and not (config.enabled and config.base_url):
            return _Entry(provider, "closed", ServiceClosed.code)
        if kind.needs_key and not config.api_key:
            return _Entry(provider, "needs_key", KeyMissing.code)
        return _Entry(provider, sought=bool(getattr(kind, "probes", ())) and not config.base_url)

    def _entry(self, provider: str) -> _Entry:
        entry = self._picture.entries.get(provider)
        if entry is None:
            raise UnknownProvider(provider, list(self._picture.entries))
        return entry

    def _status(self, name: str, entry: _Entry) -> ProviderStatus:
        provider, state, code = entry.provider, entry.state, entry.code
        resting = self._health.resting(name)
        if state == "ready" and resting is not None:
            state, code = "unreachable", resting.code
        title = provider.config.title or provider.title or name
        return ProviderStatus(name, title, provider.url, entry.local, state, code, len(entry.models))

    def _by_nearness(self, model: str | None = None) -> list[str]:
        """The usable providers, or those of them that offer ``model``: those at hand before those that are failing, own servers
        before services, the last resort last."""

        def rank(name: str) -> tuple[bool, bool, int]:
            entry = self._picture.entries[name]
            away = entry.state == "unreachable" or self._health.resting(name) is not None
            kind = 0 if entry.local else 1 if isinstance(entry.provider, CustomEndpoint) else 2
            return name == LAST_RESORT, away, kind

        entries = self._picture.entries.items()
        return sorted((name for name, entry in entries if entry.usable and (model is None or entry.offers(model))), key=rank)

    def _chain(self, model: str) -> list[Provider]:
        """The operator's stand-ins; one that does not have the model is asked for the one it has."""
        chosen: list[Provider] = []
        for link in self._preferences.chain:
            name, _, other = (link, "", "") if link in self._picture.entries else link.partition("/")
            entry = self._picture.entries.get(name)
            if entry is None or not entry.usable:
                continue
            other = other or ("" if entry.offers(model) else _first_model(entry))
            chosen.append(Pinned(entry.provider, other) if other and other != model else entry.provider)
        return chosen


class Pinned(Provider):
    """Another provider, asked for one certain model whatever the request says."""

    def __init__(self, inner: Provider, model: str) -> None:
        super().__init__(inner.transport, inner.config)
        self._inner = inner
        self.model = model

    @property
    def id(self) -> str:
        return self._inner.id

    async def list_models(self) -> Sequence[Model]:
        return await self._inner.list_models()

    def tell(self, request: ChatRequest, sink: Sink) -> Telling:
        return self._inner.tell(replace(request, model=self.model), sink)


async def _asked(entry: _Entry) -> _Entry:
    """The entry after its provider was asked for its models. One that fails keeps the models it had: they may work again soon."""
    try:
        models = await asyncio.wait_for(entry.provider.list_models(), LIST_SECONDS)
    except (KeyMissing, KeyRejected) as error:
        return replace(entry, state="needs_key", code=error.code)
    except ServiceClosed as error:
        return replace(entry, state="closed", code=error.code)
    except ProviderError as error:
        _log.info("%s: no list of models: %s", entry.provider.id, error.detail or error.code)
        return replace(entry, state="unreachable", code=error.code)
    except asyncio.TimeoutError:
        return replace(entry, state="unreachable", code=TimedOut.code)
    except Exception:
        _log.exception("%s failed while listing its models", entry.provider.id)
        return replace(entry, state="unreachable", code=ProviderError.code)
    return replace(entry, state="ready", code=None, models=tuple(models)[:MODELS])


def _first_model(entry: _Entry) -> str:
    """The model to take where nobody chose: a preferred one of the provider's, else its first."""
    names = [model.id for model in entry.models] or list(entry.provider.config.models)
    if not entry.provider.config.models:
        for start in getattr(entry.provider, "preferred_models", ()):
            for name in names:
                if name.startswith(start):
                    return name
    return names[0] if names else ""


def _each_once(providers: Sequence[Provider]) -> list[Provider]:
    seen: dict[tuple[str, str], Provider] = {}
    for provider in providers:
        seen.setdefault((provider.id, provider.model if isinstance(provider, Pinned) else ""), provider)
    return list(seen.values())
