"""A client of the server over bare sockets: can be cut at any byte, and says whether a response ended or broke."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from tests.campaigns.script import Script
from tests.campaigns.stage import MODEL, PROVIDER

PIECE = 65536  # bytes read at once
BASE = "/backend-api/v2"
OUTSIDE = ("/health", "/ready")  # addresses that are not under it


class Lost(Exception):
    """The connection could not be made, or ended before the response did."""


@dataclass
class Refused(Exception):
    """A response that is not 200."""

    status: int
    code: str
    retry_after: str

    def __str__(self) -> str:
        return f"{self.status} {self.code}"


@dataclass(frozen=True, slots=True)
class Event:
    seq: int
    type: str
    fields: dict[str, Any]


class Response:
    """One response whose head has been read."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, status: int, headers: dict[str, str]) -> None:
        self._reader = reader
        self._writer = writer
        self.status = status
        self.headers = headers
        self._chunked = "chunked" in headers.get("transfer-encoding", "")
        self._raw = b""
        self._body = b""
        self.ended = False

    async def whole(self) -> bytes:
        """The body; for responses that are not live."""
        if self._chunked:
            while not self.ended:
                await self.more()
            return self._body
        return await self._reader.readexactly(int(self.headers["content-length"]))

    async def more(self, limit: int = PIECE) -> list[Event]:
        """The events in the next piece of at most ``limit`` bytes; none when it ends in the middle of one. Raises ``Lost``."""
        try:
            piece = await self._reader.read(limit)
        except OSError as error:
            raise Lost(str(error)) from error
        if not piece:
            raise Lost("ended before its end")
        self._raw += piece
        self._unwrap()
        return self._events() if self._chunked else []

    def _unwrap(self) -> None:
        while True:
            line, found, rest = self._raw.partition(b"\r\n")
            if not found:
                return
            size = int(line, 16)
            if len(rest) < size + 2:
                return
            self._body += rest[:size]
            self._raw = rest[size + 2 :]
            if size == 0:
                self.ended = True
                return

    def _events(self) -> list[Event]:
        if "event-stream" not in self.headers.get("content-type", ""):
            return []
        *frames, self._body = self._body.split(b"\n\n")
        return [_event(frame) for frame in frames if frame.startswith(b"id: ")]

    @property
    def is_inside_an_event(self) -> bool:
        """Whether what was read so far ends in the middle of one."""
        return bool(self._raw or self._body)

    def abort(self) -> None:
        """Break the connection at once (RST), as a network does."""
        connection = self._writer.get_extra_info("socket")
        if connection is not None and connection.fileno() >= 0:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()


def _event(frame: bytes) -> Event:
    first, second = frame.split(b"\n", 1)
    fields = json.loads(second[6:])
    return Event(int(first[4:]), fields["type"], fields)


@asynccontextmanager
async def send(
    port: int, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
) -> AsyncGenerator[Response, None]:
    """One request on a connection of its own. Raises ``Lost`` and ``Refused``."""
    data = b"" if body is None else json.dumps(body).encode()
    lines = {"Host": f"127.0.0.1:{port}", "Connection": "close", **(headers or {})}
    if body is not None:
        lines |= {"Content-Type": "application/json", "Content-Length": str(len(data))}
    address = path if path in OUTSIDE else BASE + path
    head = f"{method} {address} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError as error:
        raise Lost(str(error)) from error
    try:
        writer.write(head.encode() + b"\r\n" + data)
        response = Response(reader, writer, *await _head(reader))
        if response.status != 200:
            raise _refusal(response, await response.whole())
        yield response
    except (OSError, asyncio.IncompleteReadError) as error:
        raise Lost(str(error)) from error
    finally:
        writer.transport.abort()


async def _head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines[1:] if line)
    return int(lines[0].split()[1]), {name.lower(): value.strip() for name, _, value in pairs}


def _refusal(response: Response, body: bytes) -> Refused:
    try:
        code = json.loads(body)["error"]["code"]
    except (ValueError, KeyError, TypeError):
        code = body[:80].decode("utf-8", "replace")
    return Refused(response.status, code, response.headers.get("retry-after", ""))


async def call(port: int, method: str, path: str, body: Any = None) -> Any:
    """A request and its JSON. Raises ``Lost`` and ``Refused``."""
    async with send(port, method, path, body) as response:
        return json.loads(await response.whole())


def ask_body(script: Script, conversation: str, question: str, parent: str | None = None) -> dict[str, Any]:
    content = {
        "conversation": [],
        "internet_access": False,
        "content_type": "text",
        "parts": [{"role": "user", "content": script.to_question()}],
    }
    body = {
        "conversation_id": conversation,
        "action": "_ask",
        "model": MODEL,
        "provider": PROVIDER,
        "meta": {"id": question, "content": content},
        "format": "events",
    }
    return body if parent is None else {**body, "parent_id": parent}
