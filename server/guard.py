"""Before anything else: is this request meant for us, and did our own page (or a program) send it?

The first ``before_request``. A name that is not ours is refused, so that no rebinding reaches the server (A-009); a change that
another page asks for is refused by Fetch Metadata, or by Origin where the browser sends none (A-011); a body must be JSON (A-013).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from flask import Flask, Request, Response, current_app, request

from server.errors import ApiError
from server.kinds import EVERY_INTERFACE
from server.settings import Settings

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")  # these change nothing
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
PROXIES = "trusted_proxies"  # key in app.extensions
ARCHIVE = "application/zip"
TAKES_ARCHIVES = ("transfer.preview", "transfer.bring")  # endpoints whose body may be a ZIP; a form cannot send that type

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_HOST = re.compile(
    r"(?P<name>[a-z0-9](?:[a-z0-9._-]{0,251}[a-z0-9])?|\[(?P<six>[0-9a-f:.]{2,45})\])\.?(?::(?P<port>[0-9]{1,5}))?", re.ASCII
)


class Client(NamedTuple):
    """Who is at the other end: an IP address, and whether the browser spoke https."""

    address: str
    https: bool


def install(app: Flask, settings: Settings) -> None:
    """Guard every route of ``app``. Call it before anything else that registers a ``before_request``."""
    names = frozenset(_canonical(name) for name in (*LOOPBACK_NAMES, settings.host, *settings.allowed_hosts))
    any_address = settings.host in EVERY_INTERFACE
    app.extensions[PROXIES] = tuple(ipaddress.ip_network(proxy, strict=False) for proxy in settings.trusted_proxies)

    @app.before_request
    def guard() -> None:
        _check_host(names, any_address)
        _check_upgrade()
        if request.method not in SAFE_METHODS:
            _check_origin()
        _check_body()

    @app.after_request
    def keep_redirects_relative(response: Response) -> Response:
        """Werkzeug's own redirects ("/chat//x", a prefix without its slash) name scheme and host, which a proxy may know better."""
        if "Location" not in response.headers:
            return response
        own = f"{request.scheme}://{request.environ.get('HTTP_HOST', '')}/"
        if response.location and response.location.startswith(own):
            response.location = response.location.removeprefix(own[:-1])
        return response


def client(request: Request) -> Client:
    """The client's address and scheme. ``X-Forwarded-For`` and ``-Proto`` count only when a trusted proxy sent them (A-010)."""
    peer = request.environ.get("REMOTE_ADDR") or ""
    proxies: tuple[Network, ...] = current_app.extensions.get(PROXIES, ())
    address = _address(peer)
    if address is None or not _is_within(address, proxies):
        return Client(str(address or peer), request.environ.get("wsgi.url_scheme") == "https")
    hops = request.headers.get("X-Forwarded-For", "").split(",")
    scheme = request.headers.get("X-Forwarded-Proto", "").rsplit(",", 1)[-1].strip().lower()
    return Client(str(_first_stranger(address, hops, proxies)), scheme == "https")


def _first_stranger(address: Address, hops: Iterable[str], proxies: tuple[Network, ...]) -> Address:
    """Each proxy appends whom it heard: from the right, the first that is no proxy of ours. What stands left of it is hearsay."""
    for hop in reversed(list(hops)):
        told = _address(hop.strip())
        if told is None:
            return address
        address = told
        if not _is_within(address, proxies):
            return address
    return address


def _check_host(names: frozenset[str], any_address: bool) -> None:
    found = _HOST.fullmatch(request.environ.get("HTTP_HOST", "").lower())
    if found and 0 < int(found["port"] or 80) <= 65535:
        name = _canonical(found["six"] or found["name"])
        # A page at a bare address is our own page: only names can be rebound. Which addresses lead here is not known when the
        # server listens on every interface (a container does not know the address of its host).
        if name in names or (any_address and _address(name) is not None):
            return
    raise ApiError("host_unknown", 421, "This name is not served here")


def _check_upgrade() -> None:
    """No WebSocket here (A-016). Any other offer to upgrade may be ignored, and some programs make one with every request (h2c)."""
    if "websocket" in request.headers.get("Upgrade", "").lower():
        raise ApiError("bad_request", 400, "There is no WebSocket here")


def _check_origin() -> None:
    """The rule of A-011. Browsers send no Fetch Metadata to plain http beyond this machine, therefore Origin as well.

    A program that is no browser sends neither and passes. There is no exemption for ``Authorization``: no token exists yet.
    """
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site in ("same-origin", "none") or (site is None and (origin is None or origin.lower() in _own_origins())):
        return
    raise ApiError("cross_site", 403, "Another site asked for this")


def _own_origins() -> tuple[str, str]:
    """Both schemes: behind a proxy that was not made known, ours is unknown. The host and the port decide."""
    host = request.environ.get("HTTP_HOST", "").lower()
    return f"http://{host}", f"https://{host}"


def _check_body() -> None:
    """A body is JSON in UTF-8 and not compressed, or there is none. Where chats are brought in it may be an archive."""
    headers = request.headers
    if headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
        raise ApiError("not_json", 415, "Compressed bodies are not accepted")
    has_body = bool(request.content_length) or "Transfer-Encoding" in headers
    if not has_body and (request.method in SAFE_METHODS or not headers.get("Content-Type")):
        return
    if request.mimetype == ARCHIVE and request.endpoint in TAKES_ARCHIVES:
        return
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    if request.mimetype != "application/json" or charset not in ("utf-8", "utf8"):
        raise ApiError("not_json", 415, "The body must be application/json in UTF-8")


def _canonical(name: str) -> str:
    """One spelling for one host: without brackets, in small letters, an address as ``ipaddress`` writes it."""
    bare = name.lower().removeprefix("[").removesuffix("]")
    return str(_address(bare) or bare)


@lru_cache(maxsize=128)
def _address(text: str) -> Address | None:
    """Remembered: every request asks three times, and mostly the same."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _is_within(address: Address, networks: Iterable[Network]) -> bool:
    return any(address in network for network in networks)
