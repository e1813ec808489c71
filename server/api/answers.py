"""``/backend-api/v2/answers/<id>``: follow an answer, stop it, have it written again."""

from __future__ import annotations

from typing import Annotated

from flask import Blueprint, Response, jsonify, request
from pydantic import Field

from g4f.chat import Options
from server.api.body import Body, read
from server.api.choice import Choice, choose
from server.api.conversation import Identifier, Name, OptionsBody, request_for
from server.api.streams import events
from server.context import owner, services, still_signed_in
from server.conversations import AskedWith, Opened
from server.errors import ApiError, NotFound
from server.generation.wishes import Wish
from server.streaming import respond

blueprint = Blueprint("answers", __name__)

LARGEST_NUMBER = 1 << 53  # what JavaScript counts exactly
LONGEST_NUMBER = len(str(LARGEST_NUMBER))  # digits


class RegenerateBody(Body):
    id: Identifier = ""
    model: Name = ""
    provider: Name = ""
    role: Name = ""
    options: OptionsBody | None = None
    compared: bool = False
    wish: Wish | None = None


class ContinueBody(Body):
    model: Name = ""
    provider: Name = ""
    role: Name = ""
    after: Annotated[int | None, Field(ge=0, le=LARGEST_NUMBER)] = None


@blueprint.get("/answers/<answer_id>/events")
def follow(answer_id: str) -> Response:
    here = services()
    _check_place(answer_id)
    return respond(events(here.runner, owner(), answer_id, _after()), here.loop, pings=True, allowed=still_signed_in())


def _check_place(answer_id: str) -> None:
    """Raises ``NotFound`` unless this answer is theirs, be it a stored or a temporary one."""
    if services().temporary.place_of(owner(), answer_id) is None:
        services().conversations.place_of(owner(), answer_id)


def _after() -> int:
    """The number of the last event the reader has: in the address, or in the header that EventSource sends by itself."""
    given = request.args.get("after") or request.headers.get("Last-Event-ID") or "0"
    if not (given.isascii() and given.isdigit() and len(given) <= LONGEST_NUMBER and int(given) <= LARGEST_NUMBER):
        raise ApiError("bad_cursor", 400, "after is not an event number")
    return int(given)


@blueprint.post("/answers/<answer_id>/stop")
def stop(answer_id: str) -> Response:
    here = services()
    _check_place(answer_id)
    return jsonify(state=here.runner.stop(owner(), answer_id))


@blueprint.post("/answers/<answer_id>/regenerate")
def regenerate(answer_id: str) -> Response:
    here = services()
    body = read(RegenerateBody)
    opened = _write_again(answer_id, body)
    return respond(events(here.runner, owner(), opened.answer_id, 0), here.loop, pings=True, allowed=still_signed_in())


def _write_again(answer_id: str, body: RegenerateBody) -> Opened:
    """Store the place of another answer, then start it; a repeated request finds the answer that is there."""
    here = services()
    try:
        here.runner.check_room()
        kept = _asked_with(answer_id)
        choice = _choose_again(answer_id, body, kept)
    except ApiError:
        opened = here.conversations.regenerated(owner(), answer_id, body.id)
        if opened is None:
            raise
        return opened
    options = body.options.to_options() if body.options else Options(**kept.options)
    opened = here.conversations.regenerate(
        owner(),
        answer_id,
        new_answer_id=body.id,
        model=choice.model,
        provider=choice.provider,
        role=choice.role.id,
        options=options,
        compared=body.compared,
    )
    if not opened.existed:
        with here.runner.opening(opened.answer_id):
            former = here.conversations.answer(owner(), answer_id).text if body.wish else ""
            task = choice.task(request_for(opened, choice, options, body.wish, former))
            here.runner.start(opened, task, here.titler.after(owner(), opened))
    return opened


def _asked_with(answer_id: str) -> AskedWith:
    here = services().conversations
    kept = here.asked_with(owner(), here.place_of(owner(), answer_id).conversation_id)
    if kept is None:
        raise NotFound
    return kept


def _choose_again(answer_id: str, body: RegenerateBody | ContinueBody, kept: AskedWith) -> Choice:
    """What the request names, else what the answer was asked with before."""
    before = services().conversations.answer(owner(), answer_id)
    provider = body.provider or ("" if body.model else before.provider)
    return choose(body.model or before.model, provider, body.role or before.role, kept.role_values)


@blueprint.post("/answers/<answer_id>/continue")
def proceed(answer_id: str) -> Response:
    """Go on with an answer that ended before its time: by the same model, or by another one."""
    here = services()
    body = read(ContinueBody)
    here.runner.check_room()
    choice = _choose_again(answer_id, body, _asked_with(answer_id))
    proceeding = here.conversations.proceed(owner(), answer_id, choice.provider)
    answer = proceeding.answer
    with here.runner.opening(answer_id, seq=answer.seq + 1, written=answer.text):
        request = request_for(proceeding.place, choice, Options(**proceeding.options))
        here.runner.proceed(proceeding, choice.task(request, answer.text), here.titler.after(owner(), proceeding.place))
    after = body.after if body.after is not None else answer.seq
    return respond(events(here.runner, owner(), answer_id, after), here.loop, pings=True, allowed=still_signed_in())
