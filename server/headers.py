"""What every response tells the browser (A-036, A-037, A-077): run only our script, ask only us, frame us nowhere, keep nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flask import Flask, Response, g, request

from server.guard import client

HSTS_SECONDS = 365 * 24 * 3600
DENIED_FEATURES = (
    "accelerometer",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "hid",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "serial",
    "usb",
)
NOINDEX = "noindex, nofollow, noarchive"  # for what may be read without a session
CONSTANT = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cross-Origin-Embedder-Policy", "require-corp"),
    ("X-Frame-Options", "DENY"),
    ("Permissions-Policy", ", ".join(f"{feature}=()" for feature in DENIED_FEATURES)),
)


PREVIEW = (
    (
        "Content-Security-Policy",
        "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; "
        "font-src data:; connect-src 'none'; form-action 'none'; base-uri 'none'; frame-src 'none'; frame-ancestors 'self'",
    ),
    ("X-Frame-Options", "SAMEORIGIN"),
    ("X-DNS-Prefetch-Control", "off"),
)
"""What the isolated frame of a preview is told instead (A-047): an origin of its own, no network, framed by our own page only."""


def install(app: Flask) -> None:
    """Add the headers to every response of ``app``. What a view has set itself stays: its caching, a stricter policy for a file."""

    @app.after_request
    def add_headers(response: Response) -> Response:
        headers = response.headers
        own = {name.lower() for name, _ in headers}  # asked once: each ``setdefault`` looks through all of them anew
        ours = [*security_headers(https=client(request).https, script_hashes=g.get("script_hashes")), ("Cache-Control", "no-store")]
        headers.extend([header for header in ours if header[0].lower() not in own])
        if "server" in own:
            headers.remove("Server")
        return response


def security_headers(*, https: bool, script_hashes: Iterable[str] | None = None) -> Iterator[tuple[str, str]]:
    """The set for one response; also for what answers outside Flask (the HTTP parser's own refusals).

    ``script_hashes`` are those of a page. What is not a page, ``None``, gets the short policy: the first page asks for forty files.
    """
    yield "Content-Security-Policy", BARE if script_hashes is None else content_security_policy(script_hashes)
    yield from CONSTANT
    if https:  # over http it would be ignored, and on localhost it would bind every other project of this machine
        yield "Strict-Transport-Security", f"max-age={HSTS_SECONDS}"


def content_security_policy(script_hashes: Iterable[str] = ()) -> str:
    """The policy. ``script_hashes`` like "'sha256-…'" name the inline import map of a page, which cannot be a file."""
    return "; ".join(
        (
            "default-src 'none'",
            " ".join(("script-src 'self'", *script_hashes)),
            "style-src 'self'",
            "img-src 'self' data: blob:",
            "font-src 'self'",
            "connect-src 'self'",
            "media-src 'self' blob:",
            "worker-src 'self'",
            "manifest-src 'self'",
            "frame-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "object-src 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types app dompurify",
        )
    )


BARE = "default-src 'none'; script-src 'self'; connect-src 'self'; frame-ancestors 'none'"
"""Of what is not a page: a worker, whose script brings its policy along, runs our scripts and asks our server; that is all."""
