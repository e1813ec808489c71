"""``/backend-api/v2/conversations/batch``: one change of many conversations, and many of them as files."""

from __future__ import annotations

import time
from typing import Annotated

from flask import Blueprint, Response, jsonify
from pydantic import Field

from server import wire
from server.api.body import Body, read
from server.api.conversations import LONGEST_NAME, Tags, folder, tags
from server.context import owner, services
from server.conversations import Conversation
from server.errors import ApiError
from server.finding import Change, Retagging

blueprint = Blueprint("batch", __name__, url_prefix="/conversations")

MOST = 500  # conversations at once
Ids = Annotated[list[Annotated[str, Field(min_length=1, max_length=128)]], Field(min_length=1, max_length=MOST)]


class ManyChanged(Body):
    pinned: bool | None = None
    archived: bool | None = None
    folder: Annotated[str, Field(max_length=LONGEST_NAME)] | None = None
    add_tags: Tags | None = None
    remove_tags: Tags | None = None


class BatchBody(Body):
    ids: Ids
    change: ManyChanged | None = None
    delete: bool = False
    restore: bool = False


@blueprint.post("/batch")
def batch() -> Response:
    """All in one transaction. What is not there any more is left out: somebody else deleted it."""
    body = read(BatchBody)
    if (body.change is not None) + body.delete + body.restore != 1:
        raise ApiError("bad_request", 400, "One of change, delete and restore", values={"name": "change"})
    here = services()
    if body.delete:
        deleted, written = here.many.delete(owner(), body.ids, time.time())
        here.runner.abandon(owner(), written)
        return jsonify(deleted=deleted)
    found = here.many.restore(owner(), body.ids) if body.change is None else _change(body.ids, body.change)
    return jsonify(conversations=[wire.conversation_to_json(conversation) for conversation in found])


def _change(ids: list[str], body: ManyChanged) -> list[Conversation]:
    change = Change(pinned=body.pinned, archived=body.archived, folder=folder(body.folder))
    retagging = Retagging(tags(body.add_tags or []), tags(body.remove_tags or []))
    if change == Change() and retagging == Retagging():
        raise ApiError("bad_request", 400, "Nothing to change", values={"name": "change"})
    return services().many.change(owner(), ids, change, retagging, time.time())
