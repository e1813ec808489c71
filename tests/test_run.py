"""Set-up, as a newcomer meets it: real runs of run.py in folders with spaces and Cyrillic letters.

Most runs install a package of a few bytes, made here, so that they need no network; the last ones install the product itself.
"""

from __future__ import annotations

import ast
import base64
import contextlib
import gzip
import hashlib
import http.server
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import threading
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import run

ROOT = Path(__file__).parents[1]
BASE_PYTHON = Path(getattr(sys, "_base_executable", sys.executable))
LARGEST_INSTALLATION = 130 * 1000 * 1000  # bytes, .venv and client together
SERVED = "import json, sys\ndef main(settings):\n    print(json.dumps([settings, sys.prefix]), flush=True)\n    return 7\n"
SETTINGS = (
    "Settings = dict\nclass SettingsError(Exception):\n    pass\ndef load(config, environ, arguments):\n    return arguments\n"
)

pytestmark = pytest.mark.timeout(300)


class Place(NamedTuple):
    """A checkout in a folder of its own, and the environment to run it in."""

    root: Path
    environment: dict[str, str]

    def run(self, *arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
        with self.start(*arguments, **extra) as process:
            output, _ = process.communicate(timeout=240)
        return subprocess.CompletedProcess(process.args, process.returncode, output)

    def start(self, *arguments: str, **extra: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [BASE_PYTHON, self.root / "run.py", *arguments],
            cwd=self.root.parent,  # never the checkout itself: it must not matter
            env={**self.environment, **extra},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )

    def copy(self, target: Path) -> Place:
        shutil.copytree(self.root, target, symlinks=True)
        return Place(target, self.environment)


def plain_environment() -> dict[str, str]:
    """This process' own, without what the running tests put there."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "FREEGPT", "COV"))}


# --- a product of a few bytes ----------------------------------------------------------------------------------------------------


def make_wheel(folder: Path, name: str, version: str) -> None:
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{name}.py", f"version = {version!r}\n")
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", f"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")


def make_page_package(client: Path) -> None:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        files = {
            "package.json": '{"name": "tiny-page", "version": "1.0.0"}',
            "index.mjs": "export default 1\n" * 99,
            "LICENSE": "MIT",
        }
        for name, text in files.items():
            entry = tarfile.TarInfo(f"package/{name}")
            entry.size = len(text)
            tar.addfile(entry, io.BytesIO(text.encode()))
    (client / "tiny-page.tgz").write_bytes(archive.getvalue())
    integrity = "sha512-" + base64.b64encode(hashlib.sha512(archive.getvalue()).digest()).decode()
    dependencies = {"tiny-page": "file:tiny-page.tgz"}
    vendor = {"tiny-page/*.mjs": "tiny/", "tiny-page/LICENSE": "licenses/tiny.txt"}
    locked = {"": {"dependencies": dependencies}}, {"version": "1.0.0", "resolved": "file:tiny-page.tgz", "integrity": integrity}
    packages = {**locked[0], "node_modules/tiny-page": locked[1]}
    (client / "package.json").write_text(json.dumps({"private": True, "dependencies": dependencies, "vendor": vendor}))
    (client / "package-lock.json").write_text(json.dumps({"lockfileVersion": 3, "requires": True, "packages": packages}))


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """run.py as it is, around a tiny product; nothing is installed yet, and no network is there to install from."""
    outside = tmp_path_factory.mktemp("wheels")
    root = tmp_path_factory.mktemp("clone") / "Мой чат (проба)"
    client = root / "client"
    (client / "types").mkdir(parents=True)
    (root / "server").mkdir()
    for version in ("1.0", "1.1"):
        make_wheel(outside, "tiny", version)
    make_page_package(client)
    shutil.copy(ROOT / "run.py", root)
    shutil.copy(ROOT / "server/commands.py", root / "server")
    shutil.copy(ROOT / "client/.npmrc", client)
    (client / "types/highlight.d.ts").write_text("")
    (client / "page.html").write_text("<p>Привет</p>" * 50, encoding="utf-8")
    (root / "requirements.txt").write_text("tiny==1.0\n")
    (root / "requirements-dev.txt").write_text("-r requirements.txt\n")
    for name, text in {"__init__": "", "settings": SETTINGS, "serve": SERVED}.items():
        (root / f"server/{name}.py").write_text(text)
    away = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": outside.as_uri(), "PIP_CONFIG_FILE": os.devnull, "npm_config_offline": "true"}
    return Place(root, {**plain_environment(), **away})


@pytest.fixture(scope="module")
def installed(fresh: Place, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """The tiny product after its first set-up."""
    place = fresh.copy(tmp_path_factory.mktemp("installed") / "Чат на месте")
    done = place.run("setup")
    assert done.returncode == 0, done.stdout
    return place


def version_of_tiny(place: Place) -> str:
    python = place.root / run.PYTHON.relative_to(ROOT)
    return subprocess.check_output([python, "-c", "import tiny; print(tiny.version)"], text=True).strip()


def test_one_command_sets_up_and_serves(fresh: Place, tmp_path: Path) -> None:
    place = fresh.copy(tmp_path / "Новый чат")
    done = place.run("--port", "5", "--no-browser")
    assert done.returncode == 7, done.stdout
    assert "Ставлю пакеты Python: около 14 МБ…" in done.stdout
    assert "Ставлю пакеты страницы: около 3 МБ…" in done.stdout
    settings, prefix = json.loads(done.stdout.splitlines()[-1])
    assert {name: value for name, value in settings.items() if value is not None} == {"port": "5", "open_browser": False}
    assert Path(prefix) == place.root / ".venv"


def test_the_page_gets_the_named_files_and_nothing_else_is_left(installed: Place) -> None:
    client = installed.root / "client"
    vendored = {str(file.relative_to(client / "vendor").as_posix()) for file in (client / "vendor").rglob("*") if file.is_file()}
    assert vendored == {"tiny/index.mjs", "tiny/index.mjs.gz", "licenses/tiny.txt", "licenses/tiny.txt.gz"}
    assert not (client / "node_modules").exists()
    assert sorted(path.name for path in (installed.root / ".setup").iterdir()) == ["client", "lock", "python"]


def test_the_second_start_installs_nothing_and_asks_no_network(installed: Place, tmp_path: Path) -> None:
    place = installed.copy(tmp_path / "Перенесённый чат")  # moved as a whole: it still works
    done = place.run("--offline", PATH="", PIP_FIND_LINKS="", npm_config_cache=str(tmp_path / "none"))
    assert done.returncode == 7, done.stdout
    assert "Ставлю" not in done.stdout


def test_without_a_network_it_says_what_is_missing_and_touches_nothing(fresh: Place) -> None:
    done = fresh.run("--offline")
    assert done.returncode == 1
    assert "Не установлены: пакеты Python, пакеты страницы." in done.stdout
    assert not (fresh.root / ".venv").exists()


def test_a_changed_requirement_is_installed_into_what_is_there(installed: Place, tmp_path: Path) -> None:
    place = installed.copy(tmp_path / "Чат")
    (place.root / ".venv/kept").write_text("")
    (place.root / "requirements.txt").write_text("tiny==1.1\n")
    done = place.run()
    assert done.returncode == 7, done.stdout
    assert version_of_tiny(place) == "1.1"
    assert (place.root / ".venv/kept").exists()
    assert "пакеты страницы" not in done.stdout


def test_an_environment_of_another_python_is_made_anew(installed: Place, tmp_path: Path) -> None:
    place = installed.copy(tmp_path / "Чат")
    config = place.root / ".venv/pyvenv.cfg"
    config.write_text(
        "\n".join("version = 3.9.1" if line.startswith("version") else line for line in config.read_text().splitlines())
    )
    (place.root / ".venv/old").write_text("")
    (place.root / ".setup/python").write_text("stamp of another Python")
    assert place.run().returncode == 7
    assert not (place.root / ".venv/old").exists()


def test_an_interrupted_set_up_is_repaired_by_the_next_run(fresh: Place, tmp_path: Path) -> None:
    place = fresh.copy(tmp_path / "Чат")
    with place.start("setup") as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("Ставлю пакеты Python"):  # .venv is there, its packages are not
                process.kill()
                break
        process.stdout.close()
    assert not (place.root / ".setup/python").exists()
    (place.root / ".venv/broken").write_text("")
    done = place.run()
    assert done.returncode == 7, done.stdout
    assert version_of_tiny(place) == "1.0"
    assert not (place.root / ".venv/broken").exists()


def test_lost_page_files_are_brought_back(installed: Place, tmp_path: Path) -> None:
    place = installed.copy(tmp_path / "Чат")
    shutil.rmtree(place.root / "client/vendor")
    done = place.run()
    assert done.returncode == 7, done.stdout
    assert "Ставлю пакеты Python" not in done.stdout
    assert (place.root / "client/vendor/tiny/index.mjs").exists()


def test_two_set_ups_do_not_meet(fresh: Place, tmp_path: Path) -> None:
    place = fresh.copy(tmp_path / "Чат")
    (place.root / ".setup").mkdir()
    with contextlib.ExitStack() as first:
        lock = first.enter_context((place.root / ".setup/lock").open("a+b"))
        assert run.take_lock(lock.fileno(), wait=False)
        process = place.start("setup")
        assert process.stdout is not None
        assert process.stdout.readline() == "Другая установка уже идёт, жду её конца…\n"
        assert not (place.root / ".venv").exists()
    with process:
        output, _ = process.communicate(timeout=240)
    assert process.returncode == 0, output


def test_a_failed_installation_shows_what_the_installer_said(fresh: Place, tmp_path: Path) -> None:
    place = fresh.copy(tmp_path / "Чат")
    (place.root / "requirements.txt").write_text("nowhere-to-be-found==1\n")
    done = place.run()
    assert done.returncode == 1
    assert "nowhere-to-be-found" in done.stdout
    assert "Не удалось поставить пакеты Python. Если нет сети, проверьте прокси (HTTPS_PROXY)" in done.stdout
    assert "Traceback" not in done.stdout


# --- a Python without ensurepip, as Debian and Ubuntu ship it --------------------------------------------------------------------


class Index(http.server.BaseHTTPRequestHandler):
    """A package index of one file, behind a login."""

    wheel = b""

    def do_GET(self) -> None:
        if self.headers["Authorization"] != "Basic " + base64.b64encode("мы:a b".encode()).decode():
            self.send_error(401)
            return
        body = self.wheel if self.path.startswith("/files/") else b'<a href="../../files/pip-own.whl#sha256=0">pip</a>'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


@pytest.fixture
def index() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Index)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://%D0%BC%D1%8B:a%20b@127.0.0.1:{server.server_port}/simple"
    server.shutdown()
    thread.join()
    server.server_close()


def run_without_ensurepip(place: Place, checksum: str, index: str) -> subprocess.CompletedProcess[str]:
    program = (
        "import sys; sys.modules['ensurepip'] = None; sys.path.insert(0, sys.argv[1]); import run; "
        "run.PIP_WHEEL, run.PIP_SHA256 = 'pip-own.whl', sys.argv[2]; run.main(['setup'])"
    )
    environment = {**place.environment, "PIP_INDEX_URL": index, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    command = [BASE_PYTHON, "-c", program, place.root, checksum]
    return subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", check=False)


def test_a_python_without_ensurepip_gets_pip_from_the_index(fresh: Place, tmp_path: Path, index: str, monkeypatch: Any) -> None:
    ensurepip = pytest.importorskip("ensurepip", reason="this Python has no ensurepip: the other tests went this way already")
    bundled = sorted((Path(ensurepip.__file__).parent / "_bundled").glob("pip-*.whl")) or sorted(
        Path("/usr/share").glob("python-wheels/pip-*.whl")
    )
    monkeypatch.setattr(Index, "wheel", bundled[0].read_bytes())
    place = fresh.copy(tmp_path / "Чат")
    done = run_without_ensurepip(place, hashlib.sha256(Index.wheel).hexdigest(), index)
    assert done.returncode == 0, done.stdout
    assert "Скачиваю pip: 2 МБ…" in done.stdout
    assert version_of_tiny(place) == "1.0"


def test_a_pip_with_a_wrong_checksum_is_not_run(fresh: Place, tmp_path: Path, index: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(Index, "wheel", b"not the pip that was meant")
    place = fresh.copy(tmp_path / "Чат")
    done = run_without_ensurepip(place, hashlib.sha256(b"another").hexdigest(), index)
    assert done.returncode == 1
    assert "Контрольная сумма pip не совпала" in done.stdout
    assert not (place.root / ".setup/pip-own.whl").exists()


def test_the_index_of_pips_own_file_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pip.conf").write_text("[global]\nindex-url = https://mirror.example/simple\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    assert run.configured_index() == "https://mirror.example/simple"


# --- small things ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [["--prot", "1"], ["serv"], ["doctor", "now"]])
def test_a_mistyped_command_is_answered_before_anything_is_installed(fresh: Place, arguments: list[str]) -> None:
    done = fresh.run(*arguments)
    assert done.returncode == 1
    assert done.stdout.startswith(f"Не понимаю «{arguments[-1] if arguments[0] == 'doctor' else arguments[0]}».")


def test_an_old_python_can_read_the_file_far_enough_to_be_refused() -> None:
    ast.parse((ROOT / "run.py").read_text(encoding="utf-8"), feature_version=(3, 7))
    program = "import runpy, sys; sys.version_info = (3, 9, 1); runpy.run_path(sys.argv[1])"
    done = subprocess.run([sys.executable, "-c", program, ROOT / "run.py"], capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Нужен Python 3.10 или новее")


def test_a_stale_compressed_file_is_never_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "CLIENT", tmp_path)
    page, orphan = tmp_path / "page.html", tmp_path / "gone.js.gz"
    page.write_text("old " * 99)
    orphan.write_bytes(b"")
    run.compress_client()
    assert not orphan.exists()
    page.write_text("new " * 99)
    os.utime(page, (1, 1))  # also when the clock went backwards
    run.compress_client()
    assert gzip.decompress((tmp_path / "page.html.gz").read_bytes()) == page.read_bytes()
    assert list(tmp_path.glob("*.part")) == []


def test_arguments_after_test_belong_to_pytest() -> None:
    options = run.read_arguments(["test", "-k", "a or b", "--offline", "-x", "tests/g4f"])
    assert (options.pytest, options.offline) == (["-k", "a or b", "-x", "tests/g4f"], True)


# --- the product itself ----------------------------------------------------------------------------------------------------------

NOT_IN_A_CLONE = (".git", ".venv", ".setup", "node_modules", "vendor", "__pycache__", "*.gz", ".*_cache", ".hypothesis")


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A fresh clone, set up for real on a machine that has Python and nothing else: no Node, no git, an empty PATH."""
    folder = tmp_path_factory.mktemp("product")
    shutil.copytree(ROOT, folder / "Новый клон", ignore=shutil.ignore_patterns(*NOT_IN_A_CLONE))
    environment = {**plain_environment(), "PATH": str(folder), "DATA_DIR": str(folder / "данные")}
    place = Place(folder / "Новый клон", environment)
    done = place.run("setup")
    assert done.returncode == 0, done.stdout
    assert "Ставлю Node.js на время установки: около 61 МБ…" in done.stdout
    return place


def bytes_under(folder: Path) -> int:
    return sum(file.lstat().st_size for file in folder.rglob("*") if file.is_file() or file.is_symlink())


def test_the_product_is_small(product: Place) -> None:
    assert not (product.root / "client/node_modules").exists()
    assert not (product.root / ".setup/node").exists()
    assert bytes_under(product.root) < LARGEST_INSTALLATION


def test_the_product_opens_and_stops(product: Place) -> None:
    with product.start("--offline", "--port", "0", "--no-browser", "--log-level", "warning") as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().split()[-1]
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            for path in ("", "assets/vendor/preact.mjs", "health"):
                with opener.open(address + path) as response:
                    assert response.status == 200
        finally:
            process.send_signal(signal.SIGTERM)
            rest, _ = process.communicate(timeout=60)
    assert (process.returncode, rest) == (0, "")


def test_the_product_examines_itself_and_shows_no_secret(product: Place) -> None:
    done = product.run("doctor", "--port", "0", OPENAI_API_KEY="sk-very-secret", FREEGPT_DISCOVERY="no")
    assert done.returncode == 0, done.stdout
    assert "[есть] ключ OpenAI" in done.stdout
    assert "DEEPSEEK_API_KEY" in done.stdout
    assert "sk-very-secret" not in done.stdout


def test_the_product_says_which_folder_cannot_be_written(product: Place, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = product.run("doctor", "--port", "0", "--data-dir", str(tmp_path / "file"), FREEGPT_DISCOVERY="no")
    assert done.returncode == 1
    assert "[нет]  папка данных" in done.stdout


@pytest.mark.parametrize(
    ("variable", "value", "status", "said"),
    [
        ("PORT", "много", 1, "PORT: нужно целое число от 0 до 65535."),
        ("OWNER_PASSWORD", "12345678", 2, "Этот пароль из тех, что подбирают первыми"),
        ("HOST", "0.0.0.0", 2, "Страницу смогут открыть не только с этой машины, а пароля нет"),
        ("DATA_DIR", str(ROOT / "run.py"), 2, f"папка данных {ROOT / 'run.py'}: "),
    ],
)
def test_a_mistake_in_the_settings_is_one_sentence(product: Place, variable: str, value: str, status: int, said: str) -> None:
    done = (
        product.run("--port", "0", "--log-level", "error", **{variable: value}) if variable != "PORT" else product.run(PORT=value)
    )
    assert (done.returncode, done.stdout.startswith(said), len(done.stdout.splitlines())) == (status, True, 1), done.stdout


def test_the_owner_password_is_taken_from_the_input(product: Place) -> None:
    command = [BASE_PYTHON, product.root / "run.py", "password"]
    weak = subprocess.run(command, env=product.environment, input="12345678\n", capture_output=True, encoding="utf-8", check=False)
    assert weak.returncode == 1
    good = subprocess.run(
        command, env=product.environment, input="лошадь степь чайник вокзал\n", capture_output=True, encoding="utf-8", check=False
    )
    assert (good.returncode, good.stdout) == (0, "Пароль задан. Все прежние входы закрыты.\n"), good.stderr
    removed = subprocess.run([*command, "--remove"], env=product.environment, capture_output=True, encoding="utf-8", check=False)
    assert removed.returncode == 0, removed.stderr
