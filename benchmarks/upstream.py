"""``python3 -m benchmarks.upstream``: a service that speaks OpenAI's dialect and costs almost nothing.

One thread, one selector, no framework: it shares two cores with the server it measures. The question says what to answer
(``words.Script``). Prints its port.
"""

from __future__ import annotations

import gc
import heapq
import json
import selectors
import socket
import sys
import time

from benchmarks.words import Essay, Script, script_of

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
_CHUNK = b'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"bench","choices":[{"index":0,"delta":'
_BEFORE = _CHUNK + b'{"content":"'
_AFTER = b'"},"finish_reason":null}]}\n\n'
_LAST = _CHUNK + b'{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'


class Connection:
    """One client; at most one answer at a time."""

    def __init__(self, upstream: Upstream, client: socket.socket) -> None:
        self._upstream = upstream
        self._client = client
        self._received = b""
        self._unsent = b""
        self._script: Script | Essay | None = None
        self._began = 0.0
        self._index = 0
        self._last = False
        self.open = True

    def readable(self) -> None:
        try:
            data = self._client.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._close()
            return
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0] or 0) if found else 0
        if found and len(body) >= length:
            self._received = body[length:]
            self._last = b"connection: close" in head.lower()
            self._answer(head, body[:length])

    def _answer(self, head: bytes, body: bytes) -> None:
        if head.startswith(b"GET"):
            models = b'{"object":"list","data":[{"id":"bench","object":"model"}]}'
            self._send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(models), models))
            return
        self._script = script_of(json.loads(body)["messages"][-1]["content"])
        self._began = time.monotonic()
        self._index = 0
        self._unsent = _HEAD
        self.speak()

    def speak(self) -> None:
        """Send the next token, or the end; ask to be called again when the next one is due."""
        if not self.open or self._script is None:
            return
        script = self._script
        if self._index < script.tokens:
            token = script.token(self._index, time.monotonic_ns()).encode()
            event = b"%b%b%b" % (_BEFORE, token, _AFTER)
            self._index += 1
            self._send(b"%X\r\n%b\r\n" % (len(event), event))
            self._upstream.later(self._began + self._index / script.per_second, self)
            return
        self._script = None
        self._send(b"%X\r\n%b\r\n0\r\n\r\n" % (len(_LAST), _LAST))
        if self._last:
            self._close()

    def _send(self, data: bytes) -> None:
        """What the client does not take at once goes with the next token; nobody here is that slow for long."""
        data = self._unsent + data
        try:
            sent = self._client.send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._close()
            return
        self._unsent = data[sent:]

    def _close(self) -> None:
        if self.open:
            self.open = False
            self._upstream.forget(self._client)
            self._client.close()


class Upstream:
    """The listening socket, the clock and all connections."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self._listener.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
        self._due: list[tuple[float, int, Connection]] = []
        self._number = 0

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def run(self) -> None:
        while True:
            wait = max(0.0, self._due[0][0] - time.monotonic()) if self._due else None
            for key, _ in self._selector.select(wait):
                key.data()
            now = time.monotonic()
            while self._due and self._due[0][0] <= now:
                heapq.heappop(self._due)[2].speak()

    def later(self, moment: float, connection: Connection) -> None:
        self._number += 1
        heapq.heappush(self._due, (moment, self._number, connection))

    def forget(self, client: socket.socket) -> None:
        self._selector.unregister(client)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except BlockingIOError:
                return
            client.setblocking(False)
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._selector.register(client, selectors.EVENT_READ, Connection(self, client).readable)


def main() -> None:
    gc.disable()  # nothing here is cyclic but connections, and there are few
    upstream = Upstream()
    print(upstream.port, flush=True)
    try:
        upstream.run()
    except KeyboardInterrupt:
        sys.exit(0)


if __name__ == "__main__":
    main()
