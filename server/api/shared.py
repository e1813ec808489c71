"""``/backend-api/v2/shared/<token>``: what a link shows. The only conversation that answers without a login (server/auth.py)."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from server import wire
from server.context import services
from server.guard import client
from server.headers import NOINDEX

blueprint = Blueprint("shared", __name__, url_prefix="/shared")


@blueprint.get("/<token>")
def show(token: str) -> Response:
    response = jsonify(wire.shared_to_json(services().sharing.read(token, client(request).address)))
    response.headers["X-Robots-Tag"] = NOINDEX
    return response
