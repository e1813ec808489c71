"""A stage for the Markdown component alone: the real modules and styles under the real policy, and nothing else of the page."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from server.headers import PREVIEW, security_headers

CLIENT = Path(__file__).resolve().parents[2] / "client"
TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css", ".json": "application/json"}
STYLES = ("base", "message", "markdown", "code")

SCRIPT = """
import { html, render } from "./js/view.js"
import { loadLanguage } from "./js/i18n.js"
import { Markdown } from "./js/components/markdown.js"

await loadLanguage("ru")
const stages = new Map()
window.violations = []
document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
  window.violations.push(`${violatedDirective} ${blockedURI}`)
})
const frame = () => new Promise(done => requestAnimationFrame(() => setTimeout(done)))

window.stage = {
  frame,
  speak: loadLanguage,
  show(name, text, streaming = false, citations = undefined) {
    if (!stages.has(name)) {
      const place = document.createElement("article")
      place.className = "message message--assistant"
      document.getElementById("app").append(place)
      stages.set(name, place)
    }
    render(html`<${Markdown} text=${text} streaming=${streaming} name="note" citations=${citations} />`, stages.get(name))
    return stages.get(name)
  },
  remove(name) {
    const place = stages.get(name)
    if (!place) return
    render(null, place)
    place.remove()
    stages.delete(name)
  },
  async stream(name, text, size, each = () => {}, citations = undefined) {
    for (let end = size; end < text.length; end += size) {
      const place = window.stage.show(name, text.slice(0, end), true, citations)
      await Promise.resolve()
      each(place, end)
      if (end / size % 40 === 0) await frame()
    }
    await frame()
    const place = window.stage.show(name, text, false, citations)
    await frame()
    each(place, text.length)
    return place
  },
}
window.ready = true
"""


def page(importmap: str) -> str:
    """The document of the stage."""
    links = "".join(f'<link rel="stylesheet" href="css/{name}.css">' for name in STYLES)
    return (
        f'<!doctype html><html lang="ru" data-theme="light"><head><meta charset="utf-8"><title>stage</title>'
        f'<link rel="icon" href="data:,">{links}'
        f'<link rel="stylesheet" href="stage.css"><script type="importmap">{importmap}</script>'
        '<script type="module" src="stage.js"></script></head><body><div id="app"></div></body></html>'
    )


class Handler(BaseHTTPRequestHandler):
    """Serves client/ and the few files of the stage, each with the headers of the product."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = self.path.split("?")[0].lstrip("/")
        importmap = json.dumps(
            {"imports": {k: f"/{v}" for k, v in json.loads((CLIENT / "importmap.json").read_text("utf-8"))["imports"].items()}}
        )
        made = {
            "": page(importmap),
            "stage.js": SCRIPT,
            "preview": (CLIENT / "html" / "preview.html").read_text("utf-8"),
            "stage.css": "body { overflow: auto } #app { max-inline-size: 46rem; margin: 2rem auto }",
        }
        file = (CLIENT / path).resolve()
        if path in made:
            body, kind = made[path].encode(), TYPES.get(Path(path).suffix, "text/html; charset=utf-8")
        elif path and file.is_file() and file.is_relative_to(CLIENT):
            body, kind = file.read_bytes(), TYPES.get(file.suffix, "application/octet-stream")
        else:
            body, kind = b"", ""
        self.send_response(200 if kind else 404)
        digest = base64.b64encode(hashlib.sha256(importmap.encode()).digest()).decode()
        headers = dict(security_headers(https=False, script_hashes=[f"'sha256-{digest}'"]))
        for name, value in (headers | dict(PREVIEW) if path == "preview" else headers).items():
            self.send_header(name, value)
        if kind:
            self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def handle(self) -> None:
        with suppress(ConnectionError):  # the browser was closed
            super().handle()

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


@contextmanager
def stage() -> Iterator[str]:
    """Serve the stage on a free port of this machine; gives its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
