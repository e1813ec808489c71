"""Whom a request names: model, provider and role, checked against what there is, before anything is stored."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from g4f.base import Provider
from g4f.chat import ChatRequest, Message, Options
from g4f.errors import NameUnknown, ProviderError
from server.context import chosen_language, owner, services
from server.errors import ApiError, from_provider
from server.generation import prompt, wishes
from server.generation.runner import Task
from server.generation.wishes import Wish
from server.languages import LANGUAGES
from server.library import OWN, fill, to_role
from server.roles import Role, RoleUnknown

SOUGHT_SECONDS = 3.0  # how long a question waits for a local server that is still being looked for
LOOK_AGAIN_SECONDS = 0.05
SPEAKS = "The person's own language is {name} ({code}): speak to them in it, unless they or the task ask for another."


@dataclass(frozen=True)
class Choice:
    """Who will answer: the candidates in order, the first of which is the one that was asked for."""

    model: str
    provider: str
    role: Role
    candidates: Sequence[Provider]
    successors: Sequence[Provider]
    language: str
    values: Mapping[str, str] = field(default_factory=dict)  # of the variables in the role's text

    def fit(self, history: Sequence[Message], options: Options, wish: Wish | None = None, former: str = "") -> ChatRequest:
        """The request for this choice: role and as much of the history as the model can hold."""
        return prompt.fit(
            history,
            model=self.model,
            system_prompt=fill(self._role_text(), self.values),
            options=options,
            context_length=options.context_length or self._context_length(),
            wish=wishes.sentence(wish, self.language) if wish else "",
            former=former,
        )

    def _role_text(self) -> str:
        """In the person's language; a ready role that nobody wrote in it says in English which it is."""
        text = self.role.prompt_in(self.language)
        if not text or self.role.own or self.language in self.role.prompt:
            return text
        return f"{text}\n{SPEAKS.format(name=LANGUAGES[self.language].name, code=self.language)}"

    def task(self, request: ChatRequest, written: str = "") -> Task:
        return Task(request, self.candidates, self.successors, written)

    def _context_length(self) -> int | None:
        model = services().catalog.model(self.provider, self.model)
        return model.context_length if model else None


def choose(model: str, provider: str, role: str, values: Mapping[str, str] | None = None) -> Choice:
    """Raises ``ApiError`` that lists the valid names, or says what the operator has to do first."""
    here = services()
    _let_it_be_found(provider)
    try:
        chosen_role = _role(role)
        provider, model = _resolve(model, provider, chosen_role)
        candidates = here.catalog.candidates(model, provider)
    except RoleUnknown as error:
        raise ApiError("role_unknown", 400, str(error), values=_names(error.name, error.known)) from error
    except NameUnknown as error:
        raise ApiError(error.code, 400, str(error), values=_names(error.name, error.known)) from error
    except ProviderError as error:
        raise from_provider(error) from error
    return Choice(model, candidates[0].id, chosen_role, candidates, here.catalog.successors(model), chosen_language(), values or {})


def _let_it_be_found(provider: str) -> None:
    """For a moment after a start a local server is still looked for: whoever names it is to get it, and no error or another."""
    latest = time.monotonic() + SOUGHT_SECONDS
    while services().catalog.is_sought(provider) and time.monotonic() < latest:
        time.sleep(LOOK_AGAIN_SECONDS)


def _role(name: str) -> Role:
    """One of the asker's own that is deleted says nothing more, but whoever asks in its old conversations is answered."""
    try:
        return find_role(name)
    except RoleUnknown:
        if name.startswith(OWN):
            return services().roles.get("")
        raise


def find_role(name: str) -> Role:
    """A ready role, or one of the asker's own. Raises ``RoleUnknown``."""
    here = services()
    if not name.startswith(OWN):
        return here.roles.get(name)
    item = here.library.find(owner(), name.removeprefix(OWN))
    if item is None or item.kind != "role":
        raise RoleUnknown(name, [role.id for role in here.roles])
    return to_role(item)


def _resolve(model: str, provider: str, role: Role) -> tuple[str, str]:
    """Who is named, else whom the role prefers if that one is there."""
    catalog = services().catalog
    if not model and not provider and role.model:
        for who, offered in catalog.models():
            if offered.id == role.model and role.provider in ("", who):
                return who, offered.id
    return catalog.resolve(model, provider)


def _names(name: str, known: Sequence[str]) -> dict[str, str | int | float]:
    return {"name": name[:100], "known": ", ".join(known[:50])}
