"""The files of deploy/ do what docs/deploy.md promises: behind a real nginx and a real Caddy, under the unit's hardening."""

from __future__ import annotations

import http.client
import http.server
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urljoin

import pytest

from server.settings import PROVIDER_VARIABLES, SETTINGS

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
NAME = "chat.example.org"
PASSWORD = "лошадь степь чайник вокзал"
API = "/backend-api/v2"
LEAST_HARDENING = 20  # of systemd's 100, where 0 is the safest
MDWE = (
    "import ctypes; ctypes.CDLL(None).prctl(65, 1, 0, 0, 0); " if sys.platform == "linux" else ""
)  # the unit's MemoryDenyWriteExecute
SERVE = (
    "import os, sys; from pathlib import Path; from server.settings import load; from server.serve import main; "
    + MDWE
    + "sys.exit(main(load(Path(sys.argv[1]), os.environ)))"
)

pytestmark = pytest.mark.timeout(180)


def tool(name: str) -> str:
    """The program's path. Where it is not installed the test is skipped, but not in CI."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/bin")
    if not found:
        assert not os.environ.get("REQUIRE_PROXIES"), f"{name} is not installed"
        pytest.skip(f"{name} is not installed")
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for_port(port: int, process: subprocess.Popen[str]) -> None:
    while process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        threading.Event().wait(0.02)
    assert process.stdout is not None
    pytest.fail(process.stdout.read())


# --- a model that says one word and waits ----------------------------------------------------------------------------------------


class Model(http.server.BaseHTTPRequestHandler):
    """An OpenAI-compatible server. Its second word comes only when somebody has read the first."""

    first_was_read = threading.Event()

    def do_GET(self) -> None:
        body = json.dumps({"data": [{"id": "slow"}]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.say({"content": "первое"})
        self.first_was_read.wait(60)
        self.say({"content": " второе"})
        self.say({}, "stop")
        self.wfile.write(b"data: [DONE]\n\n")

    def say(self, delta: dict[str, str], reason: str | None = None) -> None:
        chunk = {"id": "1", "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}
        self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
        self.wfile.flush()

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


@pytest.fixture(scope="module")
def model() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Model)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    Model.first_was_read.set()
    server.shutdown()
    thread.join()
    server.server_close()


# --- the chat, and what stands in front of it ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def chat(model: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The server as the unit starts it: a name of its own, a proxy in front, a password in a file. The port it listens on."""
    folder = tmp_path_factory.mktemp("chat")
    (folder / "owner_password").write_text(PASSWORD + "\n", encoding="utf-8")
    (folder / "config.json").write_text(json.dumps({"endpoints": [{"name": "Model", "base_url": model, "models": ["slow"]}]}))
    port = free_port()
    ours = {variable.env for variable in PROVIDER_VARIABLES} | {row.env for row in SETTINGS}
    environment = {name: value for name, value in os.environ.items() if name not in ours}
    environment.update(
        PORT=str(port),
        DATA_DIR=str(folder / "data"),
        OWNER_PASSWORD_FILE=str(folder / "owner_password"),
        ALLOWED_HOSTS=NAME,
        TRUSTED_PROXIES="127.0.0.1",
        FREEGPT_OPEN_BROWSER="no",
        FREEGPT_DISCOVERY="no",
    )
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, folder / "config.json"],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8",
    )  # fmt: skip
    with process:
        wait_for_port(port, process)
        yield port
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output
    assert PASSWORD not in output


class Front(NamedTuple):
    """A way in: the port of a proxy, the name to ask for, and the certificate to believe, if it speaks https."""

    port: int
    host: str
    certificate: Path | None

    def connect(self) -> http.client.HTTPConnection:
        if self.certificate is None:
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection = http.client.HTTPSConnection(self.host, self.port, timeout=60)
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        connection.sock = ssl.create_default_context(cafile=self.certificate).wrap_socket(plain, server_hostname=self.host)
        return connection

    @property
    def origin(self) -> str:
        return f"{'https' if self.certificate else 'http'}://{self.host}:{self.port}"

    @contextmanager
    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Iterator[http.client.HTTPResponse]:
        raw = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        kind = {"Content-Type": "application/json"} if raw else {}
        with closing(self.connect()) as connection:
            connection.request(method, path, raw, {"Host": f"{self.host}:{self.port}", **kind, **headers})
            with connection.getresponse() as response:
                yield response

    def status(self, *arguments: Any, **headers: str) -> int:
        with self.ask(*arguments, **headers) as response:
            response.read()
            return response.status


class Nginx(NamedTuple):
    """The ways in through nginx: as intended, by plain http, and under a path of another site."""

    secure: Front
    plain: Front
    beside: Front


def documented_sub_path(chat: int) -> str:
    """The block of docs/deploy.md that puts the chat under /ai/ of another site."""
    block = re.search(r"^```nginx\n(.*?)^```", (ROOT / "docs/deploy.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert block
    assert "127.0.0.1:1338" in block[1]
    return block[1].replace("127.0.0.1:1338", f"127.0.0.1:{chat}")


@pytest.fixture(scope="module")
def nginx(chat: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    """nginx with deploy/nginx.conf as it is, but for ports and the places of the certificate."""
    program = tool("nginx")
    folder = tmp_path_factory.mktemp("nginx")
    certificate, key = folder / "fullchain.pem", folder / "privkey.pem"
    subject = ["-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"]
    options = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", *subject]
    subprocess.run([tool("openssl"), "req", *options, "-out", certificate, "-keyout", key], check=True, capture_output=True)
    plain, secure, sub_path = free_port(), free_port(), free_port()
    snippet = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    snippet = re.sub(r"^\s*listen \[::\].*\n", "", snippet, flags=re.MULTILINE)  # the machine may have no IPv6
    for written, meant in {
        "127.0.0.1:1338": f"127.0.0.1:{chat}",
        "listen 80;": f"listen 127.0.0.1:{plain};",
        "listen 443 ": f"listen 127.0.0.1:{secure} ",
        f"/etc/letsencrypt/live/{NAME}/fullchain.pem": str(certificate),
        f"/etc/letsencrypt/live/{NAME}/privkey.pem": str(key),
    }.items():
        assert written in snippet, written
        snippet = snippet.replace(written, meant)
    (folder / "freegpt.conf").write_text(snippet, encoding="utf-8")
    folders = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    user = "user root;" if os.name != "nt" and os.geteuid() == 0 else ""
    beside = f"server {{ listen 127.0.0.1:{sub_path};\n{documented_sub_path(chat)} }}"
    (folder / "nginx.conf").write_text(
        f"daemon off; {user} worker_processes 1; pid {folder}/pid; error_log stderr warn;\n"
        f"events {{}}\nhttp {{ access_log off;\n{folders}include {folder}/freegpt.conf;\n{beside} }}\n"
    )
    with start(program, "-p", folder, "-c", folder / "nginx.conf", "-e", "stderr") as process:
        wait_for_port(secure, process)
        yield Nginx(Front(secure, NAME, certificate), Front(plain, NAME, None), Front(sub_path, "127.0.0.1", None))
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=60)
    assert "[warn]" not in output, output


@pytest.fixture(scope="module")
def caddy(chat: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """Caddy with deploy/Caddyfile as it is, in plain http: a certificate would have to come from outside."""
    program = tool("caddy")
    folder = tmp_path_factory.mktemp("caddy")
    port = free_port()
    places = {"DOMAIN": f"http://127.0.0.1:{port}", "UPSTREAM": f"127.0.0.1:{chat}", "CADDY_ADMIN": f"127.0.0.1:{free_port()}"}
    environment = {**os.environ, **places, "HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with start(program, "run", "--adapter", "caddyfile", "--config", DEPLOY / "Caddyfile", environment=environment) as process:
        wait_for_port(port, process)
        yield Front(port, "127.0.0.1", None)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


def start(*command: str | Path, environment: dict[str, str] | None = None) -> subprocess.Popen[str]:
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8")


@pytest.fixture(params=["nginx", "caddy"])
def front(request: pytest.FixtureRequest) -> Front:
    found: Nginx | Front = request.getfixturevalue(request.param)
    return found.secure if isinstance(found, Nginx) else found


@pytest.fixture
def session(front: Front) -> dict[str, str]:
    return log_in(front)


def log_in(front: Front, prefix: str = "") -> dict[str, str]:
    """The headers of a browser that has logged in through the proxy."""
    with front.ask("POST", f"{prefix}{API}/auth/login", {"password": PASSWORD}, Origin=front.origin) as response:
        assert response.status == 204, response.read()
        cookie = response.headers["Set-Cookie"]
    assert cookie.startswith("__Host-") == (front.certificate is not None)
    return {"Cookie": cookie.split(";")[0], "Origin": front.origin}


# --- behind a proxy --------------------------------------------------------------------------------------------------------------


def test_behind_a_proxy_only_the_owner_comes_in(front: Front, session: dict[str, str]) -> None:
    assert front.status("GET", "/health") == 200
    assert front.status("GET", f"{API}/conversations") == 401
    assert front.status("GET", f"{API}/conversations", **session) == 200


def test_behind_a_proxy_an_answer_comes_word_by_word(front: Front, session: dict[str, str]) -> None:
    Model.first_was_read.clear()
    question = {
        "conversation_id": os.urandom(8).hex(), "action": "_ask", "model": "slow", "provider": "Model", "format": "events",
        "meta": {"id": os.urandom(8).hex(), "content": {"conversation": [], "parts": [{"role": "user", "content": "Скажи"}]}},
    }  # fmt: skip
    text = ""
    with front.ask("POST", f"{API}/conversation", question, **session) as response:
        assert response.status == 200, response.read()
        for line in response:  # the second word is not even said before the first has come through
            event = json.loads(line[5:]) if line.startswith(b"data:") else {}
            text += event.get("text", "")
            if text:
                Model.first_was_read.set()
    assert text == "первое второе"


def test_behind_a_proxy_another_site_changes_nothing(front: Front, session: dict[str, str]) -> None:
    foreign = {**session, "Origin": "https://evil.test"}
    assert front.status("POST", f"{API}/auth/logout", {"everywhere": True}, **foreign) == 403
    assert front.status("GET", f"{API}/conversations", **session) == 200


def test_behind_a_proxy_a_foreign_name_is_not_served(front: Front) -> None:
    with front.ask("GET", "/login", Host="evil.test") as response:
        assert b"<html" not in response.read()
        assert "Set-Cookie" not in response.headers


def test_behind_a_proxy_a_huge_body_is_refused(front: Front, session: dict[str, str]) -> None:
    try:
        assert front.status("POST", f"{API}/conversation", b" " * (11 << 20), **session) == 413
    except (BrokenPipeError, ConnectionResetError):
        pass  # it answered and closed while we were still sending


def test_nginx_leads_from_http_to_https(nginx: Nginx) -> None:
    with nginx.plain.ask("GET", "/chat/x?y", Host=NAME) as response:
        assert (response.status, response.headers["Location"]) == (301, f"https://{NAME}/chat/x?y")


def test_the_chat_lives_under_a_path_of_another_site(nginx: Nginx) -> None:
    site = nginx.beside
    with site.ask("GET", "/ai/") as response:
        assert (response.status, urljoin("/ai/", response.headers["Location"])) == (303, "/ai/login")
    session = log_in(site, "/ai")
    with site.ask("GET", "/ai/chat/", **session) as response:
        page = response.read().decode()
    named = {urljoin("/ai/chat/", address) for address in re.findall(r'(?:href|src)="([^"]+)"', page)}
    data = {each for each in named if API in each}
    assert len(named - data) > 5
    assert {site.status("GET", each) for each in named - data} == {200}
    assert {site.status("GET", each, **session) for each in data} == {200}
    assert site.status("GET", f"/ai{API}/conversations", **session) == 200


# --- the unit, the image, the page that describes them ----------------------------------------------------------------------------


def test_the_unit_is_understood_and_hardened(tmp_path: Path) -> None:
    program = tool("systemd-analyze")
    unit = (DEPLOY / "freegpt.service").read_text(encoding="utf-8")
    here = tmp_path / "freegpt.service"
    here.write_text(
        unit.replace("/opt/freegpt/.venv/bin/python", "/bin/sh").replace(
            "WorkingDirectory=/opt/freegpt", f"WorkingDirectory={ROOT}"
        )
    )
    verified = subprocess.run([program, "verify", here], capture_output=True, text=True, check=False)
    assert (verified.returncode, [line for line in verified.stderr.splitlines() if "freegpt" in line]) == (0, [])
    checked = subprocess.run(
        [program, "security", "--offline=true", f"--threshold={LEAST_HARDENING}", "--no-pager", here],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout.splitlines()[-1]


def test_the_image_is_healthy_exactly_while_the_chat_is(chat: int) -> None:
    dockerfile = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    command = json.loads(re.search(r"HEALTHCHECK[^[]*(\[.*\])", dockerfile)[1])  # type: ignore[index]
    assert command[0] == "/app/.venv/bin/python"
    for port, status in ((chat, 0), (free_port(), 1)):
        environment = {**os.environ, "PORT": str(port)}
        assert (
            subprocess.run([sys.executable, *command[1:]], env=environment, capture_output=True, check=False).returncode == status
        )


def test_the_image_takes_files_that_exist_and_leaves_out_no_room() -> None:
    dockerfile = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    for line in re.findall(r"^COPY (?!--)(.+) \S+$", dockerfile, re.MULTILINE):
        assert all((ROOT / name).exists() for name in line.split()), line
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").split()
    assert not {"g4f", "server", "client", "docs", "run.py"} & set(ignored)
    assert {".git", ".venv", "config.json", "deploy"} <= set(ignored)


def test_the_unit_and_the_files_of_docker_name_settings_that_exist() -> None:
    known = (
        {row.env for row in SETTINGS}
        | {f"{row.env}_FILE" for row in SETTINGS if row.secret}
        | {"PYTHONDONTWRITEBYTECODE", "DOMAIN"}
    )
    unit, image, compose = (
        (DEPLOY / name).read_text(encoding="utf-8") for name in ("freegpt.service", "Dockerfile", "compose.yaml")
    )
    named = re.findall(r"(\w+)=", " ".join(re.findall(r"^(?:ENV|Environment=)(.+)$", unit + image, re.MULTILINE)))
    named += re.findall(r"^      ([A-Z_]+):", compose, re.MULTILINE)
    assert len(named) > 8
    assert set(named) <= known


def test_stopping_waits_longer_than_the_server_needs() -> None:
    grace = next(row.default for row in SETTINGS if row.name == "stop_grace_seconds")
    for name, pattern in (("freegpt.service", r"TimeoutStopSec=(\d+)"), ("compose.yaml", r"stop_grace_period: (\d+)s")):
        found = re.search(pattern, (DEPLOY / name).read_text(encoding="utf-8"))
        assert found
        assert int(found[1]) > grace
