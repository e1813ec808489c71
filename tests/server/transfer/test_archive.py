"""A ZIP is read in memory and under caps, and only where chats are brought in."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Mapping
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from server.context import Services
from server.transfer import archive
from server.transfer.values import TooLarge, Unknown, Unreadable
from tests.server.transfer.test_ancestors import kept, said

API = "/backend-api/v2"
CHAT = json.dumps(kept({"role": "user", "content": "Раз"}, said("Два"))).encode()


def packed(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as opened:
        for name, content in files.items():
            opened.writestr(name, content)
    return target.getvalue()


def read(data: bytes, largest: int = 10_000_000) -> tuple[str, int]:
    name, arrivals = archive.read(data, largest=largest, owner="owner", now=1.0)
    return name, len(list(arrivals))


def refusal(client: FlaskClient, data: bytes, path: str = "imports") -> tuple[int, str]:
    response = client.post(f"{API}/{path}", data=data, content_type="application/zip")
    body: Any = response.json
    return response.status_code, body["error"]["code"]


def test_the_chats_in_an_archive_are_found_wherever_they_lie(client: FlaskClient) -> None:
    data = packed(
        {"user.json": b'{"id": 1}', "a/b/chats.JSON": CHAT, "chat.html": b"<html>", "broken.json": b"{", "image.png": b"\x89PNG"}
    )
    outcome = client.post(f"{API}/imports", data=data, content_type="application/zip").json
    assert outcome is not None
    assert (outcome["format"], outcome["messages"]) == ("freegpt", 2)


def test_a067_a_bomb_is_put_down_while_it_unpacks(client: FlaskClient, services: Services) -> None:
    bomb = packed({"chats.json": b" " * 30_000_000})
    assert len(bomb) < 40_000
    assert refusal(client, bomb) == (413, "import_too_large")
    assert refusal(client, bomb, "imports/preview") == (413, "import_too_large")
    assert not services.store.conversations("owner", 1, None)


def test_a067_a_size_that_is_lied_about_helps_nobody() -> None:
    data = bytearray(packed({"chats.json": b" " * 5_000_000}))
    place = data.index(b"PK\x01\x02") + 24  # the uncompressed size in the directory
    data[place : place + 4] = struct.pack("<I", 10)
    with pytest.raises((TooLarge, Unreadable, Unknown)):
        read(bytes(data))


def test_many_small_bombs_share_one_cap() -> None:
    data = packed({f"{number}.json": b" " * 900_000 for number in range(12)})
    with pytest.raises(TooLarge):
        read(data)


def test_too_many_entries_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_ENTRIES", 10)
    with pytest.raises(TooLarge):
        read(packed({f"{number}.txt": b"" for number in range(11)}))


def test_a066_names_lead_nowhere(client: FlaskClient, tmp_path: Any) -> None:
    before = sorted(tmp_path.rglob("*"))
    data = packed({"../../../../tmp/evil.json": CHAT, "/etc/passwd.json": b"[]", "C:\\x.json": b"[]"})
    assert client.post(f"{API}/imports", data=data, content_type="application/zip").status_code == 200
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("cut", [4, 30, 60, -30, -1])
def test_a_broken_archive_is_unreadable_or_unknown(client: FlaskClient, cut: int) -> None:
    status, code = refusal(client, packed({"chats.json": CHAT})[:cut])
    assert (status, code) in ((400, "import_unreadable"), (400, "import_unknown"))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a067_a_method_that_unpacks_without_measure_is_refused(client: FlaskClient, method: int) -> None:
    """A few hundred bytes of bzip2 become gigabytes in one step, before anybody could count them."""
    data = bytearray(packed({"chats.json": CHAT}, method))
    assert refusal(client, bytes(data)) == (400, "import_unreadable")
    start = data.index(b"chats.json") + len("chats.json")
    data[start : start + 40] = b"\xff" * 40
    assert refusal(client, bytes(data)) == (400, "import_unreadable")


@pytest.mark.parametrize("place", [1 << 31, (1 << 63) - 1, 1 << 63, (1 << 64) - 1])
def test_a_directory_that_points_beyond_all_numbers_is_unreadable(client: FlaskClient, place: int) -> None:
    data = packed({"chats.json": CHAT})
    start, end = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    entry = bytearray(data[start:end] + struct.pack("<HHQ", 1, 8, place))  # its place, in the field for large archives
    entry[30:32], entry[42:46] = struct.pack("<H", 12), b"\xff" * 4
    tail = bytearray(data[end:])
    tail[12:16] = struct.pack("<I", len(entry))
    assert refusal(client, data[:start] + bytes(entry + tail)) == (400, "import_unreadable")


def test_an_archive_inside_an_archive_stays_packed(client: FlaskClient) -> None:
    assert refusal(client, packed({"inner.zip": packed({"chats.json": CHAT}), "inner.json": packed({"x": CHAT})})) == (
        400,
        "import_unknown",
    )


def test_a_locked_archive_is_unreadable() -> None:
    data = bytearray(packed({"chats.json": CHAT}))
    for sign, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(sign) + offset] |= 1  # "encrypted"
    with pytest.raises(Unreadable):
        read(bytes(data))


def test_a013_an_archive_is_taken_only_where_chats_are_brought_in(app: Flask, client: FlaskClient) -> None:
    takes = set()
    for rule in app.url_map.iter_rules():
        if "POST" in (rule.methods or ()):
            path = rule.rule.replace("<", "").replace(">", "").replace("path:", "")
            if client.post(path, data=packed({}), content_type="application/zip").status_code != 415:
                takes.add(rule.endpoint)
    assert takes == {"transfer.preview", "transfer.bring"}


def test_a011_another_site_cannot_bring_anything(client: FlaskClient) -> None:
    response = client.post(f"{API}/imports", data=CHAT, content_type="application/json", headers={"Sec-Fetch-Site": "cross-site"})
    assert response.status_code == 403
