"""The face of 2023: ``ChatCompletion.create`` and what makes a provider's class look like a provider's module of that year."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import aclosing, closing
from dataclasses import replace
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast, get_type_hints, overload

from g4f.base import Provider, ProviderConfig, SyncProvider, events_of
from g4f.chat import ChatRequest, Event, Message, Options, Progress, Text
from g4f.closed import ClosedService
from g4f.errors import KeyMissing, ProviderError, RequestRejected, UnknownModel, UnknownProvider
from g4f.tokens import Tokens, finish

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from g4f.catalog import Catalog
    from g4f.models import Model
    from g4f.transport import Deadlines, Transport
    from g4f.typing import Messages

P = TypeVar("P", bound=Provider)

_providers: Mapping[str, ProviderConfig] = {}
_deadlines: Deadlines | None = None
_catalog: tuple[Catalog, Transport] | None = None  # made when somebody first asks without naming a provider


def configure(providers: Mapping[str, ProviderConfig] | None = None, *, deadlines: Deadlines | None = None) -> None:
    """Say for the whole process what config.json says to the server: addresses and keys by provider, and how long to wait.

    What is left out returns to its beginning: the environment and the usual deadlines. For a program's start, not for its threads.
    """
    global _providers, _deadlines, _catalog
    _providers, _deadlines, _catalog = dict(providers or {}), deadlines, None


def config_of(provider: type[Provider]) -> ProviderConfig:
    """What is known about a provider: ``configure``, and below it the environment (``base_url_variable``, ``key_variable``)."""
    config = _providers.get(provider.__name__, ProviderConfig())
    environment = {"base_url": provider.base_url_variable, "api_key": provider.key_variable}
    missing = {field: os.environ.get(name, "") for field, name in environment.items() if name and not getattr(config, field)}
    config = replace(config, **cast(Any, missing))
    # Whoever names the address of a closed service wants it.
    return replace(config, enabled=True) if config.enabled is None and config.base_url else config


def configs() -> dict[str, ProviderConfig]:
    """What is known about every provider there is."""
    from g4f import registry

    return {name: config_of(provider) for name, provider in registry.providers().items()}


def provider_of(provider: type[P], config: ProviderConfig | None = None, **kwargs: Any) -> P:
    """The provider, ready to be asked. ``auth`` takes the place of the configured key, other strings that of options."""
    config = config or config_of(provider)
    key = kwargs.pop("auth", None)
    options = {name: value for name, value in kwargs.items() if isinstance(value, str)}
    config = replace(config, api_key=key if isinstance(key, str) and key else config.api_key, options={**config.options, **options})
    return provider(_transport(), config)


def answer(
    provider: type[Provider], model: str, messages: Messages, *, config: ProviderConfig | None = None, **kwargs: Any
) -> Tokens:
    """Ask ``provider``. What is missing in the set-up is said at once, all else while reading. Raises ``ProviderError``."""
    request = ChatRequest(model, values_of(messages), _options(kwargs))
    made = provider_of(provider, config, **kwargs)
    if isinstance(made, ClosedService):
        made.check(request)
    if isinstance(made, SyncProvider):
        return Tokens(lambda: _spoken_plainly(made.generate(request)), lambda: _spoken(made, request))
    return Tokens.of_awaited(lambda: _spoken(made, request))


def values_of(messages: Messages) -> tuple[Message, ...]:
    """Messages as programs write them, as values. Raises ``RequestRejected``."""
    return tuple(_value_of(message) for message in messages)


def supports(function: Callable[..., object]) -> str:
    """The ``params`` of a provider's module: its name and what its ``_create_completion`` takes."""
    hints = get_type_hints(function)
    named = [name for name, parameter in inspect.signature(function).parameters.items() if parameter.kind != parameter.VAR_KEYWORD]
    module = function.__module__.rpartition(".")[2]
    return f"g4f.Providers.{module} supports: ({', '.join(f'{name}: {hints[name].__name__}' for name in named)})"


def said(event: Event | str) -> str:
    """What a reader of 2023 sees of an event: text, and the line that announces a search."""
    match event:
        case str():
            return event
        case Text(text):
            return text
        case Progress("tool", _, detail) if detail:
            return detail + "\n"
    return ""


class ChatCompletion:
    """The one call of the old interface."""

    @overload
    @staticmethod
    def create(
        model: Model | str,
        messages: Messages,
        provider: ModuleType | type[Provider] | str | None = None,
        stream: Literal[False] = False,
        auth: str | bool = False,
        **kwargs: Any,
    ) -> str: ...

    @overload
    @staticmethod
    def create(
        model: Model | str,
        messages: Messages,
        provider: ModuleType | type[Provider] | str | None = None,
        *,
        stream: Literal[True],
        auth: str | bool = False,
        **kwargs: Any,
    ) -> Tokens: ...

    @overload
    @staticmethod
    def create(
        model: Model | str,
        messages: Messages,
        provider: ModuleType | type[Provider] | str | None,
        stream: Literal[True],
        auth: str | bool = False,
        **kwargs: Any,
    ) -> Tokens: ...

    @overload
    @staticmethod
    def create(
        model: Model | str,
        messages: Messages,
        provider: ModuleType | type[Provider] | str | None = None,
        stream: bool = False,
        auth: str | bool = False,
        **kwargs: Any,
    ) -> str | Tokens: ...

    @staticmethod
    def create(
        model: Model | str,
        messages: Messages,
        provider: ModuleType | type[Provider] | str | None = None,
        stream: bool = False,
        auth: str | bool = False,
        **kwargs: Any,
    ) -> str | Tokens:
        """Ask. The whole answer, or with ``stream`` its pieces as they come (for ``for`` and ``async for``).

        ``provider`` is a module (``g4f.Provider.Bing``), a class or a name; without it the first that has the model and is set up.
        ``auth`` is a key in place of the configured one; ``temperature``, ``top_p``, ``max_tokens`` are what they are elsewhere.
        Raises ``ProviderError``: its message says what to do, its ``code`` and ``retryable`` are for programs.
        """
        tokens = _ask(model, messages, provider, stream, auth, kwargs)
        return tokens if stream else "".join(tokens)

    @staticmethod
    async def create_async(
        model: Model | str,
        messages: Messages,
        provider: ModuleType | type[Provider] | str | None = None,
        auth: str | bool = False,
        **kwargs: Any,
    ) -> str:
        """The whole answer, without blocking the running loop. For pieces use ``async for`` over ``create(..., stream=True)``."""
        import asyncio

        kwargs.pop("stream", None)
        # Choosing a provider may ask several services for their models.
        tokens = await asyncio.to_thread(_ask, model, messages, provider, True, auth, kwargs)
        return "".join([token async for token in tokens])


# --- how it is done ---------------------------------------------------------------------------------------------------------------


def _transport() -> Transport:
    from g4f.transport import REMOTE, Transport

    return Transport(deadlines=_deadlines or REMOTE)


def _ask(
    model: Model | str,
    messages: Messages,
    provider: ModuleType | type[Provider] | str | None,
    stream: bool,
    auth: str | bool,
    kwargs: dict[str, Any],
) -> Tokens:
    name = model if isinstance(model, str) else model.name
    if provider is None:
        found = _somebody_with(name)
        if found is not None:
            return answer(type(found), name, messages, config=found.config, auth=auth, **kwargs)
        provider = _best_provider(name)
    kind, module = class_and_module(provider)
    needs_key = getattr(module, "needs_auth", kind is not None and kind.needs_key)
    if needs_key and not auth and not (kind is not None and config_of(kind).api_key):
        who = module.__name__.rpartition(".")[2] if kind is None else kind.__name__
        raise KeyMissing(f"{who} needs a key: pass auth='…', or configure its api_key", provider=who)
    complete = getattr(module, "_create_completion", None)
    if complete is not None:
        tokens = complete(model=name, messages=messages, stream=stream, auth=auth, **kwargs)
        return tokens if isinstance(tokens, Tokens) else Tokens.of_plain(lambda: _errors_of_plugins(tokens))
    if kind is None:
        raise UnknownProvider(module.__name__)
    return answer(kind, name, messages, auth=auth, **kwargs)


def _somebody_with(model: str) -> Provider | None:
    """The first usable provider that has the model. Raises ``UnknownModel`` if nobody can have it."""
    global _catalog
    if _catalog is None:
        from g4f.catalog import Catalog

        transport = _transport()
        _catalog = Catalog(transport, configs()), transport
    catalog = _catalog[0]
    finish(_look_around(*_catalog))
    try:
        return catalog.candidates(model)[0]
    except UnknownModel:
        from g4f.models import ModelUtils

        if model in ModelUtils.convert:
            return None
        raise


async def _look_around(catalog: Catalog, transport: Transport) -> None:
    try:
        await catalog.refresh()
    finally:
        await transport.close()


def _best_provider(model: str) -> ModuleType:
    from g4f.models import ModelUtils

    return ModelUtils.convert[model].best_provider


def class_and_module(provider: ModuleType | type[Provider] | str) -> tuple[type[Provider] | None, ModuleType]:
    """A provider named in any of the three ways; somebody's own module of 2023 has no class. Raises ``UnknownProvider``."""
    if isinstance(provider, type):
        return provider, sys.modules[provider.__module__]
    if isinstance(provider, str):
        import g4f.Provider

        try:
            provider = cast(ModuleType, getattr(g4f.Provider, provider))
        except AttributeError:
            raise UnknownProvider(str(provider), g4f.Provider.names()) from None
    found = getattr(provider, provider.__name__.rpartition(".")[2], None)
    return (found if isinstance(found, type) and issubclass(found, Provider) else None), provider


def _options(kwargs: dict[str, Any]) -> Options:
    """The tunable ones among the arguments. A bool is no temperature: the programs of 2023 passed ``stream`` in its place."""

    def number(name: str) -> float | None:
        value = kwargs.get(name)
        return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None

    most = number("max_tokens")
    return Options(temperature=number("temperature"), top_p=number("top_p"), max_tokens=None if most is None else int(most))


def _value_of(message: object) -> Message:
    if not isinstance(message, Mapping):
        raise RequestRejected("a message is a dictionary with role and content")
    role, content = message.get("role"), message.get("content")
    if role not in ("system", "user", "assistant"):
        raise RequestRejected(f"a message's role is system, user or assistant, not {role!r}")
    if isinstance(content, list):  # the parts of newer programs
        content = "".join(str(part.get("text", "")) for part in content if isinstance(part, Mapping))
    if not isinstance(content, str):
        raise RequestRejected("a message's content is text")
    return Message(cast(Literal["system", "user", "assistant"], role), content)


def _spoken_plainly(pieces: Iterator[object]) -> Iterator[str]:
    with closing(events_of(pieces)) as events:
        for event in events:
            if text := said(event):
                yield text


async def _spoken(provider: Provider, request: ChatRequest) -> AsyncIterator[str]:
    try:
        async with aclosing(cast("AsyncGenerator[Event, None]", provider.stream(request))) as events:
            async for event in events:
                if text := said(event):
                    yield text
    finally:
        await provider.transport.close()


def _errors_of_plugins(pieces: Iterator[object]) -> Iterator[str]:
    """The text of somebody's own module of 2023; what it raises becomes an error of the tree."""
    try:
        yield from _spoken_plainly(pieces)
    except ProviderError:
        raise
    except Exception as error:
        raise ProviderError(f"{type(error).__name__}: {error}") from error
