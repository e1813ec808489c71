"""The page as an application of its own: its manifest, the worker that opens it without a line, a search engine for the browser.

All three say nothing about anybody and answer without a session: browsers ask for them without cookies.
"""

from __future__ import annotations

import json
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from flask import Blueprint, Response, request, url_for

from server.context import chosen_language, services
from server.guard import client
from server.languages import LANGUAGES

PAPER = "#fbfbfd"  # --paper of client/css/base.css, for the moment before the page is drawn
ICONS = (("app-192.png", 192, "any"), ("app-512.png", 512, "any"), ("maskable-512.png", 512, "maskable"))

blueprint = Blueprint("installing", __name__)


@blueprint.get("/manifest.webmanifest")
def manifest() -> Response:
    """Its addresses are relative to its own, and so right under any prefix."""
    assets = f"assets/{services().pages.version}"
    said = services().pages.sentences(_language())
    described: dict[str, Any] = {
        "name": said["app.name"],
        "short_name": said["app.name"],
        "lang": _language(),
        "dir": LANGUAGES[_language()].direction,
        "start_url": "./",
        "scope": "./",
        "display": "standalone",
        "background_color": PAPER,
        "theme_color": PAPER,
        "launch_handler": {"client_mode": ["navigate-existing", "auto"]},
        "icons": [
            {"src": f"{assets}/icons/{name}", "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
            for name, size, purpose in ICONS
        ],
        "shortcuts": [
            {"name": said["sidebar.new"], "url": "./"},
            {"name": said["sidebar.search"], "url": "./?find"},
        ],
        # GET changes nothing: what is shared fills the composer (client/js/prefill.js) and waits there.
        "share_target": {"action": "./", "method": "GET", "params": {"title": "title", "text": "q", "url": "url"}},
    }
    return _answer(json.dumps(described, ensure_ascii=False, indent=2), "application/manifest+json")


@blueprint.get("/service-worker.js")
def service_worker() -> Response:
    """It stands at the root because a worker opens only what is below it. Another version of any file makes another worker."""
    pages = services().pages
    sentences = (f"locales/{_language()}{part}.json" for part in ("", ".more"))
    shell = {"version": pages.version, "files": [*pages.first_files(), *sentences]}
    return _answer(f"self.SHELL = {json.dumps(shell)}\n{pages.source('js/service-worker.js')}", "text/javascript")


@blueprint.get("/opensearch.xml")
def opensearch() -> Response:
    """Browsers take only whole addresses here; the name we were called by was checked by server/guard.py."""
    said = services().pages.sentences(_language())
    scheme = "https" if client(request).https else "http"
    root = f"{scheme}://{request.host}{url_for('pages.index')}"
    return _answer(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<OpenSearchDescription xmlns="http://a9.com/-/spec/opensearch/1.1/">\n'
        f"  <ShortName>{escape(said['app.name'])}</ShortName>\n"
        f"  <Description>{escape(said['composer.placeholder'])}</Description>\n"
        "  <InputEncoding>UTF-8</InputEncoding>\n"
        f'  <Image width="192" height="192" type="image/png">{escape(root)}assets/icons/app-192.png</Image>\n'
        f'  <Url type="text/html" method="get" template={quoteattr(root + "?q={searchTerms}")}/>\n'
        "</OpenSearchDescription>\n",
        "application/opensearchdescription+xml",
    )


def _language() -> str:
    """The page knows what its person reads, and says so in the address."""
    wanted = request.args.get("language", "")
    return wanted if wanted in LANGUAGES else chosen_language()


def _answer(text: str, kind: str) -> Response:
    return Response(text, content_type=f"{kind}; charset=utf-8", headers={"Cache-Control": "no-cache"})
