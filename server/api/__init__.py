"""The API: one resource, one file, one blueprint."""

from __future__ import annotations

from flask import Flask

ROOT = "/backend-api/v2"


def register(app: Flask) -> None:
    """Give every resource its address."""
    from server.api import (
        answers,
        auth,
        batch,
        catalog,
        conversation,
        conversations,
        health,
        historical,
        library,
        messages,
        search,
        shared,
        shares,
        titles,
        transfer,
    )

    resources = (
        *(answers, auth, batch, catalog, conversation, conversations, library),
        *(messages, search, shared, shares, titles, transfer),
    )
    for resource in resources:
        blueprint = resource.blueprint
        app.register_blueprint(blueprint, url_prefix=ROOT + (blueprint.url_prefix or ""))
    app.register_blueprint(health.blueprint)
    app.register_blueprint(historical.blueprint)
