"""What a person does with one message: pin it, keep it of several, rewrite an answer, go on from it in a new conversation."""

from __future__ import annotations

import time
from typing import Annotated

from flask import Blueprint, Response, jsonify
from pydantic import Field

from server import wire
from server.api.body import Body, read
from server.api.conversation import LONGEST_ID
from server.context import owner, services
from server.errors import ApiError

blueprint = Blueprint("messages", __name__)

NewId = Annotated[str, Field(min_length=1, max_length=LONGEST_ID, pattern=r"^[\w:.-]+$")]


class MarkBody(Body):
    pinned: bool | None = None
    kept: bool | None = None


class EditBody(Body):
    id: NewId
    text: Annotated[str, Field(min_length=1)]


class ForkBody(Body):
    id: NewId
    message: NewId


@blueprint.patch("/messages/<message_id>")
def mark(message_id: str) -> Response:
    body = read(MarkBody)
    messages = services().messages
    changed = None
    if body.pinned is not None:
        changed = messages.pin(owner(), message_id, body.pinned, time.time())
    if body.kept is not None:
        changed = messages.keep(owner(), message_id, body.kept)
    if changed is None:
        raise ApiError("bad_request", 400, "Nothing to change", values={"name": "pinned"})
    return jsonify(message=wire.message_to_json(changed))


@blueprint.post("/answers/<answer_id>/edit")
def edit(answer_id: str) -> Response:
    body = read(EditBody)
    if not body.text.strip():
        raise ApiError("bad_request", 400, "The text is empty", values={"name": "text"})
    written = services().messages.rewrite(owner(), answer_id, body.id, body.text, time.time())
    return jsonify(message=wire.message_to_json(written))


@blueprint.post("/conversations/<conversation_id>/fork")
def fork(conversation_id: str) -> Response:
    body = read(ForkBody)
    made = services().messages.fork(owner(), conversation_id, body.message, body.id, time.time())
    return jsonify(conversation=wire.conversation_to_json(made))
