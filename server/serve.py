"""Serves: opens the application and the port, says where, and stops without losing a word."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING

from sqlalchemy.exc import DatabaseError

from server import close_app, create_app, logs, memory
from server.auth import check_exposure
from server.browser import open_page
from server.context import KEY, Services
from server.doctor import data_folder
from server.edge import HttpServer
from server.errors import StorageUnavailable
from server.settings import SettingsError
from server.storage.database import Busy, NewerSchema

if TYPE_CHECKING:
    from flask import Flask

    from server.settings import Settings

EVERYWHERE = ("0.0.0.0", "::", "localhost")  # noqa: S104 - addresses to listen on that a browser cannot open


def main(settings: Settings) -> int:
    """Serve until told to stop. Returns the exit status of the process."""
    logs.install(settings.log_level, _secrets(settings))
    _raise_descriptor_limit()
    memory.share_one_heap()
    folder = data_folder(settings.data_dir)
    if folder.found is False:
        return _refuse(folder.text)
    try:
        app = create_app(settings)
    except SettingsError as error:
        return _refuse(str(error))
    except Busy:
        return _refuse(f"Папка данных {settings.data_dir} занята: сервер уже запущен. Остановите его или укажите --data-dir.")
    except NewerSchema:
        return _refuse("База данных записана более новой версией программы. Обновите программу или восстановите резервную копию.")
    except (StorageUnavailable, DatabaseError) as error:
        reason = error.message if isinstance(error, StorageUnavailable) else error.orig
        return _refuse(f"База в папке {settings.data_dir} не открывается: {reason}. Проверить её: python3 run.py verify")
    services: Services = app.extensions[KEY]
    try:
        check_exposure(settings, services.auth)
        server = HttpServer(app, services.loop, settings, services.auth.is_stranger)
    except SettingsError as error:
        close_app(app)
        return _refuse(str(error))
    except OSError as error:
        close_app(app)
        return _refuse(f"Не удаётся слушать {settings.host}:{settings.port}: {error.strerror}. Укажите другой порт: --port 1339.")
    services.loop.spawn(services.catalog.refresh())
    memory.settle()
    _announce(settings, server.port)
    _stop_on_signals(app, server, settings.stop_grace_seconds)
    server.run()
    server.shutdown()
    close_app(app)
    return 0


def _secrets(settings: Settings) -> list[str]:
    """What must never appear in the log."""
    keys = [config.api_key for config in settings.providers.values()] + [endpoint.api_key for endpoint in settings.endpoints]
    options = [value for config in settings.providers.values() for value in config.options.values()]
    headers = [value for endpoint in settings.endpoints for value in endpoint.headers.values()]
    return [secret for secret in (*keys, *options, *headers, settings.owner_password) if secret]


def _refuse(sentence: str) -> int:
    sys.stderr.write(sentence + "\n")
    return 2


def _announce(settings: Settings, port: int) -> None:
    host = "127.0.0.1" if settings.host in EVERYWHERE else settings.host
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}{settings.url_prefix}/"
    sys.stdout.write(f"Откройте {address}\n")
    sys.stdout.flush()
    if settings.open_browser:
        open_page(address)


def _raise_descriptor_limit() -> None:
    """A thousand readers need a thousand descriptors; the usual soft limit is 1,024."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _stop_on_signals(app: Flask, server: HttpServer, grace: float) -> None:
    """SIGTERM and SIGINT: no new connections, running answers get ``grace`` seconds, a second signal takes them away (A-118)."""
    asked = threading.Event()
    hurried = threading.Event()

    def handle(_number: int, _frame: object) -> None:
        (hurried if asked.is_set() else asked).set()

    def stop() -> None:
        asked.wait()
        services: Services = app.extensions[KEY]
        services.runner.stopping = True
        try:
            server.stop_listening()
            deadline = time.monotonic() + grace
            while services.runner.running and time.monotonic() < deadline and not hurried.wait(0.1):
                pass
            services.runner.drain(0)
            server.readers.drain(1.0)
        finally:  # whatever went wrong, the process was told to end
            server.close()

    signal.signal(signal.SIGTERM, handle)
    signal.signal(signal.SIGINT, handle)
    threading.Thread(target=stop, name="stop", daemon=True).start()
