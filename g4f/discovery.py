"""Looks for model servers on this machine and on the private hosts that the operator named.

Each local provider says in ``probes`` how it is recognised; here they are all asked at once, for a moment, without keys.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from g4f.base import Provider
from g4f.errors import ProviderError, TimedOut
from g4f.transport import Deadlines, Terms, Transport

PATIENCE = 0.3  # seconds to find out whether anybody listens
BUSY = 1.5  # seconds for somebody who does to say who they are: a server that is writing an answer is slow
THIS_MACHINE = "127.0.0.1"
DOCKER_HOST = "host.docker.internal"  # the machine outside, seen from a container
_CONTAINER_MARKS = ("/.dockerenv", "/run/.containerenv")
_TERMS = Terms(deadlines=Deadlines(connect=PATIENCE, first_byte=BUSY, idle=BUSY, content=BUSY, total=BUSY))


@dataclass(frozen=True)
class Probe:
    """How a server is recognised: ``check`` is true of the JSON at ``path`` on one of ``ports``.

    ``base_path`` is what its address ends with. ``loading`` is a word of the error that a server gives while it starts.
    """

    ports: tuple[int, ...]
    path: str
    check: Callable[[Any], bool]
    base_path: str = "/v1"
    loading: str = ""


@dataclass(frozen=True)
class DiscoverySettings:
    """What the operator decided: whether to look at all, on which hosts besides this one, on which ports instead of the usual.

    ``ports`` is keyed by a provider's id or title, in any case.
    """

    enabled: bool = True
    hosts: tuple[str, ...] = ()
    ports: Mapping[str, Sequence[int]] = field(default_factory=dict)


async def discover(transport: Transport, classes: Sequence[type[Provider]], settings: DiscoverySettings) -> dict[str, str]:
    """The addresses of the servers found, by provider id; of several the first host wins, this machine before others."""
    if not settings.enabled:
        return {}
    await transport.prepare()
    hosts = await _private_hosts(settings.hosts)
    wanted = [(kind, probe, host, port) for kind in classes for probe, port in _places(kind, settings) for host in hosts]
    answers = await asyncio.gather(*(_recognised(transport, probe, host, port) for _, probe, host, port in wanted))
    found: dict[str, tuple[int, str]] = {}
    for (kind, probe, host, port), recognised in zip(wanted, answers, strict=True):
        rank = hosts.index(host)
        if recognised and rank < found.get(kind.__name__, (len(hosts), ""))[0]:
            found[kind.__name__] = (rank, f"{_origin(host, port)}{probe.base_path}")
    return {name: address for name, (_, address) in found.items()}


def _places(kind: type[Provider], settings: DiscoverySettings) -> list[tuple[Probe, int]]:
    probes: tuple[Probe, ...] = getattr(kind, "probes", ())
    told = {name.lower(): ports for name, ports in settings.ports.items()}
    ports = told.get(kind.__name__.lower(), told.get(kind.title.lower()))
    return [(probe, port) for probe in probes for port in (probe.ports if ports is None else ports)]


async def _private_hosts(named: Sequence[str]) -> list[str]:
    """Numeric addresses to look at. A name that means something outside of the private networks is left out."""
    outside = (DOCKER_HOST,) if any(Path(mark).exists() for mark in _CONTAINER_MARKS) else ()
    resolved = await asyncio.gather(*(_private_address(name) for name in (*named, *outside)))
    return list(dict.fromkeys([THIS_MACHINE, *(address for address in resolved if address)]))


async def _private_address(name: str) -> str | None:
    try:
        loop = asyncio.get_running_loop()
        places = await asyncio.wait_for(loop.getaddrinfo(name, None, type=socket.SOCK_STREAM), PATIENCE)
    except (OSError, UnicodeError, asyncio.TimeoutError):
        return None
    for *_, place in places:
        address = ipaddress.ip_address(str(place[0]).partition("%")[0])
        if (address.is_private or address.is_loopback) and not address.is_unspecified and not address.is_link_local:
            return str(address)
    return None


async def _recognised(transport: Transport, probe: Probe, host: str, port: int) -> bool:
    """This machine refuses at once where nobody listens: whoever is late there is busy and is asked once more."""
    found = await _look(transport, probe, host, port)
    if found is None and host == THIS_MACHINE:
        found = await _look(transport, probe, host, port)
    return bool(found)


async def _look(transport: Transport, probe: Probe, host: str, port: int) -> bool | None:
    """Whether the server is there; ``None`` when nothing was said in time."""
    try:
        return probe.check(await transport.get_json(_origin(host, port) + probe.path, _TERMS))
    except ProviderError as error:
        if isinstance(error, TimedOut) or isinstance(error.__cause__, asyncio.TimeoutError):
            return None
        return bool(probe.loading) and probe.loading in error.detail
    except Exception:  # JSON of another shape, or worse: another program, which must not keep the others from being found
        return False


def _origin(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
