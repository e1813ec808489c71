"""``run.py doctor`` inside .venv: the data folder, the port, the password, keys and local model servers. Shows no secret."""

from __future__ import annotations

import asyncio
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from g4f import registry
from g4f.base import Provider
from g4f.discovery import DiscoverySettings, discover
from g4f.transport import Transport
from server.settings import Settings, SettingsError

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
MARKS = {True: "[есть]", False: "[нет] ", None: "[—]   "}


class Finding(NamedTuple):
    """One line. ``found`` is ``None`` where nothing is wrong if it is missing."""

    found: bool | None
    text: str


def examine(settings: Settings) -> int:
    """Print what is found and what to do. Returns the exit status: 1 when the server could not start."""
    failed = False
    for finding in _findings(settings):
        sys.stdout.write(f"{MARKS[finding.found]} {finding.text}\n")
        failed = failed or finding.found is False
    sys.stdout.write(
        "Чат не сможет запуститься: исправьте строки с пометкой [нет].\n" if failed else "Всё готово: python3 run.py\n"
    )
    return int(failed)


def _findings(settings: Settings) -> Iterator[Finding]:
    yield data_folder(settings.data_dir)
    yield port(settings.host, settings.port)
    if settings.public:
        yield password(settings)
    yield from keys(settings)
    yield from servers(settings)
    yield _browser()
    for name, source in sorted(settings.sources.items()):
        yield Finding(None, f"настройка {name} взята отсюда: {source}")


def data_folder(folder: Path) -> Finding:
    """Whether a file can be written there. The folder itself is made by the server, so a parent that allows it is enough."""
    nearest = next((parent for parent in (folder, *folder.parents) if parent.exists()), folder)
    try:
        with tempfile.TemporaryFile(dir=nearest):
            pass
    except OSError as error:
        advice = "Дайте права на запись (для контейнера: chown -R 1000:1000) или укажите другую: --data-dir ПАПКА"
        return Finding(False, f"папка данных {folder}: {error.strerror}. {advice}")
    return Finding(True, f"папка данных {folder}")


def port(host: str, number: int) -> Finding:
    """Whether the server could listen there now."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, number, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            if sys.platform != "win32":  # there the option means something else
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        return Finding(False, f"порт {host}:{number}: {error.strerror}. Может быть, чат уже запущен; другой порт: --port 1339")
    return Finding(True, f"порт {host}:{number} свободен")


def password(settings: Settings) -> Finding:
    """A page that others can open needs the owner's password."""
    from server.auth import Auth
    from server.storage.accounts import Accounts
    from server.storage.database import FILE_NAME, Busy, temporary

    present = Finding(True, "пароль владельца")
    absent = Finding(False, "пароль владельца: задайте его командой python3 run.py password")
    if settings.owner_password:
        return _configured(settings.owner_password) or present
    if not (settings.data_dir / FILE_NAME).exists():
        return absent
    try:
        with temporary(settings.data_dir) as database:
            return present if Auth(settings, Accounts(database)).login_required else absent
    except Busy:
        return Finding(None, "пароль владельца: папка данных занята запущенным чатом, посмотреть нельзя")


def _configured(password: str) -> Finding | None:
    """What is wrong with OWNER_PASSWORD. It is only looked at: storing it is the server's business, and signs everybody out."""
    from server import passwords

    try:
        passwords.check(password)
    except SettingsError as error:
        return Finding(False, str(error))
    return None


def keys(settings: Settings) -> Iterator[Finding]:
    """Which services could be asked, and how to give a key to the others."""
    for name, provider in sorted(registry.providers().items()):
        if provider.needs_key:
            if name in settings.providers and settings.providers[name].api_key:
                yield Finding(True, f"ключ {provider.title or name}")
            else:
                yield Finding(
                    None, f"ключа {provider.title or name} нет: {provider.key_variable or 'providers.' + name + '.api_key'}"
                )


def servers(settings: Settings) -> Iterator[Finding]:
    """The model servers that answer on this machine now."""
    found = asyncio.run(_discovered(settings, tuple(registry.providers().values())))
    for name, address in sorted(found.items()):
        yield Finding(True, f"сервер моделей {name}: {address}")
    if not found:
        yield Finding(None, "серверов моделей на этой машине не видно; самый простой — Ollama (docs/guide)")


async def _discovered(settings: Settings, classes: tuple[type[Provider], ...]) -> dict[str, str]:
    transport = Transport(str(settings.ca_file or ""))
    try:
        return await discover(
            transport, classes, DiscoverySettings(settings.discovery, settings.discovery_hosts, settings.discovery_ports)
        )
    finally:
        await transport.close()


def _browser() -> Finding:
    found = next((path for path in map(shutil.which, BROWSERS) if path), None)
    return (
        Finding(True, f"браузер для тестов: {found}")
        if found
        else Finding(None, "Chromium для тестов нет: sudo apt install chromium")
    )
