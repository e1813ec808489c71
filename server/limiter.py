"""How long to wait after wrong passwords (A-020): a pure function of the failures so far.

Five failures within five minutes from one address, or thirty from everywhere, close the door for 30 seconds; each further failure
doubles that, up to 15 minutes. An hour of quiet after the door has opened again is a fresh start.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from server.storage.accounts import Failure

PER_ADDRESS = 5  # failures within WINDOW from one address
OVERALL = 30  # failures within WINDOW from all addresses together
WINDOW = 300.0  # seconds
FIRST_WAIT = 30.0  # seconds
LONGEST_WAIT = 900.0  # seconds
QUIET = 3600.0  # seconds without a failure after which doubling starts anew
FORGET = 86_400.0  # seconds a failure is kept
AHEAD = 60.0  # seconds by which a failure may be later than an attempt of the same moment, which had to wait for its turn


def opens_at(failures: Sequence[Failure], address: str, now: float) -> float:
    """When the next attempt from ``address`` may be made, in Unix seconds; 0 when now. ``failures`` stand oldest first."""
    own = (failure.at for failure in failures if failure.address == address)
    return max(opens_after(own, PER_ADDRESS, now), opens_after((failure.at for failure in failures), OVERALL, now))


def opens_after(moments: Iterable[float], limit: int, now: float) -> float:
    """The same for one row of failures, when ``limit`` of them within ``WINDOW`` are too many.

    What is later than ``now`` was noted before the clock was set back. It does not count, or the door would be closed for as long
    as the clock was wrong.
    """
    recent: list[float] = []
    wait = opens = 0.0
    for moment in moments:
        if moment > now + AHEAD:
            continue
        if wait and moment > opens + QUIET:
            wait = 0.0
        recent = [*(other for other in recent if other > moment - WINDOW), moment]
        if wait or len(recent) >= limit:
            wait = min(wait * 2 or FIRST_WAIT, LONGEST_WAIT)
            opens = moment + wait
    return opens


def source(address: str) -> str:
    """Whom failures are counted for: an address, or for IPv6 the /64 that one subscriber gets."""
    import ipaddress

    try:
        six = ipaddress.IPv6Address(address)
    except ValueError:
        return address
    return str(ipaddress.IPv6Network((six, 64), strict=False))
