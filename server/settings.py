"""What the operator can decide: one typed table, read from config.json, the environment and the command line; the last wins.

Each field of ``Settings`` is a row of the table (``SETTINGS``): kind, default, environment variables, flag, secrecy, meaning.
A new setting is a new field here and a new row in docs/settings.md, which a test compares with this file.
"""
# ruff: noqa: RUF009 - every default is made by _option, which returns a dataclass field

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, NamedTuple

from g4f.base import Endpoint, ProviderConfig
from g4f.chat import Prices
from server.kinds import (
    ADDRESS,
    FLAG,
    HOST,
    HOST_NAMES,
    LANGUAGE,
    NAMES,
    NETWORKS,
    OLLAMA_ADDRESS,
    OPTIONAL_PATH,
    PASSWORD,
    PATH,
    PORTS,
    SECRET,
    STRING_MAP,
    TEXT,
    URL_PATH,
    Kind,
    one_of,
    whole,
)

MEBIBYTE = 1 << 20
LOG_LEVELS = ("debug", "info", "warning", "error")


class SettingsError(Exception):
    """A setting that cannot be used. The text is one Russian sentence for the operator and holds no secret."""


# --- groups inside config.json ---------------------------------------------------------------------------------------------------


_PROVIDER_FIELDS: Mapping[str, Kind] = {
    "enabled": FLAG,
    "base_url": ADDRESS,
    "api_key": SECRET,
    "models": NAMES,
    "headers": STRING_MAP,
    "title": TEXT,
    "options": STRING_MAP,
}
_ENDPOINT_FIELDS: Mapping[str, Kind] = {
    "name": TEXT,
    "base_url": ADDRESS,
    "api_key": SECRET,
    "models": NAMES,
    "headers": STRING_MAP,
}
_DEADLINE_FIELDS: Mapping[str, Kind] = {name: whole(1, 86_400) for name in ("connect", "first_byte", "idle", "content", "total")}
_HIGHEST_PRICE = 1_000_000  # dollars for a million tokens
_SECRET_FIELDS = frozenset({"api_key"})


def _read_group(value: Any, base: Path, kinds: Mapping[str, Kind], where: str) -> dict[str, Any]:
    """The known fields of one JSON object. ``<secret>_file`` names a file that holds the secret."""
    if not isinstance(value, dict):
        raise ValueError(f"{where}: нужен объект в фигурных скобках")
    files = {f"{name}_file": name for name in _SECRET_FIELDS & kinds.keys()}
    result: dict[str, Any] = {}
    for name, raw in value.items():
        target = files[name] if name in files else str(name)
        if target not in kinds:
            raise ValueError(f"{where}: нет поля «{name}»{_nearest(name, [*kinds, *files])}")
        if target in result:
            raise ValueError(f"{where}: {target} задан дважды, второй раз — файлом")
        try:
            result[target] = kinds[target].read(_read_secret_file(PATH.read(raw, base)) if name in files else raw, base)
        except ValueError as error:
            raise ValueError(f"{where}.{name}: {error}") from None
    return result


def _deadlines(value: Any, base: Path) -> Mapping[str, int]:
    return _read_group(value, base, _DEADLINE_FIELDS, "deadlines")


def _providers(value: Any, base: Path) -> Mapping[str, ProviderConfig]:
    if not isinstance(value, dict):
        raise ValueError('нужен объект вида {"OpenAI": {"api_key": "…"}}')
    return {name: ProviderConfig(**_read_group(item, base, _PROVIDER_FIELDS, f"providers.{name}")) for name, item in value.items()}


def _prices(value: Any, base: Path) -> Mapping[str, Prices]:
    if not isinstance(value, dict):
        raise ValueError('нужен объект вида {"gpt-4o": {"prompt": 2.5, "completion": 10}}')
    fields = ("prompt", "completion")
    return {name: Prices(*(_price(item, field, f"prices.{name}") for field in fields)) for name, item in value.items()}


def _price(item: Any, field: str, where: str) -> float:
    if not isinstance(item, dict) or not item.keys() <= {"prompt", "completion"}:
        raise ValueError(f'{where}: нужен объект вида {{"prompt": 2.5, "completion": 10}}')
    price = item.get(field, 0)
    if isinstance(price, bool) or not isinstance(price, (int, float)) or not 0 <= price <= _HIGHEST_PRICE:
        raise ValueError(f"{where}.{field}: нужна цена миллиона токенов в долларах, число от 0 до {_HIGHEST_PRICE}")
    return float(price)


def _endpoints(value: Any, base: Path) -> tuple[Endpoint, ...]:
    if not isinstance(value, list):
        raise ValueError('нужен список вида [{"name": "Мой сервер", "base_url": "http://…/v1"}]')
    found: dict[str, Endpoint] = {}
    for number, item in enumerate(value, start=1):
        read = _read_group(item, base, _ENDPOINT_FIELDS, f"endpoints[{number}]")
        if not read.get("name") or not read.get("base_url"):
            raise ValueError(f"endpoints[{number}]: нужны name и base_url")
        if read["name"] in found:
            raise ValueError(f"endpoints: имя «{read['name']}» встречается дважды")
        found[read["name"]] = Endpoint(**read)
    return tuple(found.values())


# --- the table -------------------------------------------------------------------------------------------------------------------


class Setting(NamedTuple):
    """One row of the table. ``env`` is its environment variable, ``cli`` the flag of run.py; empty where there is none."""

    name: str
    kind: Kind
    default: Any
    env: str
    cli: str
    secret: bool
    help_ru: str


def _option(
    kind: Kind,
    default: Any,
    help_ru: str,
    *,
    env: str = "",
    cli: str = "",
    secret: bool = False,
    factory: Callable[[], Any] | None = None,
) -> Any:
    metadata = {"row": (kind, default, env, cli, secret, help_ru)}
    if factory is not None:
        return field(default_factory=factory, metadata=metadata, repr=not secret)
    return field(default=default, metadata=metadata, repr=not secret)


def default_data_dir() -> Path:
    """Where this person's programs keep their data, outside the checkout."""
    from platformdirs import user_data_dir  # only here: not needed when DATA_DIR is set

    return Path(user_data_dir("freegpt-webui", appauthor=False))


@dataclass(frozen=True)
class Settings:
    """Every decision, read and checked. Made by ``load``, or directly by a test."""

    host: str = _option(
        HOST,
        "127.0.0.1",
        "Где слушать. Всё, кроме этой машины, требует пароля владельца.",
        env="HOST",
        cli="--host",
    )
    port: int = _option(whole(0, 65535), 1338, "Порт; 0 — любой свободный.", env="PORT", cli="--port")
    url_prefix: str = _option(
        URL_PATH,
        "",
        "Подпуть, под которым прокси отдаёт страницу, например `/chat`.",
        env="FREEGPT_URL_PREFIX",
    )
    data_dir: Path = _option(
        PATH, "папка данных пользователя", "Папка с базой и файлами.", env="DATA_DIR", cli="--data-dir", factory=default_data_dir
    )
    database_url: str = _option(TEXT, "", "База данных; пусто — SQLite в `data_dir`.", env="DATABASE_URL", secret=True)
    log_level: str = _option(one_of(*LOG_LEVELS), "info", "Подробность журнала.", env="LOG_LEVEL", cli="--log-level")
    debug: bool = _option(
        FLAG, False, "Подробный журнал для разработки; наружу ничего лишнего не отдаёт.", env="FREEGPT_DEBUG", cli="--debug"
    )
    open_browser: bool = _option(
        FLAG, True, "Открыть страницу в браузере после запуска.", env="FREEGPT_OPEN_BROWSER", cli="--no-browser"
    )
    language: str = _option(
        LANGUAGE, "ru", "Язык страницы, пока человек не выбрал свой, а его браузер просит незнакомый.", env="FREEGPT_LANGUAGE"
    )

    owner_password: str = _option(
        PASSWORD, "", "Пароль владельца. Обычно его задаёт `python3 run.py password`.", env="OWNER_PASSWORD", secret=True
    )
    allowed_hosts: tuple[str, ...] = _option(
        HOST_NAMES,
        (),
        "Имена, по которым страницу можно открыть, кроме адреса самой машины.",
        env="ALLOWED_HOSTS",
    )
    trusted_proxies: tuple[str, ...] = _option(
        NETWORKS,
        (),
        "Прокси, чьим заголовкам `X-Forwarded-*` верить: адреса или сети.",
        env="TRUSTED_PROXIES",
    )
    sharing: bool = _option(FLAG, True, "Можно ли открыть беседу другим по ссылке, без входа.", env="FREEGPT_SHARING")

    threads: int = _option(
        whole(4, 1024),
        16,
        "Сколько коротких запросов обрабатывать сразу; ответы моделей потоков не занимают.",
        env="FREEGPT_THREADS",
    )
    connection_limit: int = _option(
        whole(16, 100_000), 4000, "Сколько соединений держать открытыми.", env="FREEGPT_CONNECTION_LIMIT"
    )
    max_body_bytes: int = _option(
        whole(65_536, 1 << 30), 10 * MEBIBYTE, "Наибольшее тело запроса, в байтах.", env="FREEGPT_MAX_BODY_BYTES"
    )
    max_running: int = _option(
        whole(0, 100_000), 0, "Сколько ответов писать одновременно; 0 — без предела.", env="FREEGPT_MAX_RUNNING"
    )
    stop_grace_seconds: int = _option(
        whole(0, 600), 25, "Сколько секунд ждать незаконченные ответы при остановке.", env="FREEGPT_STOP_GRACE_SECONDS"
    )

    default_model: str = _option(TEXT, "", "Модель, выбранная по умолчанию.", env="FREEGPT_DEFAULT_MODEL")
    default_provider: str = _option(TEXT, "", "Поставщик, выбранный по умолчанию.", env="FREEGPT_DEFAULT_PROVIDER")
    failover_chain: tuple[str, ...] = _option(
        NAMES, (), "Кого спросить по порядку, если выбранный поставщик не отвечает.", env="FREEGPT_FAILOVER_CHAIN"
    )
    titles: str = _option(
        one_of("model", "words"),
        "model",
        "Кто называет беседы: сама модель после первого ответа (короткий лишний вопрос к ней) или первые слова вопроса.",
        env="FREEGPT_TITLES",
    )
    discovery: bool = _option(FLAG, True, "Искать серверы моделей на этой машине.", env="FREEGPT_DISCOVERY")
    discovery_hosts: tuple[str, ...] = _option(
        HOST_NAMES,
        (),
        "Где искать ещё, кроме этой машины; только частные адреса.",
        env="FREEGPT_DISCOVERY_HOSTS",
    )
    discovery_ports: Mapping[str, tuple[int, ...]] = _option(
        PORTS, {}, 'На каких портах искать, если не на обычных: `{"llama.cpp": [8080]}`.', factory=dict
    )
    providers: Mapping[str, ProviderConfig] = _option(
        Kind("объект", _providers),
        {},
        "Поставщики по имени: `enabled`, `base_url`, `api_key`, `models`, `headers`, `title`, `options`.",
        secret=True,
        factory=dict,
    )
    endpoints: tuple[Endpoint, ...] = _option(
        Kind("список объектов", _endpoints),
        (),
        "Свои серверы с языком OpenAI: `name`, `base_url`, `api_key`, `models`, `headers`.",
        secret=True,
    )
    prices: Mapping[str, Prices] = _option(
        Kind("объект", _prices),
        {},
        "Цены моделей в долларах за миллион токенов: "
        '`{"gpt-4o": {"prompt": 2.5, "completion": 10}}`; ключ — модель или `Поставщик/модель`.',
        factory=dict,
    )
    deadlines: Mapping[str, int] = _option(
        Kind("объект", _deadlines),
        {},
        "Сроки для поставщиков в секундах, вместо обычных: `connect`, `first_byte`, `idle`, `content`, `total`.",
        factory=dict,
    )
    """Only what the operator said: fields of ``g4f.transport.Deadlines`` to replace."""
    ca_file: Path | None = _option(
        OPTIONAL_PATH, None, "Файл PEM с дополнительными корневыми сертификатами.", env="FREEGPT_CA_FILE"
    )

    sources: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    """Where each value that is not a default came from: "config.json", the variable or the flag."""

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach the port."""
        return is_loopback(self.host)

    @property
    def public(self) -> bool:
        """Whether anybody beyond this machine is meant to come in; then an owner password is required.

        A trusted proxy counts: nginx rewrites Host by default, so its visitors look like local ones.
        """
        return not self.loopback or bool(self.allowed_hosts) or bool(self.trusted_proxies)

    def check_providers(self, known: Iterable[str]) -> None:
        """Raise ``SettingsError`` if ``providers``, ``failover_chain`` or ``default_provider`` names nobody in ``known``."""
        names = {*known, *(endpoint.name for endpoint in self.endpoints)}
        for setting, used in (
            ("providers", self.providers), ("failover_chain", self.failover_chain), ("default_provider", [self.default_provider])
        ):  # fmt: skip
            for name in used:
                if name and name not in names:
                    raise SettingsError(f"Настройка {setting}: нет поставщика «{name}»{_nearest(name, names)}.")


SETTINGS: tuple[Setting, ...] = tuple(
    Setting(item.name, *item.metadata["row"]) for item in fields(Settings) if "row" in item.metadata
)


class ProviderVariable(NamedTuple):
    """An environment variable about one provider. ``field`` is one of its ``ProviderConfig``, or ``options.<name>``."""

    env: str
    provider: str
    field: str
    kind: Kind = SECRET


PROVIDER_VARIABLES: tuple[ProviderVariable, ...] = (
    ProviderVariable("OPENAI_API_KEY", "OpenAI", "api_key"),
    ProviderVariable("OPENAI_BASE_URL", "OpenAI", "base_url", ADDRESS),
    ProviderVariable("OPENROUTER_API_KEY", "OpenRouter", "api_key"),
    ProviderVariable("DEEPSEEK_API_KEY", "DeepSeek", "api_key"),
    ProviderVariable("MISTRAL_API_KEY", "Mistral", "api_key"),
    ProviderVariable("GROQ_API_KEY", "Groq", "api_key"),
    ProviderVariable("TOGETHER_API_KEY", "Together", "api_key"),
    ProviderVariable("YANDEX_API_KEY", "YandexAIStudio", "api_key"),
    ProviderVariable("YANDEX_FOLDER_ID", "YandexAIStudio", "options.folder", TEXT),
    ProviderVariable("OLLAMA_API_KEY", "Ollama", "api_key"),
    ProviderVariable("OLLAMA_HOST", "Ollama", "base_url", OLLAMA_ADDRESS),
    ProviderVariable("G4F_BING_URL", "Bing", "base_url", ADDRESS),
    ProviderVariable("G4F_YQCLOUD_URL", "Yqcloud", "base_url", ADDRESS),
    ProviderVariable("G4F_LIAOBOTS_URL", "Liaobots", "base_url", ADDRESS),
    ProviderVariable("G4F_LIAOBOTS_AUTH", "Liaobots", "api_key"),
    ProviderVariable("G4F_AILS_URL", "Ails", "base_url", ADDRESS),
    ProviderVariable("G4F_AILS_SECRET", "Ails", "api_key"),
)


# --- reading ---------------------------------------------------------------------------------------------------------------------


def load(config_file: Path, environ: Mapping[str, str], arguments: Mapping[str, Any] | None = None) -> Settings:
    """The settings of this start. A missing config file is an empty one. Raises ``SettingsError``."""
    config_file = config_file.absolute()
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    _take_file(_without_history(_expand(_read_json(config_file), environ, config_file.name)), config_file, values, sources)
    _take_environment(environ, values, sources)
    _take_arguments(arguments or {}, values, sources)
    return Settings(**values, sources=sources)


def is_loopback(host: str) -> bool:
    """Whether ``host`` can only mean this machine."""
    import ipaddress

    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _read_json(file: Path) -> dict[str, Any]:
    try:
        value = json.loads(file.read_text(encoding="utf-8-sig"), object_pairs_hook=_without_repetition)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SettingsError(f"Не удалось прочитать {file}: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise SettingsError(f"Файл {file.name} должен быть в кодировке UTF-8.") from None
    except json.JSONDecodeError as error:
        raise SettingsError(f"{file.name}, строка {error.lineno}, знак {error.colno}: это не JSON.") from None
    except ValueError as error:
        raise SettingsError(f"{file.name}: {error}.") from None
    if not isinstance(value, dict):
        raise SettingsError(f"{file.name}: нужен объект в фигурных скобках.")
    value.pop("$schema", None)
    return value


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name, value in pairs:
        if name in result:
            raise ValueError(f"ключ «{name}» встречается дважды")
        result[name] = value
    return result


def _expand(value: Any, environ: Mapping[str, str], where: str) -> Any:
    """Replace ``${NAME}`` in every string by the environment's value; ``$${NAME}`` stays as ``${NAME}``."""

    def one(match: re.Match[str]) -> str:
        if match[0].startswith("$$"):
            return match[0][1:]
        if match[1] not in environ:
            raise SettingsError(f"{where}: переменная окружения {match[1]} не задана.")
        return environ[match[1]]

    if isinstance(value, str):
        return re.sub(r"\$?\$\{(\w+)\}", one, value)
    if isinstance(value, list):
        return [_expand(item, environ, where) for item in value]
    if isinstance(value, dict):
        return {name: _expand(item, environ, where) for name, item in value.items()}
    return value


def _without_history(config: dict[str, Any]) -> dict[str, Any]:
    """The config with the keys of the older programs turned into today's. They keep their meaning."""
    today = dict(config)
    old = today.pop("site_config", {})
    if not isinstance(old, dict):
        raise SettingsError("config.json: site_config — нужен объект с host, port и debug.")
    for name, value in old.items():
        if name not in ("host", "port", "debug"):
            raise SettingsError(f"config.json: в site_config нет ключа «{name}»{_nearest(name, ('host', 'port', 'debug'))}.")
        if name in today:
            raise SettingsError(f"config.json: {name} задан дважды: сам по себе и в site_config.")
        today[name] = value
    if today.pop("use_auto_proxy", False):
        raise SettingsError("config.json: use_auto_proxy больше нет; прокси задают переменные HTTP_PROXY и HTTPS_PROXY.")
    for name in ("openai_key", "openai_api_key"):
        key = today.pop(name, "")
        if key:
            providers = today.setdefault("providers", {})
            if isinstance(providers, dict) and isinstance(providers.setdefault("OpenAI", {}), dict):
                providers["OpenAI"].setdefault("api_key", key)
    return today


def _take_file(config: Mapping[str, Any], file: Path, values: dict[str, Any], sources: dict[str, str]) -> None:
    rows = {row.name: row for row in SETTINGS}
    files = {f"{row.name}_file": row for row in SETTINGS if row.secret and row.env}
    for name, raw in config.items():
        row = rows.get(name) or files.get(name)
        if row is None:
            raise SettingsError(f"{file.name}: нет настройки «{name}»{_nearest(name, [*rows, *files, 'site_config'])}.")
        if row.name in values:
            raise SettingsError(f"{file.name}: {row.name} задан дважды, второй раз — файлом.")
        with _reading(f"{file.name}: {name}"):
            value = _read_secret_file(PATH.read(raw, file.parent)) if name in files else raw
            values[row.name] = row.kind.read(value, file.parent)
        sources[row.name] = file.name


def _take_environment(environ: Mapping[str, str], values: dict[str, Any], sources: dict[str, str]) -> None:
    for row in SETTINGS:
        value = _variable(environ, row.env, secret=row.secret) if row.env else None
        if value is not None:
            with _reading(row.env):
                values[row.name] = row.kind.read(value, Path.cwd())
            sources[row.name] = row.env
    providers = dict(values.get("providers", {}))
    for told in PROVIDER_VARIABLES:
        value = _variable(environ, told.env, secret=told.kind is SECRET)
        if value is not None:
            with _reading(told.env):
                read = told.kind.read(value, Path.cwd())
            providers[told.provider] = _with_field(providers.get(told.provider, ProviderConfig()), told.field, read)
            sources[f"providers.{told.provider}.{told.field}"] = told.env
    if providers:
        values["providers"] = providers


def _variable(environ: Mapping[str, str], name: str, *, secret: bool) -> str | None:
    """The variable's value, or for a secret the content of the file that ``<name>_FILE`` names. Empty counts as not set."""
    value = environ.get(name, "")
    file = environ.get(f"{name}_FILE", "") if secret else ""
    if value and file:
        raise SettingsError(f"Заданы и {name}, и {name}_FILE: оставьте что-то одно.")
    if file:
        with _reading(f"{name}_FILE"):
            return _read_secret_file(Path(file).expanduser())
    return value or None


def _with_field(config: ProviderConfig, name: str, value: Any) -> ProviderConfig:
    if name.startswith("options."):
        return replace(config, options={**config.options, name.removeprefix("options."): value})
    changed: Mapping[str, Any] = {name: value}
    return replace(config, **changed)


def _take_arguments(arguments: Mapping[str, Any], values: dict[str, Any], sources: dict[str, str]) -> None:
    rows = {row.name: row for row in SETTINGS}
    for name, raw in arguments.items():
        if raw is not None:
            with _reading(rows[name].cli or name):
                values[name] = rows[name].kind.read(raw, Path.cwd())
            sources[name] = rows[name].cli


@contextmanager
def _reading(where: str) -> Iterator[None]:
    """Turn the ``ValueError`` of a reader into one sentence that says where the value stands, and never the value."""
    try:
        yield
    except ValueError as error:
        raise SettingsError(f"{where}: {error}.") from None


def _read_secret_file(file: Path) -> str:
    try:
        text = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise ValueError(f"не удалось прочитать файл {file}") from None
    if not text:
        raise ValueError(f"файл {file} пуст")
    return text


def _nearest(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"; может быть, «{near[0]}»" if near else ""
