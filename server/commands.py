"""What ``run.py`` does once everything is installed: serve, test, password, doctor, backup, restore, verify. Says it in Russian."""

from __future__ import annotations

import argparse
import gc
import getpass
import os
import sys
from collections.abc import Callable
from pathlib import Path

from server.settings import Settings, SettingsError, load


def run(options: argparse.Namespace) -> int:
    """Carry out ``options.command``; returns the exit status."""
    try:
        return COMMANDS[options.command](options)
    except SettingsError as error:
        return _fail(str(error))


def _settings(options: argparse.Namespace) -> Settings:
    arguments = {
        "host": options.host,
        "port": options.port,
        "data_dir": options.data_dir,
        "log_level": options.log_level,
        "debug": options.debug or None,
        "open_browser": False if options.no_browser else None,
    }
    return load(options.config, os.environ, arguments)


def serve(options: argparse.Namespace) -> int:
    settings = _settings(options)
    from server.serve import main

    status = main(settings)
    gc.freeze()  # the process ends: to look through everything for garbage would take up to a second of a busy machine
    return status


def test(options: argparse.Namespace) -> int:
    import pytest

    return int(pytest.main(options.pytest))


def doctor(options: argparse.Namespace) -> int:
    from server.doctor import examine

    return examine(_settings(options))


def password(options: argparse.Namespace) -> int:
    from server.auth import remove_password, set_password

    settings = _settings(options)
    if options.remove:
        remove_password(settings)
        return _say("Пароля больше нет. Все прежние входы закрыты.")
    set_password(settings, _ask_twice())
    return _say("Пароль задан. Все прежние входы закрыты.")


def _ask_twice() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass("Новый пароль владельца: ")
    if first != getpass.getpass("Ещё раз: "):
        raise SettingsError("Пароли не совпали.")
    return first


def backup(options: argparse.Namespace) -> int:
    from server.storage import backup

    folder, target = _settings(options).data_dir, _file(options)
    try:
        backup.backup(folder, target)
    except FileNotFoundError:
        return _fail(f"В папке {folder} ещё нет бесед.")
    except backup.Damaged as error:
        return _fail(f"База повреждена, копия не сделана: {error}")
    except OSError as error:
        return _fail(f"Не удалось записать {target}: {error.strerror}.")
    return _say(f"Копия сделана и проверена: {target}")


def restore(options: argparse.Namespace) -> int:
    from server.storage import backup
    from server.storage.database import Busy

    folder, source = _settings(options).data_dir, _file(options)
    try:
        kept = backup.restore(folder, source)
    except FileNotFoundError:
        return _fail(f"Нет файла {source}.")
    except backup.Damaged as error:
        return _fail(f"Эта копия повреждена, ничего не изменено: {error}")
    except Busy:
        return _fail(f"Папка {folder} занята: остановите сервер и повторите.")
    before = f" Прежняя база сохранена: {kept}" if kept else ""
    return _say(f"Восстановлено из {source}.{before}")


def verify(options: argparse.Namespace) -> int:
    from server.storage import backup
    from server.storage.database import FILE_NAME

    file = Path(options.file) if options.file else _settings(options).data_dir / FILE_NAME
    try:
        counted = backup.verify(file)
    except FileNotFoundError:
        return _fail(f"Нет файла {file}.")
    except backup.Damaged as error:
        return _fail(f"База {file} повреждена: {error}")
    return _say(f"База в порядке: бесед {counted['conversation']}, сообщений {counted['message']}, событий {counted['event']}.")


def _file(options: argparse.Namespace) -> Path:
    if not options.file:
        raise SettingsError(f"Назовите файл: python3 run.py {options.command} ФАЙЛ")
    return Path(options.file)


def _say(text: str) -> int:
    sys.stdout.write(f"{text}\n")
    return 0


def _fail(text: str) -> int:
    sys.stderr.write(f"{text}\n")
    return 1


COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    command.__name__: command for command in (serve, test, doctor, password, backup, restore, verify)
}
