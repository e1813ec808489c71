"""How JSON is answered: no spaces, and letters as they are, which halves a Russian conversation and the time to read it."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask.json.provider import DefaultJSONProvider


class CompactJson(DefaultJSONProvider):
    sort_keys = False

    def response(self, *args: Any, **kwargs: Any) -> Response:
        value = self._prepare_response_obj(args, kwargs)
        try:
            body = self._write(value, ensure_ascii=False)
        except UnicodeEncodeError:  # half a surrogate pair, which a stranger's JSON can spell, has no bytes
            body = self._write(value, ensure_ascii=True)
        return Response(body, mimetype=self.mimetype)

    def _write(self, value: Any, *, ensure_ascii: bool) -> bytes:
        return self.dumps(value, ensure_ascii=ensure_ascii, separators=(",", ":")).encode()
