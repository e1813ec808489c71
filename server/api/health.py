"""Is the process alive, and can it work? Answers without a login and without details (A-008)."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from server.context import services
from server.errors import StorageUnavailable

blueprint = Blueprint("health", __name__)


@blueprint.get("/health")
def health() -> Response:
    return jsonify(status="ok")


@blueprint.get("/ready")
def ready() -> tuple[Response, int]:
    runner = services().runner
    if runner.stopping:
        return jsonify(status="stopping"), 503
    try:
        if not runner.healthy:
            raise StorageUnavailable
        services().store.can_write()
    except StorageUnavailable:
        return jsonify(status="storage"), 503
    return jsonify(status="ok"), 200
