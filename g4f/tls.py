"""Whom to trust and which way to go: TLS contexts and proxies, the same for both ways out (aiohttp and requests)."""

from __future__ import annotations

import ipaddress
import ssl
from functools import lru_cache
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from g4f.errors import NotConfigured


@lru_cache(maxsize=16)
def ssl_context(ca_file: str = "") -> ssl.SSLContext:
    """A verifying context: the system's roots, certifi's, and those in ``ca_file`` (PEM). Verification is never off.

    Raises ``NotConfigured`` if ``ca_file`` cannot be read.
    """
    context = _system_context()
    import certifi

    context.load_verify_locations(certifi.where())
    if ca_file:
        try:
            context.load_verify_locations(ca_file)
        except (OSError, ssl.SSLError) as error:
            raise NotConfigured(f"certificates cannot be read from {ca_file}: {error}") from error
    return context


def _system_context() -> ssl.SSLContext:
    try:
        import truststore
    except ImportError:  # it needs a CPython; the standard library knows the roots of most systems too
        return ssl.create_default_context()
    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def proxy_for(url: str) -> str | None:
    """The proxy that the environment names for ``url``. What is on this machine or has a private address is asked directly.

    Read by hand because the libraries' own reading also takes passwords from ``~/.netrc``.
    Raises ``NotConfigured`` for a SOCKS proxy: going out past it would be worse than not going.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if is_near(host):
        return None
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if not proxy or proxy_bypass(f"{host}:{parts.port}" if parts.port else host) or proxy_bypass(host):
        return None
    if "://" not in proxy:
        proxy = "http://" + proxy
    if not proxy.lower().startswith(("http://", "https://")):
        raise NotConfigured("only HTTP proxies can be used; set HTTPS_PROXY to one, or unset it")
    return proxy


@lru_cache(256)  # each question asks it twice, mostly of the same
def is_near(host: str) -> bool:
    """Whether ``host`` is this machine or, written as a number, an address of a private network."""
    if host.lower() in ("localhost", "host.docker.internal") or host.lower().endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_private
