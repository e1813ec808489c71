"""A line of the log: JSON from known fields, and never a secret."""

from __future__ import annotations

import json
import logging

import pytest

from server.logs import JsonLines


@pytest.mark.parametrize("secret", ["sk-1234567890", 'with "quotes" and \\', "пароль из слов", "line\nbreak"])
def test_a_secret_is_blotted_out_however_json_writes_it(secret: str) -> None:
    record = logging.LogRecord("server", logging.INFO, __file__, 1, f"upstream said: {secret}", None, None)
    record.reason = secret
    record.cookie = secret  # no field of ours
    line = JsonLines([secret]).format(record)
    read = json.loads(line)
    assert read["message"] == "upstream said: •••"
    assert read["reason"] == "•••"
    assert "cookie" not in read
