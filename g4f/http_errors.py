"""From an HTTP answer that is not a success to the error it means. Pure: status, headers and body in, an exception out."""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Mapping
from datetime import timezone
from email.utils import parsedate_to_datetime
from typing import Any

from g4f.decoders import as_text
from g4f.errors import (
    ContentFiltered,
    ContextTooLong,
    KeyRejected,
    ModelMissing,
    NotConfigured,
    ProtocolViolation,
    ProviderError,
    QuotaExceeded,
    RateLimited,
    RequestRejected,
    ServerFailed,
    TimedOut,
    Unavailable,
)

ERROR_BODY_BYTES = 64 << 10  # no more of an error's body is read
RETRY_AFTER_CAP = 3600.0  # seconds; a service that says more is not believed
_DETAIL = 500
_HTML_DETAIL = 200

_CONTEXT = re.compile(
    r"context.?(length|window|size)|maximum context|n_ctx|exceed_context|(prompt|input|request) is too long"
    r"|too many (input )?tokens|reduce the length|input length|maximum (prompt|input) length",
    re.IGNORECASE,
)
_MODEL = re.compile(
    r"model_not_found|invalid.?model|unknown model|not a valid model|no such model"
    r"|model\b.{0,120}?\b(not (be )?found|does not exist|doesn't exist|not exist|is not supported|not available|decommissioned)",
    re.IGNORECASE | re.DOTALL,
)
_FILTER = re.compile(r"content.?filter|content_policy|moderation|flagged|safety system|blacklist", re.IGNORECASE)
_QUOTA = re.compile(r"insufficient.?(quota|balance|credit|funds)|exceeded your current quota|payment required", re.IGNORECASE)
_COUNTRY = re.compile(r"unsupported_country|country, region, or territory|not available in your (country|region)", re.IGNORECASE)
_STATUS_OF_WORD = {
    "overloaded_error": 529,
    "overloaded": 529,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "authentication_error": 401,
    "invalid_api_key": 401,
    "permission_error": 403,
    "not_found_error": 404,
    "insufficient_quota": 402,
    "invalid_request_error": 400,
    "exceed_context_size_error": 400,
    "context_length_exceeded": 400,
    "server_error": 500,
    "internal_error": 500,
    "internal_server_error": 500,
    "api_error": 500,
    "unavailable_error": 503,
    "timeout": 408,
}


def error_of_status(status: int, headers: Mapping[str, str], body: bytes, *, secret: str = "") -> ProviderError:
    """What an answer with this status means. ``secret`` is the key that was sent: it is blotted out of the detail."""
    answer = _ErrorBody(body, headers.get("Content-Type", ""))
    error = _error_of(status, answer, _retry_after(headers))
    error.status = status
    detail = f"HTTP {status}: {answer.detail}"
    error.detail = detail.replace(secret, "…") if len(secret) > 4 else detail
    error.args = (error.detail,)
    if isinstance(error, RequestRejected):
        error.parameter = answer.parameter
    return error


def error_of_object(value: Any) -> ProviderError:
    """What an error object inside an answer that began well means: ``{"message", "code", "type"}`` or a bare string."""
    body = as_text({"error": value}).encode()
    status = _status_inside(value)
    if status is not None:
        return error_of_status(status, {}, body)
    answer = _ErrorBody(body, "application/json")
    for pattern, kind in ((_CONTEXT, ContextTooLong), (_FILTER, ContentFiltered), (_QUOTA, QuotaExceeded)):
        if pattern.search(answer.evidence):
            return kind(answer.detail)
    return ServerFailed(answer.detail)


def _error_of(status: int, answer: _ErrorBody, retry_after: float | None) -> ProviderError:
    if 300 <= status < 400:
        return ProtocolViolation()  # a redirect is never followed: it would carry the key and the conversation elsewhere
    if status in (401, 403):
        return _refused(status, answer)
    if status == 402 or (status in (400, 403, 429) and _QUOTA.search(answer.evidence)):
        return QuotaExceeded()
    if status == 404:
        return _not_found(answer)
    if status == 408:
        return TimedOut()
    if status == 429:
        return RateLimited(retry_after=retry_after)
    if status == 413 or _CONTEXT.search(answer.evidence):
        return ContextTooLong()
    if status >= 500:
        return ServerFailed(retry_after=retry_after)
    if status in (409, 425):
        return Unavailable(retry_after=retry_after)
    if _MODEL.search(answer.evidence):
        return ModelMissing()
    if _FILTER.search(answer.evidence):
        return ContentFiltered()
    return RequestRejected()


def _refused(status: int, answer: _ErrorBody) -> ProviderError:
    if status == 403 and (answer.html or _COUNTRY.search(answer.evidence)):
        return Unavailable()  # a gateway or the service's list of countries, not the key
    if status == 403 and _FILTER.search(answer.evidence):
        return ContentFiltered()
    return KeyRejected()


def _not_found(answer: _ErrorBody) -> ProviderError:
    if "model" in answer.evidence.lower():
        return ModelMissing(pullable="pull" in answer.evidence.lower())
    return NotConfigured()  # nothing lives at this address: the base address is wrong


def _status_inside(value: Any) -> int | None:
    """The HTTP status that an error object implies, by its number or by its word."""
    if not isinstance(value, dict):
        return None
    for name in ("code", "status", "type"):
        found = value.get(name)
        if isinstance(found, str):
            found = int(found) if re.fullmatch("[0-9]{3}", found) else _STATUS_OF_WORD.get(found.lower())
        if isinstance(found, int) and not isinstance(found, bool) and 400 <= found < 600:
            return found
    return None


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds from ``Retry-After`` (a number or a date); nothing sensible is ``None``, an absurd wait is capped."""
    value = headers.get("Retry-After", "").strip()
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        seconds = _seconds_until(value)
    if math.isnan(seconds):
        return None
    return min(max(seconds, 0.0), RETRY_AFTER_CAP)


def _seconds_until(date: str) -> float:
    """From now to a date as HTTP writes it; what is no date is no number."""
    try:
        when = parsedate_to_datetime(date)
        return (when if when.tzinfo else when.replace(tzinfo=timezone.utc)).timestamp() - time.time()
    except Exception:  # the library stumbles over a stranger's date in half a dozen ways, OverflowError among them
        return math.nan


class _ErrorBody:
    """What can be learned from the body of an error: ``detail`` for the log, ``evidence`` to judge by."""

    def __init__(self, body: bytes, content_type: str) -> None:
        text = body[:ERROR_BODY_BYTES].decode("utf-8", "replace").strip()
        self.html = "text/html" in content_type.lower() or text[:1] == "<"
        self.parameter = ""
        self.evidence = ""
        if self.html:
            self.detail = "an HTML page: " + " ".join(re.sub(r"<[^>]*>", " ", text[:2000]).split())[:_HTML_DETAIL]
            return
        self.detail = self.evidence = text[:_DETAIL]
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return
        if isinstance(value, list) and value:
            value = value[0]
        inner = value.get("error", value) if isinstance(value, dict) else value
        if isinstance(inner, dict):
            message = inner.get("message") or inner.get("detail") or inner.get("error") or text
            self.detail = as_text(message)[:_DETAIL]
            words = [inner.get(name) for name in ("code", "type", "param")]
            self.evidence = " ".join([self.detail, *(word for word in words if isinstance(word, str))])
            parameter = inner.get("param")
            self.parameter = parameter if isinstance(parameter, str) else ""
        elif isinstance(inner, str):
            self.detail = self.evidence = as_text(inner)[:_DETAIL]
