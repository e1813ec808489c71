"""``/backend-api/v2/…/shares``: the owner makes links to read a branch of a conversation, sees and revokes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from flask import Blueprint, Response, jsonify
from pydantic import Field

from server import wire
from server.api.body import Body, read
from server.context import owner, services
from server.shown import KeptShare

blueprint = Blueprint("shares", __name__)

LONGEST = 10 * 366 * 86_400  # seconds


class NewShare(Body):
    leaf: str | None = None
    expires_in: Annotated[int, Field(ge=1, le=LONGEST)] | None = None
    reasoning: bool = False


class Ends(Body):
    expires_at: Annotated[float, Field(gt=0, lt=1e12, allow_inf_nan=False)] | None


@blueprint.post("/conversations/<conversation_id>/shares")
def create(conversation_id: str) -> tuple[Response, int]:
    body = read(NewShare)
    kept = services().sharing.create(owner(), conversation_id, body.leaf, body.expires_in, reasoning=body.reasoning)
    return jsonify(share=wire.share_to_json(kept)), 201


@blueprint.get("/conversations/<conversation_id>/shares")
def list_of_conversation(conversation_id: str) -> Response:
    return _list(services().sharing.of_conversation(owner(), conversation_id))


@blueprint.get("/shares")
def list_() -> Response:
    return _list(services().sharing.of_owner(owner()))


def _list(shares: Sequence[KeptShare]) -> Response:
    return jsonify(shares=[wire.share_to_json(kept) for kept in shares], enabled=services().sharing.enabled)


@blueprint.patch("/shares/<share_id>")
def change(share_id: str) -> Response:
    """Another end. Also for a link that was revoked a moment ago: revoking can be undone."""
    kept = services().sharing.set_expiry(owner(), share_id, read(Ends).expires_at)
    return jsonify(share=wire.share_to_json(kept))


@blueprint.delete("/shares/<share_id>")
def revoke(share_id: str) -> Response:
    services().sharing.revoke(owner(), share_id)
    return jsonify(revoked=True)
