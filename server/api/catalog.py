"""What can be chosen: models and providers; and which version this is. Roles: library.py."""

from __future__ import annotations

import concurrent.futures
import contextlib
from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, jsonify

from g4f.chat import Model
from server.context import services
from server.version import VERSION

blueprint = Blueprint("catalog", __name__)

REFRESH_SECONDS = 20.0  # how long a person waits at most for all providers to be asked again


@blueprint.get("/models")
def models() -> Response:
    catalog = services().catalog
    provider, model = catalog.default()
    return jsonify(
        models=[
            {
                "id": model.id,
                "title": model.title or model.id,
                "provider": provider_id,
                "context_length": model.context_length,
                "capabilities": sorted(model.capabilities),
                "prices": _prices(provider_id, model),
            }
            for provider_id, model in catalog.models()
        ],
        default={"provider": provider, "model": model},
    )


def _prices(provider: str, model: Model) -> dict[str, float] | None:
    """What the operator says, else what the service says."""
    told = services().settings.prices
    prices = told.get(f"{provider}/{model.id}") or told.get(model.id) or model.prices
    return asdict(prices) if prices else None


@blueprint.get("/providers")
def providers() -> Response:
    here = services()
    here.loop.spawn(here.catalog.refresh())  # nobody waits for it; it does nothing while the last answers are fresh
    return jsonify(_providers())


@blueprint.post("/providers/refresh")
def refresh() -> Response:
    here = services()
    with contextlib.suppress(concurrent.futures.TimeoutError):  # then what is known so far is told
        here.loop.run(here.catalog.refresh(force=True), timeout=REFRESH_SECONDS)
    return jsonify(_providers())


def _providers() -> dict[str, Any]:
    catalog = services().catalog
    return {
        "providers": [
            {
                "id": status.id,
                "title": status.title,
                "url": status.url,
                "local": status.local,
                "state": status.state,
                "code": status.code,
                "models": status.model_count,
            }
            for status in catalog.providers()
        ],
        "found": list(catalog.found()),
    }


@blueprint.get("/version")
def version() -> Response:
    return jsonify(version=VERSION)
