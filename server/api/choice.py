"""Whom a request names: model, provider and role, checked against what there is, before anything is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import request

from g4f.base import Provider
from g4f.chat import ChatRequest, Message, Options
from g4f.errors import NameUnknown, ProviderError
from server.context import services
from server.errors import ApiError, from_provider
from server.generation import prompt
from server.generation.runner import Task
from server.roles import Role, RoleUnknown


@dataclass(frozen=True)
class Choice:
    """Who will answer: the candidates in order, the first of which is the one that was asked for."""

    model: str
    provider: str
    role: Role
    candidates: Sequence[Provider]
    successors: Sequence[Provider]
    language: str

    def fit(self, history: Sequence[Message], options: Options) -> ChatRequest:
        """The request for this choice: role and as much of the history as the model can hold."""
        return prompt.fit(
            history,
            model=self.model,
            system_prompt=self.role.prompt_in(self.language),
            options=options,
            context_length=options.context_length or self._context_length(),
        )

    def task(self, request: ChatRequest, written: str = "") -> Task:
        return Task(request, self.candidates, self.successors, written)

    def _context_length(self) -> int | None:
        offered = services().catalog.models()
        return next((model.context_length for who, model in offered if (who, model.id) == (self.provider, self.model)), None)


def choose(model: str, provider: str, role: str) -> Choice:
    """Raises ``ApiError`` that lists the valid names, or says what the operator has to do first."""
    here = services()
    try:
        chosen_role = here.roles.get(role)
        provider, model = here.catalog.resolve(model, provider)
        candidates = here.catalog.candidates(model, provider)
    except RoleUnknown as error:
        raise ApiError("role_unknown", 400, str(error), values=_names(error.name, error.known)) from error
    except NameUnknown as error:
        raise ApiError(error.code, 400, str(error), values=_names(error.name, error.known)) from error
    except ProviderError as error:
        raise from_provider(error) from error
    return Choice(model, candidates[0].id, chosen_role, candidates, here.catalog.successors(model), _language())


def _names(name: str, known: Sequence[str]) -> dict[str, str | int | float]:
    return {"name": name[:100], "known": ", ".join(known[:50])}


def _language() -> str:
    """The page's language, for the words of the role."""
    return request.cookies.get("language", services().settings.language)
