"""``/backend-api/v2/conversations``: list, read, rename, delete, restore."""

from __future__ import annotations

from typing import Annotated

from flask import Blueprint, Response, jsonify, request
from pydantic import Field

from server import wire
from server.api.body import Body, read
from server.context import owner, services
from server.errors import ApiError

blueprint = Blueprint("conversations", __name__, url_prefix="/conversations")

PAGE = 50  # conversations a page, unless asked for another number
LARGEST_PAGE = 500
LONGEST_TITLE = 200  # characters


class RenameBody(Body):
    title: Annotated[str, Field(min_length=1, max_length=LONGEST_TITLE)]
    revision: int | None = None


@blueprint.get("")
def list_() -> Response:
    limit = request.args.get("limit", str(PAGE))
    if not (limit.isascii() and limit.isdigit() and 1 <= int(limit[:9]) <= LARGEST_PAGE):
        raise ApiError("bad_request", 400, f"limit is a number from 1 to {LARGEST_PAGE}", values={"name": "limit"})
    page, following = services().conversations.list(owner(), int(limit), request.args.get("before"))
    return jsonify(conversations=[wire.conversation_to_json(conversation) for conversation in page], next=following)


@blueprint.get("/<conversation_id>")
def show(conversation_id: str) -> Response:
    conversation, messages = services().conversations.read(owner(), conversation_id)
    return jsonify(
        conversation=wire.conversation_to_json(conversation),
        messages=[wire.message_to_json(message) for message in messages],
    )


@blueprint.patch("/<conversation_id>")
def rename(conversation_id: str) -> Response:
    body = read(RenameBody)
    title = " ".join(body.title.split())
    if not title:
        raise ApiError("bad_request", 400, "The title is empty", values={"name": "title"})
    conversation = services().conversations.rename(owner(), conversation_id, title, body.revision)
    return jsonify(conversation=wire.conversation_to_json(conversation))


@blueprint.delete("/<conversation_id>")
def delete(conversation_id: str) -> Response:
    services().conversations.delete(owner(), conversation_id)
    return jsonify(deleted=True)


@blueprint.post("/<conversation_id>/restore")
def restore(conversation_id: str) -> Response:
    conversation = services().conversations.restore(owner(), conversation_id)
    return jsonify(conversation=wire.conversation_to_json(conversation))
