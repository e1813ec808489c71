"""The HTTP server as the network meets it: real sockets, live responses, hostile requests, deadlines, a quiet end."""

from __future__ import annotations

import gc
import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Any

import pytest
from flask import Flask, Response

from server import edge, readers
from server.context import Services
from server.conversations import Ask, Ended
from server.edge import HttpServer
from server.generation import runner
from server.generation.log import read_entries
from tests.fakes import SCRIPTS, WORDS, Scripted
from tests.server.conftest import question, read_events

API = "/backend-api/v2"
POST = "POST /health HTTP/1.1"
CHUNKED = "Transfer-Encoding: chunked"
EMPTY = b"0\r\n\r\n"  # a chunked body without a chunk


@pytest.fixture
def server(app: Flask, services: Services) -> Iterator[HttpServer]:
    server = HttpServer(app, services.loop, services.settings, services.auth.is_stranger)
    thread = threading.Thread(target=server.run)
    thread.start()
    yield server
    server.close()
    thread.join()
    server.shutdown()


@contextmanager
def connection(server: HttpServer) -> Iterator[http.client.HTTPConnection]:
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)) as connection:
        yield connection


def post(connection: http.client.HTTPConnection, path: str, body: Any) -> http.client.HTTPResponse:
    connection.request("POST", API + path, json.dumps(body), {"Content-Type": "application/json"})
    return connection.getresponse()


def raw(server: HttpServer, data: bytes) -> bytes:
    """Everything the server says to these bytes until it closes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as sock:
        sock.sendall(data)
        received = b""
        while piece := sock.recv(65536):
            received += piece
        return received


def request(line: str, *headers: str, body: bytes = b"") -> bytes:
    """A request as bytes; ``headers`` come after a proper Host."""
    return "\r\n".join([line, "Host: localhost", *headers, "", ""]).encode() + body


def get(path: str = "/health", *lines: str, version: str = "1.1") -> bytes:
    return "\r\n".join([f"GET {path} HTTP/{version}", *(lines or ("Host: localhost", "Connection: close")), "", ""]).encode()


def test_a_live_answer_comes_whole_over_a_real_connection(server: HttpServer) -> None:
    with connection(server) as client:
        response = post(client, "/conversation", question("пиши долго"))
        assert response.status == 200
        assert response.getheader("Content-Type") == "text/event-stream; charset=utf-8"
        assert response.getheader("X-Accel-Buffering") == "no"
        assert response.getheader("Content-Security-Policy")
        events, ids = read_events(response.read())
    assert "".join(event["text"] for event in events if event["type"] == "text") == "".join(WORDS)
    assert ids == list(range(1, len(ids) + 1))


def test_an_old_client_gets_a_body_that_ends_with_the_connection(server: HttpServer) -> None:
    body = json.dumps(question("Привет", format="text")).encode()
    length = f"Content-Length: {len(body)}"
    answer = raw(server, request(f"POST {API}/conversation HTTP/1.0", "Content-Type: application/json", length, body=body))
    head_, _, text = answer.partition(b"\r\n\r\n")
    assert text.decode() == "Привет! Как дела?"
    assert b"chunked" not in head_.lower()


def test_an_error_before_the_first_word_is_a_real_status_on_the_loop_too(server: HttpServer) -> None:
    with connection(server) as client:
        response = post(client, "/conversation", question("тут предел", format="text"))
        assert response.status == 429
        assert json.loads(response.read())["code"] == "rate_limited"


def test_a_head_request_for_a_stream_gets_a_head_and_nothing_else(server: HttpServer) -> None:
    with connection(server) as client:
        answer = read_first(post(client, "/conversation", question("Привет")))["answer"]
    for version in ("1.0", "1.1"):
        said = raw(server, get(f"{API}/answers/{answer}/events", version=version).replace(b"GET", b"HEAD", 1))
        head_, _, body = said.partition(b"\r\n\r\n")
        assert head_.startswith(f"HTTP/{version} 200 OK".encode())
        assert b"text/event-stream" in head_
        assert b"Content-Length" not in head_
        assert body == b""


def test_a_reader_costs_no_thread(server: HttpServer, services: Services) -> None:
    before = threading.active_count()
    with connection(server) as first:
        answer = read_first(post(first, "/conversation", question("пиши бесконечно")))["answer"]
        followers = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(services.settings.threads * 3)]
        for follower in followers:
            follower.sendall(get(f"{API}/answers/{answer}/events?after=0", "Host: localhost"))
        for follower in followers:
            assert follower.recv(4096).startswith(b"HTTP/1.1 200")
        assert threading.active_count() <= before + 4  # readers of the database, a fixed handful
        with connection(server) as other:
            other.request("GET", "/health")
            assert other.getresponse().status == 200
        with connection(server) as other:
            assert json.loads(post(other, f"/answers/{answer}/stop", {}).read()) == {"state": "stopped"}
        for follower in followers:
            follower.close()


def read_first(response: http.client.HTTPResponse) -> dict[str, Any]:
    """The first event of a stream that goes on."""
    data = b""
    while b"data: " not in data or not data.endswith(b"\n\n"):
        data += response.read1(65536)
    event: dict[str, Any] = read_events(data)[0][0]
    return event


def test_whether_the_server_lives_is_told_while_every_thread_is_busy(
    app: Flask, server: HttpServer, services: Services
) -> None:
    held = threading.Event()
    app.add_url_rule("/held", view_func=lambda: str(held.wait(30)))
    waiting = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(services.settings.threads * 2)]
    for sock in waiting:
        sock.sendall(get("/held"))
    try:
        with connection(server) as client:
            client.request("GET", "/health")
            assert client.getresponse().status == 200
    finally:
        held.set()
        for sock in waiting:
            while sock.recv(4096):
                pass
            sock.close()


def test_a_reader_that_leaves_does_not_stop_the_answer(server: HttpServer) -> None:
    with connection(server) as client:
        answer = read_first(post(client, "/conversation", question("пиши долго")))["answer"]
    with connection(server) as client:
        client.request("GET", f"{API}/answers/{answer}/events?after=1")
        events, _ = read_events(client.getresponse().read())
    assert events[-1]["state"] == "complete"
    assert "".join(event["text"] for event in events if event["type"] == "text") == "".join(WORDS)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """All that one reader has not taken may wait for it in memory."""
    monkeypatch.setattr(readers, "WRITE_AHEAD", 1 << 30)


@pytest.fixture
def flood(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A question that is answered with 12 MB."""
    huge = "x" * 200_000

    async def speak() -> Any:
        from g4f.chat import Finished, Text

        for _ in range(60):
            yield Text(huge)
        yield Finished()

    monkeypatch.setitem(SCRIPTS, "поток", speak)
    return question("поток")


@pytest.fixture
def deaf(server: HttpServer, flood: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """Somebody who has asked for it and takes nothing."""
    monkeypatch.setattr(readers, "NO_PROGRESS_SECONDS", 0.3)
    with socket.create_connection(("127.0.0.1", server.port)) as sock:
        body = json.dumps(flood).encode()
        length = f"Content-Length: {len(body)}"
        sock.sendall(request(f"POST {API}/conversation HTTP/1.1", "Content-Type: application/json", length, body=body))
        yield sock


def wait_until_it_came_and_went(server: HttpServer) -> None:
    deadline = time.monotonic() + 30
    for there in (True, False):
        while bool(server.readers._all) is not there:
            assert time.monotonic() < deadline, "the slow reader is still there" if there is False else "nobody reads"
            time.sleep(0.01)


def test_a_reader_that_takes_nothing_is_let_go(server: HttpServer, deaf: socket.socket) -> None:
    wait_until_it_came_and_went(server)
    with pytest.raises(ConnectionResetError):  # it is told, although it never made room for an ordinary end
        drain(deaf)


def test_a_reader_that_does_not_take_the_end_is_let_go(server: HttpServer, patient: None, deaf: socket.socket) -> None:
    """Its answer is whole and waits for it in memory; nothing more is to be written."""
    wait_until_it_came_and_went(server)
    time.sleep(1)
    with pytest.raises(ConnectionResetError):
        drain(deaf)


def test_a_reader_that_takes_nothing_makes_the_server_read_little(
    server: HttpServer, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system itself would take megabytes for it, and each of them has to be read from the database and put into events."""
    answer = services.conversations.ask("owner", Ask("", "Вопрос", "m", "p")).answer_id
    rows = [(answer, seq, "text", "x" * 20_000) for seq in range(2, 500)]
    services.store.append(rows, [(answer, Ended("stopped"), 1.0)]).result()
    read = 0

    async def counting(*arguments: Any) -> Any:
        nonlocal read
        entries = await read_entries(*arguments)
        read += sum(len(entry.frame) for entry in entries)
        return entries

    monkeypatch.setattr(runner, "read_entries", counting)
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.connect(("127.0.0.1", server.port))
        sock.sendall(get(f"{API}/answers/{answer}/events", "Host: localhost"))
        before = -1
        while not read or read > before:
            before = read
            time.sleep(0.5)
    assert read < 1_000_000


def test_a_slow_reader_gets_everything_however_long_it_takes(
    server: HttpServer, patient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Far longer than one who takes nothing is waited for: while it is written, and when all that is left is to be taken."""

    async def speak() -> Any:
        from g4f.chat import Finished, Text

        yield Text("y" * 1_500_000)
        yield Finished()

    monkeypatch.setitem(SCRIPTS, "много", speak)
    monkeypatch.setattr(readers, "NO_PROGRESS_SECONDS", 0.3)
    body = json.dumps(question("много")).encode()
    with socket.socket() as sock:
        sock.settimeout(20)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
        sock.connect(("127.0.0.1", server.port))
        headers = ("Content-Type: application/json", f"Content-Length: {len(body)}")
        sock.sendall(request(f"POST {API}/conversation HTTP/1.1", *headers, body=body))
        received = b""
        while piece := sock.recv(32 * 1024):
            received += piece
            time.sleep(0.04)
    assert received.count(b"y" * 1000) >= 1400
    assert b'"type":"finished"' in received


@pytest.fixture
def deaf_crowd(app: Flask, server: HttpServer, services: Services) -> Iterator[Callable[[bytes], list[socket.socket]]]:
    """As many as the server has threads send these bytes and take nothing of what ``/ready`` says to them: 20 MB, in pieces."""
    app.view_functions["health.ready"] = lambda: Response(bytes(200_000) for _ in range(100))
    with ExitStack() as crowd:

        def gather(asked: bytes) -> list[socket.socket]:
            deaf = [
                crowd.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=20))
                for _ in range(services.settings.threads)
            ]
            for sock in deaf:
                sock.sendall(asked)
            return deaf

        yield gather


def test_those_who_take_nothing_of_an_ordinary_response_hold_no_thread(
    server: HttpServer, deaf_crowd: Callable[[bytes], list[socket.socket]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge, "NO_PROGRESS_SECONDS", 0.3)
    monkeypatch.setattr(edge, "SWEEP_SECONDS", 0.05)
    deaf = deaf_crowd(get("/ready", "Host: localhost"))
    assert b" 200 " in raw(server, get(f"{API}/version", "Host: localhost", "Connection: close"))
    for sock in deaf:
        with pytest.raises(ConnectionResetError):  # they are told
            drain(sock)


def test_those_who_ask_twice_and_take_nothing_hold_no_thread(
    app: Flask, server: HttpServer, deaf_crowd: Callable[[bytes], list[socket.socket]]
) -> None:
    """The second request would wait in a thread until the first response is taken."""
    app.view_functions["health.ready"] = lambda: bytes(20_000_000)
    deaf = deaf_crowd(get("/ready", "Host: localhost") * 2)
    assert b" 200 " in raw(server, get(f"{API}/version", "Host: localhost", "Connection: close"))
    received = 0
    while received < 20_000_000:  # the first response comes whole, whatever becomes of the second request
        received += len(deaf[0].recv(1 << 20))


def drain(sock: socket.socket) -> None:
    while sock.recv(1 << 20):
        pass


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(request(POST, "Content-Length: 5", CHUNKED, body=EMPTY), id="CL+TE"),
        pytest.param(request(POST, "Content-Length: 5", "Content-Length: 5", body=b"hello"), id="CL twice"),
        pytest.param(request(POST, "Content-Length: 5", "Content-Length: 6", body=b"hello"), id="two CL"),
        pytest.param(request(POST, "Content-Length: +5", body=b"hello"), id="CL +5"),
        pytest.param(request(POST, "Content-Length: 5,5", body=b"hello"), id="CL 5,5"),
        pytest.param(request(POST, "Content-Length: 0x5", body=b"hello"), id="CL hex"),
        pytest.param(request(POST, CHUNKED, CHUNKED, body=EMPTY), id="TE twice"),
        pytest.param(request(POST, "Transfer-Encoding: xchunked", body=EMPTY), id="xchunked"),
        pytest.param(request(POST, "Transfer-Encoding: chunked, identity", body=EMPTY), id="TE list"),
        pytest.param(request("POST /health HTTP/1.0", CHUNKED, body=EMPTY), id="TE in 1.0"),
        pytest.param(request(POST, CHUNKED, body=b"-5\r\nhello\r\n0\r\n\r\n"), id="negative chunk"),
        pytest.param(request("GET /health HTTP/1.1", " folded: x"), id="obs-fold"),
        pytest.param(b"GET /health HTTP/1.1\r\nHost : localhost\r\n\r\n", id="space before colon"),
        pytest.param(request("GET /health HTTP/1.1", "X-A: a\x00b"), id="NUL"),
        pytest.param(request("GET /health HTTP/1.1", "X-A: a\rb"), id="CR in a value"),
        pytest.param(b"GET /health HTTP/1.1\r\n\r\n", id="no Host"),
        pytest.param(b"GET /health HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", id="Host twice"),
        pytest.param(b"GET http://evil.test/health HTTP/1.1\r\nHost: localhost\r\n\r\n", id="absolute form"),
        pytest.param(b"GET /health HTTP/1.1\r\nHost: localhost\r\n" + b"X-A: b\r\n" * 10_000 + b"\r\n", id="10,000 headers"),
        pytest.param(b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-A: " + b"a" * 300_000 + b"\r\n\r\n", id="300 KB header"),
        pytest.param(b"GET /health\r\n\r\n", id="HTTP/0.9"),
        pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", id="HTTP/2 preface"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", id="TLS hello"),
        pytest.param(b"get /health HTTP/1.1\r\nHost: localhost\r\n\r\n", id="lower-case method"),
    ],
)
def test_a082_a_request_that_can_be_understood_in_two_ways_is_refused_and_the_connection_closed(
    server: HttpServer, data: bytes
) -> None:
    try:
        answer = raw(server, data + get("/backend-api/v2/version"))
    except ConnectionResetError:  # closed while we were still sending: refused all the same
        return
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.split()[1] in (b"400", b"431", b"501", b"413"), head
    assert answer.count(b"HTTP/1.") == 1, "a second answer to a smuggled request"
    assert b"version" not in body
    assert b"Content-Security-Policy" in head
    assert json.loads(body)["error"]["code"]


def test_a_bare_line_feed_never_makes_a_second_request(server: HttpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge, "HEADER_SECONDS", 0.2)
    monkeypatch.setattr(edge, "SWEEP_SECONDS", 0.05)
    answer = raw(server, b"GET /health HTTP/1.1\nHost: localhost\n\n")
    assert b" 200 " not in answer


def test_a_thousand_pipelined_requests_are_answered_in_order(server: HttpServer) -> None:
    one = get("/health", "Host: localhost")
    answer = raw(server, one * 999 + get())
    assert answer.count(b"HTTP/1.1 200 OK") == 1000


def test_a081_slow_and_idle_connections_are_closed(server: HttpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HEADER_SECONDS", "BODY_GRACE_SECONDS", "IDLE_SECONDS"):
        monkeypatch.setattr(edge, name, 0.3)
    monkeypatch.setattr(edge, "SWEEP_SECONDS", 0.05)
    half = request(f"POST {API}/conversation HTTP/1.1", "Content-Length: 500", body=b"x")
    beginnings = (b"", b"GET /health HT", half)
    for beginning in beginnings:
        assert b" 200 " not in raw(server, beginning)


def test_a_stranger_cannot_send_a_large_body(server: HttpServer, services: Services) -> None:
    services.auth.set_password("длинный пароль владельца")
    head = request(f"POST {API}/conversation HTTP/1.1", "Content-Type: application/json", "Content-Length: 200000")
    assert raw(server, head).split()[1] == b"413"
    other = head.replace(b"Content-Type", b"Cookie: language=ru\r\nContent-Type")
    assert raw(server, other).split()[1] == b"413", "a cookie of any kind does not make anybody an owner"


def test_a027_an_open_stream_ends_when_its_session_does(
    server: HttpServer, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.auth.set_password("длинный пароль владельца")
    with connection(server) as client:
        client.request(
            "POST", f"{API}/auth/login", json.dumps({"password": "длинный пароль владельца"}), {"Content-Type": "application/json"}
        )
        login = client.getresponse()
        login.read()
        cookie = str(login.getheader("Set-Cookie")).split(";")[0]
    with connection(server) as client:
        headers = {"Content-Type": "application/json", "Cookie": cookie}
        client.request("POST", f"{API}/conversation", json.dumps(question("пиши бесконечно")), headers)
        response = client.getresponse()
        answer = read_first(response)["answer"]
        services.auth.logout_everywhere()
        rest = response.read()
        assert rest.endswith(b'data: {"type":"signed_out"}\n\n')
    assert services.runner.stop("owner", answer) == "stopped", "the answer itself went on"


def test_no_connection_and_no_thread_is_left_after_many_answers(server: HttpServer) -> None:
    Scripted.requests.clear()
    for _ in range(60):
        with connection(server) as client:
            events, _ = read_events(post(client, "/conversation", question("Привет")).read())
            assert events[-1]["type"] == "finished"
    deadline = time.monotonic() + 5
    while server.readers._all and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not server.readers._all


def test_a_running_answer_keeps_nothing_of_its_request(server: HttpServer) -> None:
    """Also not until somebody searches for garbage: that happens seldom."""
    gc.collect()
    gc.disable()
    try:
        with connection(server) as asking:
            read_first(post(asking, "/conversation", question("пиши бесконечно")))
            deadline = time.monotonic() + 10
            while any(isinstance(each, edge.Task) for each in gc.get_objects()):
                assert time.monotonic() < deadline
                time.sleep(0.02)
    finally:
        gc.enable()
