"""How the values of settings are written: for each kind its Russian name and the function that reads it.

A reader takes the raw value (from JSON, or a string from the environment) and the folder that relative paths belong to.
It raises ``ValueError`` with a Russian phrase that never repeats a secret.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from server.languages import LANGUAGES, negotiate

OLLAMA_PORT = 11434
EVERY_INTERFACE = ("0.0.0.0", "::")  # noqa: S104 - recognised, not bound


class Kind(NamedTuple):
    """A row of the documentation's "type" column and the reader behind it."""

    name: str
    read: Callable[[Any, Path], Any]


def _text(value: Any, base: Path) -> str:
    if not isinstance(value, str):
        raise ValueError("нужна строка")
    return value.strip()


def _flag(value: Any, base: Path) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        lowered = value.strip().lower()
        if lowered in ("1", "true", "yes", "on", "да"):
            return True
        if lowered in ("", "0", "false", "no", "off", "нет"):
            return False
    raise ValueError("нужно true или false")


def whole(low: int, high: int) -> Kind:
    def read(value: Any, base: Path) -> int:
        if isinstance(value, str) and re.fullmatch(r"\s*-?\d{1,15}\s*", value):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(f"нужно целое число от {low} до {high}")
        return value

    return Kind(f"целое {low}–{high}", read)


def one_of(*choices: str) -> Kind:
    def read(value: Any, base: Path) -> str:
        text = _text(value, base).lower()
        if text not in choices:
            raise ValueError("нужно одно из: " + ", ".join(choices))
        return text

    return Kind(" \\| ".join(choices), read)


def _language(value: Any, base: Path) -> str:
    found = negotiate([_text(value, base)])
    if found is None:
        raise ValueError("нужно одно из: " + ", ".join(LANGUAGES))
    return found


def _path(value: Any, base: Path) -> Path:
    text = _text(value, base)
    if not text:
        raise ValueError("путь пуст")
    return base / Path(text).expanduser()


def _optional_path(value: Any, base: Path) -> Path | None:
    return _path(value, base) if value else None


def _names(value: Any, base: Path) -> tuple[str, ...]:
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
        raise ValueError("нужен список строк")
    return tuple(item.strip() for item in value if item.strip())


def _host(value: Any, base: Path) -> str:
    text = _text(value, base)
    if text.startswith("[") and text.endswith("]"):
        text = text[1:-1]
    if not text or re.search(r"[\s/]", text):
        raise ValueError("нужен адрес или имя без схемы, порта и пути, например 127.0.0.1")
    return text


def _prefix(value: Any, base: Path) -> str:
    text = _text(value, base).strip("/")
    if not re.fullmatch(r"[A-Za-z0-9._~/-]*", text) or "//" in text or ".." in text:
        raise ValueError("нужен путь из латинских букв, цифр и дефисов, например /chat")
    return "/" + text if text else ""


def _host_names(value: Any, base: Path) -> tuple[str, ...]:
    names = tuple(name.lower().rstrip(".") for name in _names(value, base))
    for name in names:
        if not re.fullmatch(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?|\[?[0-9a-f:]+\]?", name):
            raise ValueError(f"«{name}» — не имя узла; пишите без схемы, порта, пути и звёздочек, например chat.example.org")
    return names


def _networks(value: Any, base: Path) -> tuple[str, ...]:
    import ipaddress  # only here: a few milliseconds that most starts do not need

    names = _names(value, base)
    for name in names:
        try:
            ipaddress.ip_network(name, strict=False)
        except ValueError:
            raise ValueError(f"«{name}» — не адрес и не сеть, например 127.0.0.1 или 172.18.0.0/16") from None
    return names


def _address(value: Any, base: Path) -> str:
    text = _text(value, base).rstrip("/")
    try:
        parts = urlsplit(text)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fine = False
    if text and not fine:
        raise ValueError("нужен адрес, который начинается с http:// или https://")
    return text


def _ollama_address(value: Any, base: Path) -> str:
    """OLLAMA_HOST as people write it: a host, host:port or an address; 0.0.0.0 means "this machine" to a client."""
    text = _text(value, base)
    if not text:
        return ""
    if "://" not in text:
        text = "http://" + (f"[{text}]" if text.count(":") > 1 and not text.startswith("[") else text)
    parts = urlsplit(_address(text, base))
    host = parts.hostname or ""
    host = "127.0.0.1" if host in EVERY_INTERFACE else f"[{host}]" if ":" in host else host
    port = parts.port or (443 if parts.scheme == "https" else OLLAMA_PORT)
    return f"{parts.scheme}://{host}:{port}{parts.path}"


def _secret(value: Any, base: Path) -> str:
    """A key goes into a header, so it must be printable ASCII; a pasted line break or Cyrillic letter is found here."""
    text = _text(value, base)
    if not text.isascii() or not text.isprintable():
        raise ValueError("в ключе есть недопустимые знаки (перенос строки или нелатинские буквы)")
    return text


def _ports(value: Any, base: Path) -> Mapping[str, tuple[int, ...]]:
    if not isinstance(value, dict):
        raise ValueError('нужен объект вида {"llama.cpp": [8080]}')
    port = whole(1, 65535)
    return {
        name: tuple(port.read(item, base) for item in (ports if isinstance(ports, list) else [ports]))
        for name, ports in value.items()
    }


def _string_map(value: Any, base: Path) -> Mapping[str, str]:
    if not isinstance(value, dict) or not all(isinstance(item, (str, int, float)) for item in value.values()):
        raise ValueError('нужен объект вида {"имя": "значение"}')
    return {name: str(item) for name, item in value.items()}


TEXT = Kind("строка", _text)
PASSWORD = Kind("строка", _text)
SECRET = Kind("строка", _secret)
FLAG = Kind("да/нет", _flag)
LANGUAGE = Kind("язык", _language)
PATH = Kind("путь", _path)
OPTIONAL_PATH = Kind("путь", _optional_path)
NAMES = Kind("список строк", _names)
ADDRESS = Kind("адрес", _address)
STRING_MAP = Kind("объект", _string_map)
HOST = Kind("адрес узла", _host)
HOST_NAMES = Kind("список имён", _host_names)
NETWORKS = Kind("список адресов", _networks)
URL_PATH = Kind("путь в адресе", _prefix)
OLLAMA_ADDRESS = Kind("адрес", _ollama_address)
PORTS = Kind("объект", _ports)
