"""An answer read with ``requests`` as it comes: bytes, then text; never an error page, half a letter or no end."""

from __future__ import annotations

import codecs
import threading
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from g4f.blocking import blocking_session, check_response, errors_of_requests
from g4f.errors import Interrupted, NotConfigured, ProtocolViolation, ProviderError, TimedOut
from g4f.scales import ANSWER_CHARACTERS, too_long
from g4f.tls import ssl_context

if TYPE_CHECKING:
    import requests

    from g4f.line import Line
    from g4f.transport import Terms

CHUNK_BYTES = 2046  # as the documents of 2023 say
LONGEST_ANSWER_BYTES = 64 << 20
_reading_roots = threading.Lock()
_PAGE_STARTS = (b"<!doctype html", b"<html")


def post(
    url: str, body: bytes, terms: Terms, line: Line, *, params: Mapping[str, str] | None = None, secret: str = ""
) -> Generator[bytes, None, None]:
    """The body of the answer as it arrives. Closing the iterator closes the connection. Raises ``ProviderError``.

    ``line`` is how another thread hangs up; ``secret`` is the key among the headers: no error repeats it.
    """
    overdue = time.monotonic() + terms.deadlines.total
    received = 0
    # A connection that is kept for the next request would stay open as long as somebody keeps the error of this one.
    headers = {"Accept-Encoding": "identity", "User-Agent": "freegpt-webui/2", "Connection": "close", **terms.headers}
    # requests knows one deadline for the first byte and for every later pause.
    patience = (terms.deadlines.connect, max(terms.deadlines.first_byte, terms.deadlines.idle))
    _refuse_unsendable(headers)
    with _reading_roots:  # or each of many first answers at once would read them all
        ssl_context(terms.ca_file)
    with (
        errors_of_requests(),
        _watched(blocking_session(terms.ca_file), line) as session,
        session.post(url, data=body, headers=headers, params=params, stream=True, timeout=patience) as response,
    ):
        with _blotting(secret):
            check_response(response)
        for piece in _pieces(response):
            if not received:
                _refuse_page(response.headers.get("Content-Type", ""), piece)
            received += len(piece)
            if received > LONGEST_ANSWER_BYTES:
                raise ProtocolViolation(f"more than {LONGEST_ANSWER_BYTES} bytes in one answer")
            if time.monotonic() > overdue:
                raise TimedOut("the whole answer took too long")
            yield piece


def _refuse_unsendable(headers: Mapping[str, str]) -> None:
    """requests would say the same, but repeat the value, which may be a key."""
    for name, value in headers.items():
        if not value.isprintable() or value != value.strip() or any(ord(character) > 255 for character in value):
            raise NotConfigured(f"the key or header in {name} holds characters that cannot be sent")


def _watched(session: requests.Session, line: Line) -> requests.Session:
    line.watch(session)
    return session


def decoded(pieces: Iterator[bytes]) -> Iterator[str]:
    """The text of UTF-8 bytes cut anywhere. What is no UTF-8 becomes U+FFFD. Raises ``ProtocolViolation`` for an endless one."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    told = 0
    for piece in pieces:
        if text := decoder.decode(piece):
            told += len(text)
            if told > ANSWER_CHARACTERS:
                raise too_long()
            yield text
    if text := decoder.decode(b"", final=True):
        yield text


@contextmanager
def _blotting(secret: str) -> Iterator[None]:
    """A server that repeats the key in its refusal must not write it into our log."""
    try:
        yield
    except ProviderError as error:
        if secret:
            error.detail = error.detail.replace(secret, "…")
            error.args = (error.detail,)
        raise


def _pieces(response: requests.Response) -> Iterator[bytes]:
    if getattr(response.raw, "chunked", False):
        yield from response.iter_content(CHUNK_BYTES)
        return
    # Without chunks iter_content waits until CHUNK_BYTES have come, which for a slow writer is the end of the answer.
    yield from _available(response.raw)


def _available(raw: Any) -> Iterator[bytes]:
    from urllib3 import exceptions

    read = getattr(raw, "read1", raw.read)
    try:
        while piece := read(CHUNK_BYTES):
            yield piece
    except exceptions.ReadTimeoutError as error:
        raise TimedOut(str(error)[:300]) from error
    except (exceptions.HTTPError, OSError) as error:
        raise Interrupted(str(error)[:300]) from error
    if getattr(raw, "length_remaining", None):
        raise Interrupted("the connection closed before the promised length")


def _refuse_page(content_type: str, start: bytes) -> None:
    """An answer may well speak HTML, but it does not call itself a page."""
    if "html" in content_type.lower() or (not content_type and start.lstrip().lower().startswith(_PAGE_STARTS)):
        raise ProtocolViolation("an HTML page where an answer should be")
