"""``python3 -m tests.campaigns.upstream LOG``: a service with OpenAI's dialect that says what the question tells it to.

Prints its port. Each request and each end is a line of JSON in LOG, so that a campaign sees who was asked, when and how often.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any, TextIO

from tests.campaigns.script import Script

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
_MODELS = b'{"object":"list","data":[{"id":"words","object":"model"}]}'
_CHUNK = b'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"words","choices":[{"index":0,"delta":'
_BEFORE = _CHUNK + b'{"content":"'
_AFTER = b'"},"finish_reason":null}]}\n\n'
_LAST = _CHUNK + b'{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'


class Connection(asyncio.Protocol):
    """One client; at most one answer at a time. Holds its tongue while the client does not listen."""

    def __init__(self, log: TextIO) -> None:
        self._log = log
        self._loop = asyncio.get_running_loop()
        self._received = b""
        self._script: Script | None = None
        self._index = 0
        self._due = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._held = False
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0] or 0) if found else 0
        if found and len(body) >= length:
            self._received = body[length:]
            self._answer(head, body[:length])

    def _answer(self, head: bytes, body: bytes) -> None:
        if head.startswith(b"GET"):
            length = b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(_MODELS)
            self._transport.write(b"HTTP/1.1 200 OK\r\n" + length + _MODELS)
            return
        said = [message["content"] for message in json.loads(body)["messages"]]
        if said[-1].endswith("}"):
            self._script, self._index = Script.from_question(said[-1]), 0
            self._note("asked")
        else:  # a request to go on with what was said before: the question, the beginning of its answer, the plea
            self._script, self._index = Script.from_question(said[-3]), said[-2].count(" ")
            self._note("asked to go on")
        self._due = self._loop.time()
        self._transport.write(_HEAD)
        self._speak()

    def _speak(self) -> None:
        self._timer = None
        script = self._script
        if script is None or self._held:
            return
        if self._index == script.tokens:
            self._note("ended")
            self._script = None
            self._transport.write(b"%X\r\n%b\r\n0\r\n\r\n" % (len(_LAST), _LAST))
            return
        event = b"%b%b%b" % (_BEFORE, script.token(self._index).encode(), _AFTER)
        self._index += 1
        self._transport.write(b"%X\r\n%b\r\n" % (len(event), event))
        self._due += 1 / script.per_second
        self._timer = self._loop.call_at(self._due, self._speak)

    def pause_writing(self) -> None:
        self._held = True

    def resume_writing(self) -> None:
        self._held = False
        if self._timer is None:
            self._speak()

    def connection_lost(self, error: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._script is not None:
            self._note("cut")
            self._script = None

    def _note(self, what: str) -> None:
        assert self._script is not None
        line: dict[str, Any] = {"what": what, "key": self._script.key, "at": time.monotonic(), "said": self._index}
        self._log.write(json.dumps(line) + "\n")


async def _serve(log: Path) -> None:
    with log.open("a", buffering=1) as file:
        server = await asyncio.get_running_loop().create_server(lambda: Connection(file), "127.0.0.1", 0, backlog=4096)
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1])))
