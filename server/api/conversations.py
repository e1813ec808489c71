"""``/backend-api/v2/conversations``: list, read, change, delete, restore; the folders and tags they have."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from flask import Blueprint, Response, jsonify, request
from pydantic import Field

from server import wire
from server.api import query
from server.api.body import Body, read
from server.api.conversation import Name, OptionsBody, RoleValues
from server.context import owner, services
from server.conversations import options_to_json
from server.errors import ApiError
from server.finding import MOST_TAGS, Change, Shelf

blueprint = Blueprint("conversations", __name__, url_prefix="/conversations")

PAGE = 50  # conversations a page, unless asked for another number
LARGEST_PAGE = 500
LONGEST_TITLE = 200  # characters
LONGEST_NAME = 60  # characters of a folder or a tag
EVERYTHING = 1_000_000_000  # messages; no conversation has so many
MOST_PINNED = 100  # shown at once, above the list
Tags = Annotated[list[Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]], Field(max_length=MOST_TAGS)]


class ChangeBody(Body):
    title: Annotated[str, Field(min_length=1, max_length=LONGEST_TITLE)] | None = None
    pinned: bool | None = None
    archived: bool | None = None
    folder: Annotated[str, Field(max_length=LONGEST_NAME)] | None = None
    tags: Tags | None = None
    model: Name | None = None
    provider: Name | None = None
    role: Name | None = None
    options: OptionsBody | None = None
    role_values: RoleValues | None = None
    revision: int | None = None


@blueprint.get("")
def list_() -> Response:
    """One page, and on the first of the plain list also what is pinned, however old, and the names of the shelves."""
    limit = query.number("limit", PAGE, LARGEST_PAGE)
    before = request.args.get("before")
    shelf = Shelf(
        archived=query.flag("archived"),
        pinned=query.flag("pinned"),
        folder=request.args.get("folder"),
        tag=request.args.get("tag"),
        deleted=query.flag("deleted") or False,
    )
    plain_beginning = shelf == Shelf() and before is None
    if not shelf.deleted:  # of what was deleted it does not matter whence
        shelf = replace(shelf, archived=shelf.archived or False)
    page, following = services().conversations.list(owner(), limit, before, shelf)
    answer = {
        "conversations": [wire.conversation_to_json(conversation) for conversation in page],
        "next": following,
        "titling": services().titler.waiting(owner()),
    }
    if plain_beginning:
        pinned, _ = services().conversations.list(owner(), MOST_PINNED, None, Shelf(archived=False, pinned=True))
        answer["pinned"] = [wire.conversation_to_json(conversation) for conversation in pinned]
        answer["folders"] = wire.counted_to_json(services().store.folders(owner()))
        answer["tags"] = wire.counted_to_json(services().store.tags(owner()))
    return jsonify(answer)


@blueprint.get("/<conversation_id>")
def show(conversation_id: str) -> Response:
    """All of it, or with ``last`` its end, which one sees first."""
    last = query.number("last", EVERYTHING, EVERYTHING)
    conversation, messages, is_cut = services().conversations.read_end(owner(), conversation_id, last)
    return jsonify(
        conversation=wire.conversation_to_json(conversation),
        messages=[wire.message_to_json(message) for message in messages],
        **({"earlier": True} if is_cut else {}),
    )


@blueprint.patch("/<conversation_id>")
def change(conversation_id: str) -> Response:
    body = read(ChangeBody)
    wanted = Change(
        title=None if body.title is None else name("title", body.title),
        pinned=body.pinned,
        archived=body.archived,
        folder=folder(body.folder),
        tags=None if body.tags is None else tags(body.tags),
        model=body.model,
        provider=body.provider,
        role=body.role,
        options=None if body.options is None else options_to_json(body.options.to_options()),
        role_values=body.role_values,
    )
    if wanted == Change():
        raise ApiError("bad_request", 400, "Nothing to change", values={"name": "title"})
    conversation = services().conversations.change(owner(), conversation_id, wanted, body.revision)
    return jsonify(conversation=wire.conversation_to_json(conversation))


def name(field: str, text: str) -> str:
    """Without spaces around and in rows. Raises for a name of nothing else."""
    words = " ".join(text.split())
    if not words:
        raise ApiError("bad_request", 400, f"{field}: a name is empty", values={"name": field})
    return words


def tags(given: list[str]) -> tuple[str, ...]:
    """Each once, in the order given."""
    return tuple(dict.fromkeys(name("tags", tag) for tag in given))


def folder(given: str | None) -> str | None:
    return None if given is None else " ".join(given.split())


@blueprint.delete("/<conversation_id>")
def delete(conversation_id: str) -> Response:
    services().runner.abandon(owner(), services().conversations.delete(owner(), conversation_id))
    return jsonify(deleted=True)


@blueprint.post("/<conversation_id>/restore")
def restore(conversation_id: str) -> Response:
    conversation = services().conversations.restore(owner(), conversation_id)
    return jsonify(conversation=wire.conversation_to_json(conversation))
