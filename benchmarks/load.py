"""``python3 -m benchmarks.load PLAN``: asks, reads and times; prints one line of JSON.

One thread, one selector and bare sockets, so that the measuring is not what is measured; what was read is understood afterwards.
A plan is the arguments of one of the functions in ``PLANS``.
"""

from __future__ import annotations

import gc
import heapq
import json
import re
import selectors
import socket
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.figures import percentile
from benchmarks.words import Heard, Script, listen

PATIENCE_SECONDS = 60.0  # after the moment when the last answer should have ended
_ANSWER_ID = re.compile(rb'"answer":"([^"]+)"')


class Exchange:
    """One request on a connection of its own, and everything that came back, with the moment of each piece."""

    __slots__ = ("_engine", "_request", "_socket", "_then", "asked_ns", "ended_ns", "error", "on_piece", "pieces")

    def __init__(self, engine: Engine, request: bytes, then: Callable[[Exchange], None] | None) -> None:
        self._engine = engine
        self._request = request
        self._then = then
        self.pieces: list[tuple[int, bytes]] = []
        self.error = ""
        self.ended_ns = 0
        self.on_piece: Callable[[Exchange], None] | None = None
        self.asked_ns = time.monotonic_ns()
        self._socket = socket.socket()
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.connect_ex(engine.address)
        engine.selector.register(self._socket, selectors.EVENT_WRITE, self._connected)

    @property
    def data(self) -> bytes:
        return b"".join(piece for _, piece in self.pieces)

    def _connected(self) -> None:
        try:
            self._socket.sendall(self._request)
        except OSError as error:
            self._end(str(error))
            return
        self._engine.selector.modify(self._socket, selectors.EVENT_READ, self._readable)

    def _readable(self) -> None:
        try:
            data = self._socket.recv(262144)
        except BlockingIOError:
            return
        except OSError as error:
            self._end(str(error))
            return
        if not data:
            self._end("")
            return
        self.pieces.append((time.monotonic_ns(), data))
        if self.on_piece is not None:
            self.on_piece(self)

    def _end(self, error: str) -> None:
        self.error = error
        self.ended_ns = time.monotonic_ns()
        self._engine.selector.unregister(self._socket)
        self._engine.open -= 1
        self._socket.close()
        if self._then is not None:
            self._then(self)


class Engine:
    """The clock and the open exchanges."""

    def __init__(self, port: int) -> None:
        self.address = ("127.0.0.1", port)
        self.selector = selectors.DefaultSelector()
        self.open = 0
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._number = 0

    def ask(self, request: bytes, then: Callable[[Exchange], None] | None = None) -> Exchange:
        self.open += 1
        return Exchange(self, request, then)

    def at(self, moment: float, deed: Callable[[], None]) -> None:
        self._number += 1
        heapq.heappush(self._due, (moment, self._number, deed))

    def run(self, until: float) -> None:
        """Until nothing is open and nothing is due, or until the moment ``until``."""
        while (self.open or self._due) and time.monotonic() < until:
            wait = min(0.5, max(0.0, self._due[0][0] - time.monotonic())) if self._due else 0.5
            for key, _ in self.selector.select(wait):
                key.data()
            now = time.monotonic()
            while self._due and self._due[0][0] <= now:
                heapq.heappop(self._due)[2]()


class Target:
    """How to ask, and how an answer says that it is whole: the server, or the service itself."""

    def __init__(self, port: int, direct: bool) -> None:
        self._port = port
        self._direct = direct
        self.ending = b"data: [DONE]" if direct else b'"type":"finished","state":"complete"'

    def question(self, script: Script) -> bytes:
        if self._direct:
            messages = [{"role": "user", "content": script.to_question()}]
            return self._post("/v1/chat/completions", {"model": "bench", "stream": True, "messages": messages})
        content = {
            "conversation": [],
            "internet_access": False,
            "content_type": "text",
            "parts": [{"role": "user", "content": script.to_question()}],
        }
        body = {
            "conversation_id": uuid.uuid4().hex,
            "action": "_ask",
            "model": "bench",
            "provider": "bench",
            "meta": {"id": uuid.uuid4().hex, "content": content},
            "format": "events",
        }
        return self._post("/backend-api/v2/conversation", body)

    def get(self, path: str) -> bytes:
        return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\nConnection: close\r\n\r\n".encode()

    def _post(self, path: str, body: dict[str, Any]) -> bytes:
        data = json.dumps(body).encode()
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\nConnection: close\r\nContent-Type: application/json\r\n"
        return f"{head}Content-Length: {len(data)}\r\n\r\n".encode() + data


def answers(*, port: int, direct: bool, count: int, tokens: int, per_second: float, spread: float) -> dict[str, Any]:
    """``count`` answers, their questions asked evenly over ``spread`` seconds."""
    target, engine = Target(port, direct), Engine(port)
    scripts = [Script(seed, tokens, per_second) for seed in range(count)]
    exchanges: list[Exchange] = []
    began = time.monotonic() + 0.2

    def ask() -> None:
        exchanges.append(engine.ask(target.question(scripts[len(exchanges)])))

    for number in range(count):
        engine.at(began + spread * number / count, ask)
    engine.run(began + spread + tokens / per_second + PATIENCE_SECONDS)
    heard = [listen(script, exchange.pieces, target.ending) for script, exchange in zip(scripts, exchanges, strict=True)]
    return {
        **_delays(heard),
        **_errors(exchanges, heard),
        **_firsts(exchanges, heard),
        "all_began_ns": max((one.first_ns for one in heard), default=0),
        "first_ended_ns": min((one.last_ns for one in heard), default=0),
        "tokens": count * tokens,
    }


def followers(*, port: int, readers: int, running: int, tokens: int, per_second: float, probes: int) -> dict[str, Any]:
    """``readers`` follow one answer while ``running`` answers are written; meanwhile ``GET /health``, ``probes`` times a second."""
    target, engine = Target(port, False), Engine(port)
    scripts = [Script(seed, tokens, per_second) for seed in range(running)]
    following: list[Exchange] = []
    health: list[Exchange] = []
    seconds = tokens / per_second

    def follow(leader: Exchange) -> None:
        found = _ANSWER_ID.search(leader.data)
        if found is None:
            return
        leader.on_piece = None
        path = f"/backend-api/v2/answers/{found[1].decode()}/events?after=0"
        now = time.monotonic()
        for number in range(readers):
            engine.at(now + 2.0 * number / readers, lambda: following.append(engine.ask(target.get(path))))
        for number in range(int((seconds - 4.0) * probes)):  # once all of them follow, until before the end
            engine.at(now + 3.0 + number / probes, lambda: health.append(engine.ask(target.get("/health"))))

    written = [engine.ask(target.question(script)) for script in scripts]
    written[0].on_piece = follow
    engine.run(time.monotonic() + seconds + PATIENCE_SECONDS)
    heard = [listen(script, exchange.pieces, target.ending) for script, exchange in zip(scripts, written, strict=True)]
    followed = [listen(scripts[0], exchange.pieces, target.ending) for exchange in following]
    late = [delay for one in followed for delay in _live(one)]
    times = [(one.ended_ns - one.asked_ns) / 1e6 for one in health if b" 200 " in one.data[:20]]
    return {
        "errors": _errors(written, heard)["errors"] + sum(not one.whole for one in followed) + readers - len(following),
        "health_errors": len(health) - len(times),
        "health": [percentile(times, part) for part in (50, 99, 100)],
        "follow": [percentile(late, part) * 1000 for part in (50, 99, 100)],
        "probes": len(times),
    }


def _live(heard: Heard) -> Sequence[float]:
    """Delays of the later half: tokens from before a reader came were given to it late, and rightly so."""
    return heard.delays[len(heard.delays) // 2 :]


def churn(*, port: int, count: int, at_once: int, tokens: int, per_second: float) -> dict[str, Any]:
    """``count`` short answers, ``at_once`` at any moment."""
    target, engine = Target(port, False), Engine(port)
    faults: list[str] = []
    began = time.monotonic()
    asked = 0

    def ask() -> None:
        nonlocal asked
        if asked < count:
            script = Script(asked, tokens, per_second)
            asked += 1
            engine.ask(target.question(script), lambda exchange: check(script, exchange))

    def check(script: Script, exchange: Exchange) -> None:
        if exchange.error or not listen(script, exchange.pieces, target.ending).whole:
            faults.append(f"{script.seed}: {exchange.error or exchange.data[-300:].decode('utf-8', 'replace')}")
        ask()

    for _ in range(at_once):
        ask()
    engine.run(began + 3600)
    seconds = time.monotonic() - began
    return {"errors": len(faults) + engine.open, "faults": faults[:5], "seconds": seconds, "asked": asked}


def _errors(exchanges: list[Exchange], heard: list[Heard]) -> dict[str, Any]:
    faults = [
        exchange.error or exchange.data[-300:].decode("utf-8", "replace") or "nothing came"
        for exchange, one in zip(exchanges, heard, strict=True)
        if exchange.error or not one.whole
    ]
    return {"errors": len(faults), "faults": faults[:5]}


def _delays(heard: list[Heard]) -> dict[str, Any]:
    delays = [delay for one in heard for delay in one.delays]
    return {
        "delay": [percentile(delays, part) * 1000 for part in (50, 99, 100)],
        "in_time": sum(delay < 1.0 for delay in delays),
    }


def _firsts(exchanges: list[Exchange], heard: list[Heard]) -> dict[str, Any]:
    firsts = [(one.first_ns - exchange.asked_ns) / 1e6 for exchange, one in zip(exchanges, heard, strict=True) if one.first_ns]
    return {"first": [percentile(firsts, part) for part in (50, 95, 100)]}


PLANS: dict[str, Callable[..., dict[str, Any]]] = {"answers": answers, "followers": followers, "churn": churn}


def main() -> None:
    gc.disable()
    plan = json.loads(sys.argv[1])
    print(json.dumps(PLANS[plan.pop("plan")](**plan)))


if __name__ == "__main__":
    main()
