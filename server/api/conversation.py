"""``POST /backend-api/v2/conversation``: ask. Takes the body of 2023 as it stands, and ours on top (docs/api.md)."""

from __future__ import annotations

from typing import Annotated, Literal

from flask import Blueprint, Response
from pydantic import BeforeValidator, Field

from g4f.chat import ChatRequest, Message, Options
from server.api.body import Body, check, read_json
from server.api.choice import Choice, choose
from server.api.streams import bare_text, events, historical
from server.context import owner, services, still_signed_in
from server.conversations import Ask, Opened
from server.errors import ApiError
from server.generation import prompt
from server.generation.wishes import Wish
from server.library import LONGEST_NAME, LONGEST_VALUE, MOST_VALUES
from server.logs import discreet
from server.streaming import respond

blueprint = Blueprint("conversation", __name__)

LONGEST_ID = 128  # characters
MOST_TOKENS = 1 << 30  # more than any model has; a number without a bound would not fit a float
Identifier = Annotated[str, Field(max_length=LONGEST_ID, pattern=r"^[\w:.-]*$")]
ClientId = Annotated[Identifier, BeforeValidator(lambda value: str(value) if isinstance(value, int) else value)]
Name = Annotated[str, Field(max_length=300)]


class Part(Body):
    role: Literal["user"] = "user"
    content: str


class Turn(Body):
    role: Literal["system", "user", "assistant"]
    content: str


class Content(Body):
    conversation: Annotated[list[Turn], Field(default_factory=list)]
    internet_access: bool = False
    content_type: Literal["text"] = "text"
    parts: Annotated[list[Part], Field(min_length=1)]


class Meta(Body):
    id: ClientId = ""
    content: Content


class OptionsBody(Body):
    temperature: Annotated[float | None, Field(ge=0, le=2, strict=False)] = None
    top_p: Annotated[float | None, Field(ge=0, le=1, strict=False)] = None
    max_tokens: Annotated[int | None, Field(ge=1, le=MOST_TOKENS)] = None
    reasoning_effort: Literal["none", "low", "medium", "high"] | None = None
    context_length: Annotated[int | None, Field(ge=256, le=MOST_TOKENS)] = None

    def to_options(self) -> Options:
        return Options(**self.model_dump())


Value = Annotated[str, Field(max_length=LONGEST_VALUE)]
RoleValues = Annotated[dict[Annotated[str, Field(max_length=LONGEST_NAME)], Value], Field(max_length=MOST_VALUES)]


class AskBody(Body):
    conversation_id: ClientId = ""
    action: Name = "_ask"
    model: Name = ""
    provider: Name = ""
    jailbreak: Name = ""
    role: Name = ""
    api_key: str = ""  # one ancestor's page sends it; keys live in the settings, so it is not used
    meta: Meta
    format: Literal["text", "events"] = "text"
    parent_id: Identifier | None = None
    options: OptionsBody | None = None
    role_values: RoleValues | None = None
    temporary: bool = False
    wish: Wish | None = None

    @property
    def question(self) -> str:
        return "\n\n".join(part.content for part in self.meta.content.parts)

    @property
    def told(self) -> list[Message]:
        """What was said before, where the client keeps it."""
        return [Message(turn.role, turn.content) for turn in self.meta.content.conversation]

    @property
    def question_id(self) -> str:
        """The page sends a random id. Older programs count: their numbers are unique within a conversation at best."""
        number = self.meta.id
        if not number.isdigit():
            return number
        return f"{self.conversation_id}:{number}" if self.conversation_id else ""


@blueprint.post("/conversation")
def ask() -> Response:
    sent = read_json()
    modern = isinstance(sent, dict) and sent.get("format") == "events"
    try:
        body = check(AskBody, sent)
        opened = _open_temporary(body) if body.temporary else _open(body)
    except ApiError as error:
        if modern:
            raise
        return Response(historical(error), status=error.status, content_type="application/json")
    here = services()
    if modern:
        return respond(events(here.runner, owner(), opened.answer_id, 0), here.loop, pings=True, allowed=still_signed_in())
    return respond(bare_text(here.runner, owner(), opened.answer_id), here.loop, pings=False, allowed=still_signed_in())


def _open(body: AskBody) -> Opened:
    """Store the question, then start its answer; a repeated question finds the answer that is there."""
    here = services()
    _check_question(body)
    try:
        here.runner.check_room()
        kept = here.conversations.asked_with(owner(), body.conversation_id)
        values = {**(kept.role_values if kept else {}), **(body.role_values or {})}
        choice = choose(body.model, body.provider, body.role or body.jailbreak, values)
    except ApiError:
        asked = here.conversations.asked(owner(), body.conversation_id, body.question_id, body.question)
        if asked is None:
            raise
        return asked  # what there is costs no room and no model
    options = body.options.to_options() if body.options else Options(**(kept.options if kept else choice.role.options))
    opened = here.conversations.ask(
        owner(),
        Ask(
            question_id=body.question_id,
            text=body.question,
            model=choice.model,
            provider=choice.provider,
            role=choice.role.id,
            conversation_id=body.conversation_id,
            parent_id=body.parent_id,
            options=options,
            role_values=body.role_values or {},
        ),
    )
    if not opened.existed:
        with here.runner.opening(opened.answer_id):
            question = [*body.told, Message("user", body.question)]
            is_whole = body.told or opened.first
            request = choice.fit(question, options, body.wish) if is_whole else request_for(opened, choice, options, body.wish)
            here.runner.start(opened, choice.task(request), here.titler.after(owner(), opened))
    return opened


def _check_question(body: AskBody) -> None:
    if not body.question.strip():
        raise ApiError("bad_request", 400, "The question is empty", values={"name": "meta.content.parts"})


def _open_temporary(body: AskBody) -> Opened:
    """Start an answer of which nothing is stored; what was said before comes with the question."""
    here = services()
    _check_question(body)
    asked = here.temporary.asked(owner(), body.question_id)
    if asked is not None:
        return asked  # what there is costs no room and no model
    here.runner.check_room()
    choice = choose(body.model, body.provider, body.role or body.jailbreak, body.role_values or {})
    options = body.options.to_options() if body.options else Options(**choice.role.options)
    opened = here.temporary.open(owner(), body.question_id)
    if not opened.existed:
        token = discreet.set(True)  # the tasks that are started now remember it
        try:
            with here.runner.opening(opened.answer_id):
                request = choice.fit([*body.told, Message("user", body.question)], options, body.wish)
                here.runner.start(opened, choice.task(request))
        finally:
            discreet.reset(token)
    return opened


def request_for(opened: Opened, choice: Choice, options: Options, wish: Wish | None = None, former: str = "") -> ChatRequest:
    """What the model is sent: the branch of the conversation that leads to the question."""
    path = services().conversations.path_to(owner(), opened.conversation_id, opened.question_id)
    return choice.fit(prompt.to_messages(path), options, wish, former)
