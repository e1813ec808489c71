"""The small addresses of 2023 that old pages and programs still ask: models, providers, language (lineage of the web contract)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request

from server.api.body import Body, read
from server.context import chosen_language, services
from server.errors import ApiError
from server.languages import LANGUAGES, negotiate

blueprint = Blueprint("historical", __name__)

ENDPOINTS = ("/backend-api/v2/conversation",)
YEAR = 365 * 24 * 3600  # seconds a chosen language is remembered


class LanguageBody(Body):
    language: str


@blueprint.get("/models")
def models() -> Response:
    return jsonify(data=[_model(provider, model.id) for provider, model in services().catalog.models()])


def _model(provider: str, name: str) -> dict[str, Any]:
    return {
        "id": name,
        "object": "model",
        "owned_by": provider,
        "tokens": 99999,
        "fallbacks": None,
        "endpoints": list(ENDPOINTS),
        "limits": None,
        "permission": [],
    }


@blueprint.get("/providers")
def providers() -> Response:
    catalog = services().catalog
    offered: dict[str, list[str]] = {}
    for provider, model in catalog.models():
        offered.setdefault(provider, []).append(model.id)
    return jsonify(
        data=[
            {
                "provider": status.id,
                "model": offered.get(status.id, []),
                "url": status.url,
                "working": status.state == "ready",
                "supports_stream": True,
            }
            for status in catalog.providers()
        ]
    )


@blueprint.post("/change-language")
def change_language() -> Response:
    """Takes "ru_RU" as in 2023, or "ru"; the page reads the same cookie."""
    language = negotiate([read(LanguageBody).language])
    if language is None:
        raise ApiError("bad_request", 400, f"Known languages: {', '.join(_locales())}", values={"name": "language"})
    response = Response(status=204)
    response.set_cookie("language", language, max_age=YEAR, samesite="Strict", path=request.script_root or "/")
    return response


@blueprint.get("/get-locale")
def get_locale() -> Response:
    return Response(LANGUAGES[chosen_language()].locale, content_type="text/plain; charset=utf-8")


@blueprint.get("/get-languages")
def get_languages() -> Response:
    return jsonify(_locales())


def _locales() -> list[str]:
    return [language.locale for language in LANGUAGES.values()]
