"""The operator's decisions: where they come from, which wins, how a mistake is answered; and the documentation knows them all."""

from __future__ import annotations

import dataclasses
import inspect
import json
from pathlib import Path
from typing import Any

import pytest

from g4f import registry
from g4f.base import Endpoint, Provider, ProviderConfig
from g4f.transport import Deadlines
from server.languages import LANGUAGES
from server.settings import PROVIDER_VARIABLES, SETTINGS, Setting, Settings, SettingsError, load

ROOT = Path(__file__).parents[2]
SECRET = "sk-very-secret-0123456789"


@pytest.fixture
def config(tmp_path: Path):
    """Writes config.json and reads it with an environment and arguments."""

    def read(content: Any = None, environ: dict[str, str] | None = None, **arguments: Any) -> Settings:
        file = tmp_path / "config.json"
        if content is not None:
            file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return load(file, {"DATA_DIR": str(tmp_path / "data"), **(environ or {})}, arguments)

    return read


def refusal(config: Any, *arguments: Any, **named: Any) -> str:
    with pytest.raises(SettingsError) as caught:
        config(*arguments, **named)
    return str(caught.value)


# --- the table and its documentation ---------------------------------------------------------------------------------------------


def documented_row(row: Setting) -> str:
    default = {True: "да", False: "нет"}.get(row.default, row.default) if isinstance(row.default, bool) else row.default
    if row.name != "data_dir":
        default = "—" if default in ("", (), {}, None) else f"`{default}`"
    variables = f"`{row.env}`, `{row.env}_FILE`" if row.env and row.secret else f"`{row.env}`" if row.env else "—"
    return f"| `{row.name}` | {row.kind.name} | {default} | {variables} | {f'`{row.cli}`' if row.cli else '—'} | {row.help_ru} |"


def test_the_documentation_lists_every_setting_as_it_is() -> None:
    text = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
    documented = [line for line in text.splitlines() if line.startswith("| `") and line.count(" | ") == 5]
    assert documented == [documented_row(row) for row in SETTINGS]


def test_the_documentation_lists_every_variable_of_a_provider() -> None:
    text = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
    documented = [line for line in text.splitlines() if line.startswith("| `") and line.count(" | ") == 1]
    assert documented == [f"| `{told.env}` | `providers.{told.provider}.{told.field}` |" for told in PROVIDER_VARIABLES]


def test_every_flag_of_the_command_line_belongs_to_a_setting() -> None:
    import run

    options = run.read_arguments(
        ["--host", "h", "--port", "1", "--data-dir", "d", "--log-level", "debug", "--no-browser", "--debug"]
    )
    flags = {f"--{name.replace('_', '-')}" for name in vars(options)} - {"--command", "--config", "--file", "--offline", "--remove"}
    assert flags == {row.cli for row in SETTINGS if row.cli}


def test_a_default_is_what_the_table_says() -> None:
    settings = Settings(data_dir=Path("x"))
    for row in SETTINGS:
        if row.name != "data_dir":
            assert getattr(settings, row.name) == row.default


def test_the_shipped_config_changes_nothing(tmp_path: Path) -> None:
    environ = {"DATA_DIR": str(tmp_path)}
    assert load(ROOT / "config.json", environ) == load(tmp_path / "none.json", environ)


def test_the_variables_of_providers_are_those_that_the_providers_name() -> None:
    classes = registry.providers()
    told = {(item.provider, item.field): item.env for item in PROVIDER_VARIABLES}
    assert {provider for provider, _ in told} <= classes.keys()
    for name, provider in classes.items():
        for field, variable in (("api_key", provider.key_variable), ("base_url", provider.base_url_variable)):
            if variable:
                assert told.get((name, field)) == variable, f"{name}.{field}"


def test_the_fields_of_a_provider_are_those_of_its_config(config: Any) -> None:
    texts = {"base_url": "http://a.test/v1", "api_key": "k", "title": "T"}
    values: dict[str, Any] = {**texts, "enabled": True, "models": ["m"], "headers": {"X": "1"}, "options": {"o": "1"}}
    assert values.keys() == {field.name for field in dataclasses.fields(ProviderConfig)}
    read = config({"providers": {"OpenAI": values}}).providers["OpenAI"]
    assert read == ProviderConfig(**{**values, "models": ("m",)})


def test_the_deadlines_are_those_of_the_transport(config: Any) -> None:
    names = inspect.signature(Deadlines).parameters
    assert config({"deadlines": dict.fromkeys(names, 7)}).deadlines == dict.fromkeys(names, 7)


# --- where a value comes from ----------------------------------------------------------------------------------------------------


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(config: Any) -> None:
    assert config().port == 1338
    assert config({"port": 1}).port == 1
    assert config({"port": 1}, {"PORT": "2"}).port == 2
    last = config({"port": 1}, {"PORT": "2"}, port="3")
    assert (last.port, last.sources["port"]) == (3, "--port")


def test_an_empty_variable_counts_as_not_set(config: Any) -> None:
    assert config({"port": 5}, {"PORT": ""}).port == 5


def test_an_argument_that_was_not_given_changes_nothing(config: Any) -> None:
    assert config({"debug": True}, debug=None, open_browser=None).debug is True


def test_a_value_of_the_file_may_name_a_variable(config: Any) -> None:
    read = config({"default_model": "${MODEL}-x", "language": "en", "failover_chain": ["$${A}"]}, {"MODEL": "m"})
    assert (read.default_model, read.failover_chain) == ("m-x", ("${A}",))


def test_a_variable_that_is_not_there_is_named(config: Any) -> None:
    assert "переменная окружения NOWHERE не задана" in refusal(config, {"default_model": "${NOWHERE}"})


def test_relative_paths_of_the_file_belong_to_the_file(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"data_dir": "here", "ca_file": "root.pem"}')
    read = load(tmp_path / "config.json", {})
    assert (read.data_dir, read.ca_file) == (tmp_path / "here", tmp_path / "root.pem")


def test_a_relative_path_of_the_environment_belongs_to_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load(tmp_path / "a" / "config.json", {"DATA_DIR": "there"}).data_dir == tmp_path / "there"


def test_the_historical_keys_keep_their_meaning(config: Any) -> None:
    read = config(
        {"site_config": {"host": "0.0.0.0", "port": 1337, "debug": True}, "url_prefix": "/chat/", "use_auto_proxy": False}
    )
    assert (read.host, read.port, read.debug, read.url_prefix, read.public) == ("0.0.0.0", 1337, True, "/chat", True)


@pytest.mark.parametrize("name", ["openai_key", "openai_api_key"])
def test_a_historical_key_of_openai_is_still_a_key_of_openai(config: Any, name: str) -> None:
    assert config({name: SECRET}).providers["OpenAI"].api_key == SECRET


# --- providers -------------------------------------------------------------------------------------------------------------------


def test_a_variable_joins_what_the_file_says_about_a_provider(config: Any) -> None:
    read = config({"providers": {"OpenAI": {"models": ["a"], "api_key": "old"}}}, {"OPENAI_API_KEY": SECRET}).providers["OpenAI"]
    assert (read.models, read.api_key) == (("a",), SECRET)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("box", "http://box:11434"),
        ("box:99", "http://box:99"),
        ("https://box/ollama/", "https://box:443/ollama"),
        ("[::]:5", "http://127.0.0.1:5"),
        ("::1", "http://[::1]:11434"),
    ],
)
def test_the_address_of_ollama_is_understood_as_people_write_it(config: Any, written: str, meant: str) -> None:
    assert config(environ={"OLLAMA_HOST": written}).providers["Ollama"].base_url == meant


def test_own_endpoints_are_read(config: Any) -> None:
    read = config(
        {"endpoints": [{"name": "Мой", "base_url": "http://10.0.0.5:8000/v1/", "api_key": "${K}", "models": "a, b"}]}, {"K": SECRET}
    )
    assert read.endpoints == (Endpoint("Мой", "http://10.0.0.5:8000/v1", SECRET, ("a", "b")),)


def test_two_endpoints_cannot_share_a_name(config: Any) -> None:
    one = {"name": "A", "base_url": "http://a.test"}
    assert "встречается дважды" in refusal(config, {"endpoints": [one, one]})


def test_a_provider_that_nobody_knows_is_refused_with_the_nearest_name(config: Any) -> None:
    with pytest.raises(SettingsError, match="нет поставщика «OpneAI»; может быть, «OpenAI»"):
        config({"providers": {"OpneAI": {}}}).check_providers(["OpenAI", "Ollama"])


# --- secrets ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("variable", [told.env for told in PROVIDER_VARIABLES if told.kind.read is PROVIDER_VARIABLES[0].kind.read])
def test_every_secret_may_lie_in_a_file(config: Any, tmp_path: Path, variable: str) -> None:
    (tmp_path / "secret").write_text(SECRET + "\n")
    told = next(item for item in PROVIDER_VARIABLES if item.env == variable)
    read = config(environ={f"{variable}_FILE": str(tmp_path / "secret")}).providers[told.provider]
    assert SECRET in (read.api_key, *read.options.values())


def test_the_owner_password_may_lie_in_a_file_named_anywhere(config: Any, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("пароль с пробелом\n", encoding="utf-8")
    assert config({"owner_password_file": "secret"}).owner_password == "пароль с пробелом"
    assert config({}, {"OWNER_PASSWORD_FILE": str(tmp_path / "secret")}).owner_password == "пароль с пробелом"


def test_a_key_of_a_provider_may_lie_in_a_file_named_in_the_config(config: Any, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(SECRET)
    assert config({"providers": {"Groq": {"api_key_file": "secret"}}}).providers["Groq"].api_key == SECRET


def test_a_secret_given_twice_is_refused(config: Any, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(SECRET)
    both = {"OWNER_PASSWORD": "x", "OWNER_PASSWORD_FILE": str(tmp_path / "secret")}
    assert refusal(config, None, both) == "Заданы и OWNER_PASSWORD, и OWNER_PASSWORD_FILE: оставьте что-то одно."


@pytest.mark.parametrize("content", ["", None])
def test_a_secret_file_that_says_nothing_is_refused(config: Any, tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "secret").write_text(content)
    assert "OPENAI_API_KEY_FILE" in refusal(config, None, {"OPENAI_API_KEY_FILE": str(tmp_path / "secret")})


def test_secrets_are_not_shown(config: Any) -> None:
    read = config(
        {
            "owner_password": SECRET,
            "database_url": f"postgresql://u:{SECRET}@db/x",
            "providers": {"OpenAI": {"api_key": SECRET, "headers": {"X-Key": SECRET}, "options": {"auth": SECRET}}},
            "endpoints": [{"name": "a", "base_url": "http://a.test", "api_key": SECRET, "headers": {"X": SECRET}}],
        }
    )
    assert SECRET not in repr(read)
    assert SECRET not in repr(read.providers)
    assert SECRET not in repr(read.endpoints)
    assert SECRET not in repr(read.sources)


def test_a_refused_key_is_not_repeated(config: Any) -> None:
    said = refusal(config, {"providers": {"OpenAI": {"api_key": SECRET + "ё"}}})
    assert "недопустимые знаки" in said
    assert SECRET not in said


# --- mistakes --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"prot": 1}, "config.json: нет настройки «prot»; может быть, «port»."),
        ({"site_config": {"prot": 1}}, "config.json: в site_config нет ключа «prot»; может быть, «port»."),
        ({"site_config": {"port": 1}, "port": 2}, "config.json: port задан дважды: сам по себе и в site_config."),
        ({"port": 70000}, "config.json: port: нужно целое число от 0 до 65535."),
        ({"port": True}, "config.json: port: нужно целое число от 0 до 65535."),
        ({"port": 1.5}, "config.json: port: нужно целое число от 0 до 65535."),
        ({"debug": "maybe"}, "config.json: debug: нужно true или false."),
        ({"language": "xx"}, f"config.json: language: нужно одно из: {', '.join(LANGUAGES)}."),
        (
            {"providers": {"OpenAI": {"api_kye": 1}}},
            "config.json: providers: providers.OpenAI: нет поля «api_kye»; может быть, «api_key».",
        ),
        ({"prices": []}, 'config.json: prices: нужен объект вида {"gpt-4o": {"prompt": 2.5, "completion": 10}}.'),
        ({"prices": {"a": {"in": 1}}}, 'config.json: prices: prices.a: нужен объект вида {"prompt": 2.5, "completion": 10}.'),
        (
            {"prices": {"a": {"prompt": -1}}},
            "config.json: prices: prices.a.prompt: нужна цена миллиона токенов в долларах, число от 0 до 1000000.",
        ),
        ({"deadlines": {"idle": 0}}, "config.json: deadlines: deadlines.idle: нужно целое число от 1 до 86400."),
        ({"endpoints": [{"name": "a"}]}, "config.json: endpoints: endpoints[1]: нужны name и base_url."),
        (
            {"trusted_proxies": ["*"]},
            "config.json: trusted_proxies: «*» — не адрес и не сеть, например 127.0.0.1 или 172.18.0.0/16.",
        ),
        ({"url_prefix": "/../etc"}, "config.json: url_prefix: нужен путь из латинских букв, цифр и дефисов, например /chat."),
        ('{"port": 1,\n "port": 2}', "config.json: ключ «port» встречается дважды."),
        ('{"port": 1\n "host": 2}', "config.json, строка 2, знак 2: это не JSON."),
        ("[]", "config.json: нужен объект в фигурных скобках."),
        ({"use_auto_proxy": True}, "config.json: use_auto_proxy больше нет; прокси задают переменные HTTP_PROXY и HTTPS_PROXY."),
    ],
)
def test_a_mistake_is_answered_by_one_sentence(config: Any, content: Any, said: str) -> None:
    assert refusal(config, content) == said


@pytest.mark.parametrize("name", ["*", "http://a.test", "a.test:80", "a.test/x", "*.a.test"])
def test_an_allowed_host_is_a_plain_name(config: Any, name: str) -> None:
    assert "не имя узла" in refusal(config, {"allowed_hosts": [name]})


def test_a_mistake_of_the_environment_names_the_variable(config: Any) -> None:
    assert refusal(config, None, {"PORT": "много"}).startswith("PORT: ")


def test_a_file_that_is_not_unicode_is_refused(config: Any, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_bytes('{"default_model": "модель"}'.encode("cp1251"))
    assert "кодировке UTF-8" in refusal(config)


def test_a_byte_order_mark_from_a_windows_editor_is_no_mistake(config: Any, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_bytes(b'\xef\xbb\xbf{"port": 7}')
    assert config().port == 7


# --- who can reach the port ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost"])
def test_loopback_is_not_public(config: Any, host: str) -> None:
    assert not config({"host": host}).public


@pytest.mark.parametrize(
    "content",
    [
        {"host": "0.0.0.0"},
        {"host": "::"},
        {"host": "192.168.0.7"},
        {"host": "box"},
        {"allowed_hosts": ["a.test"]},
        {"trusted_proxies": ["127.0.0.1"]},
    ],
)
def test_everything_beyond_this_machine_is_public(config: Any, content: dict[str, Any]) -> None:
    assert config(content).public


def test_a_provider_class_is_what_the_registry_holds() -> None:
    assert all(issubclass(item, Provider) for item in registry.providers().values())
