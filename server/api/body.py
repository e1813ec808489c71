"""From the bytes of a request to a checked value: strict JSON, then a pydantic model (A-080)."""

from __future__ import annotations

import difflib
import json
from typing import Any, NoReturn, TypeVar

from flask import request
from pydantic import BaseModel, ConfigDict, ValidationError

from server.errors import ApiError

DEEPEST = 32  # levels of nesting; ours need six


class Body(BaseModel):
    """A request body: no unknown fields, no silent conversions."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


Checked = TypeVar("Checked", bound=Body)


def read(model: type[Checked]) -> Checked:
    """The request's body as ``model``. Raises ``ApiError`` 400 with the name of the field that is wrong."""
    return check(model, read_json())


def check(model: type[Checked], value: object) -> Checked:
    """Plain values as ``model``; raises like ``read``."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        _refuse(model, error)


def read_json() -> Any:
    """The request's body as plain values: valid UTF-8, no repeated keys, no NaN, no half characters, not too deep."""
    try:
        value = json.loads(
            request.get_data(cache=False).decode("utf-8"),
            object_pairs_hook=_without_repetition,
            parse_constant=_no_constant,
        )
    except (ValueError, RecursionError) as error:
        raise ApiError("bad_json", 400, "The body is not valid JSON") from error
    _check_strings(value, 0)
    return value


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("repeated key")
    return fields


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _check_strings(value: Any, depth: int) -> None:
    """JSON can spell half of a surrogate pair, which no database and no wire can carry."""
    if depth > DEEPEST:
        raise ApiError("bad_json", 400, "The body is nested too deeply")
    if isinstance(value, str):
        if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
            raise ApiError("bad_json", 400, "The body holds half a character")
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_strings(key, depth + 1)
            _check_strings(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            _check_strings(item, depth + 1)


def _refuse(model: type[Body], error: ValidationError) -> NoReturn:
    first = error.errors(include_url=False, include_input=False)[0]
    name = ".".join(map(str, first["loc"])) or "body"
    if first["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(first["loc"][-1]), list(model.model_fields), 1)
        raise ApiError("unknown_field", 400, f"Unknown field {name}", values={"name": name, "near": near[0] if near else ""})
    raise ApiError("bad_request", 400, f"{name}: {first['msg']}", values={"name": name})
