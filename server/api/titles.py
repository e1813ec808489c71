"""``/backend-api/v2/conversations/<id>/title``: have a conversation named by its model."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from server import wire
from server.context import owner, services
from server.errors import NotFound

blueprint = Blueprint("titles", __name__, url_prefix="/conversations")


@blueprint.post("/<conversation_id>/title")
def ask(conversation_id: str) -> Response:
    """The answer does not wait for the model; who wants to know looks again."""
    _show(conversation_id)
    services().titler.ask(owner(), conversation_id)
    return _show(conversation_id)


@blueprint.get("/<conversation_id>/title")
def look(conversation_id: str) -> Response:
    return _show(conversation_id)


def _show(conversation_id: str) -> Response:
    asking = conversation_id in services().titler.waiting(owner())
    conversation = services().store.conversation(owner(), conversation_id)
    if conversation is None:
        raise NotFound
    return jsonify(conversation=wire.conversation_to_json(conversation), asking=asking)
