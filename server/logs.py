"""One JSON line a log record, built from an allowlist of fields: no header, cookie, body or key can slip in (A-072, A-073)."""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Iterable
from contextvars import Context, ContextVar

FIELDS = ("request_id", "method", "path", "status", "milliseconds", "address", "answer", "provider", "code", "reason", "event")
LONGEST_LINE = 8 * 1024  # bytes
SHORTEST_SECRET = 6  # characters; anything shorter would blot out ordinary words

_encode = json.JSONEncoder(ensure_ascii=False, default=str).encode  # made once: ``json.dumps`` would make one for each line

discreet: ContextVar[bool] = ContextVar("discreet", default=False)
"""Whether what happens now belongs to a talk of which nothing may be kept: then a line says what happened, not what was said."""


def bare_context() -> Context:
    """A context that knows of the present one only whether it is discreet."""
    context = Context()
    context.run(discreet.set, discreet.get())
    return context


class JsonLines(logging.Formatter):
    """Formats a record as one line and blots out the values of the configured secrets wherever they might turn up."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        known = [secret for secret in secrets if len(secret) >= SHORTEST_SECRET]
        escaped = [json.dumps(secret, ensure_ascii=False)[1:-1] for secret in known]  # as it stands in a line
        self._secrets = sorted({*known, *escaped}, key=len, reverse=True)

    def format(self, record: logging.LogRecord) -> str:
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line: dict[str, object] = {
            "time": f"{moment}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        known = vars(record)
        line.update((name, known[name]) for name in FIELDS if name in known)
        if discreet.get():
            line["message"] = str(record.msg)  # without its values
            line.pop("reason", None)
        elif record.exc_info:
            line["trace"] = self.formatException(record.exc_info)[-LONGEST_LINE // 2 :]
        return self._blot(_encode(line))[:LONGEST_LINE]

    def _blot(self, line: str) -> str:
        for secret in self._secrets:
            line = line.replace(secret, "•••")
        return line


def install(level: str, secrets: Iterable[str] = ()) -> None:
    """Send everything to standard error, one line a record."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(secrets))
    logging._srcfile = None  # documented: no line says where in the code it was written
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # it warns of every request that finds all threads busy
