"""An application with a scripted provider, on a data folder of its own."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient

from server import running_app
from server.context import KEY, Services
from server.generation.loop import LoopThread
from server.settings import Settings, load
from tests.fakes import Keyed, Scripted

PROVIDERS = {"Scripted": Scripted, "Keyed": Keyed}


@pytest.fixture
def loop() -> Iterator[LoopThread]:
    loop = LoopThread()
    yield loop
    loop.close()


@pytest.fixture(autouse=True)
def no_thread_is_left_behind() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        thread.join(2)
        assert not thread.is_alive(), f"{thread.name} is still running"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    quiet = {"open_browser": False, "discovery": False, "titles": "words"}
    arguments: dict[str, Any] = {"data_dir": str(tmp_path / "data"), "port": 0, **quiet}
    return load(tmp_path / "config.json", {}, arguments)


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    Scripted.requests.clear()
    Scripted.closed.clear()
    with running_app(settings, PROVIDERS) as app:
        services: Services = app.extensions[KEY]
        services.loop.run(services.catalog.refresh())
        yield app


@pytest.fixture
def services(app: Flask) -> Services:
    found: Services = app.extensions[KEY]
    return found


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@dataclass
class Reply:
    """A stream of events that was read to its end."""

    status: int
    events: list[dict[str, Any]]
    ids: list[int]

    @property
    def text(self) -> str:
        return "".join(event["text"] for event in self.events if event["type"] == "text")

    @property
    def answer(self) -> str:
        return str(self.events[0]["answer"])

    @property
    def conversation(self) -> str:
        return str(self.events[0]["conversation"])


def question(text: str, **fields: Any) -> dict[str, Any]:
    body = {"format": "events", "model": "scripted", "meta": {"id": str(uuid4()), "content": {"parts": [{"content": text}]}}}
    return body | fields


def read_events(data: bytes) -> tuple[list[dict[str, Any]], list[int]]:
    events, ids = [], []
    for block in data.decode().split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line and not line.startswith(":"))
        if "data" in lines:
            events.append(json.loads(lines["data"]))
            ids.append(int(lines["id"]))
    return events, ids


Ask = Callable[..., Reply]


@pytest.fixture
def ask(client: FlaskClient) -> Ask:
    def ask(text: str, **fields: Any) -> Reply:
        response = client.post("/backend-api/v2/conversation", json=question(text, **fields))
        return Reply(response.status_code, *read_events(response.data))

    return ask
