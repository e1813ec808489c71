"""Who is let in: exposure (A-002), closed routes (A-007, A-015), redirects (A-017), the password (A-018, A-019), guessing (A-020,
A-021), the cookie and the sessions (A-023 to A-027, A-029)."""

from __future__ import annotations

import contextlib
import hashlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from server import auth, limiter, passwords, running_app
from server.auth import DAY, PUBLIC, Auth, check_exposure, remove_password, set_password
from server.context import KEY, Services
from server.errors import ApiError
from server.passwords import WeakPassword
from server.settings import Settings, SettingsError
from server.storage import tables
from server.storage.accounts import Accounts, Failure
from server.storage.database import Database, temporary
from tests.server.test_guard import routes

API = "/backend-api/v2"
PASSWORD = "верная лошадь батарея скрепка"
NOON = 1_800_000_000.0
PROXY = "10.0.0.1"
HTTPS = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}


class Clock:
    """Goes only when told."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with temporary(tmp_path / "own") as database:
        yield database


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def account(database: Database, clock: Clock) -> Auth:
    """The owner's account, with a password, without HTTP."""
    made = Auth(Settings(), Accounts(database), clock)
    made.set_password(PASSWORD)
    return made


@pytest.fixture
def closed_app(settings: Settings) -> Iterator[Flask]:
    """The real application with a password, behind a proxy that it knows."""
    settings = replace(settings, owner_password=PASSWORD, trusted_proxies=(PROXY,), allowed_hosts=("chat.example.org",))
    with running_app(settings) as app:
        yield app


@pytest.fixture
def stranger(closed_app: Flask) -> FlaskClient:
    return closed_app.test_client()


def login(client: FlaskClient, password: str = PASSWORD, **more: Any) -> TestResponse:
    return client.post(f"{API}/auth/login", json={"password": password}, **more)


def cookie_of(response: TestResponse) -> SimpleCookie:
    cookie = SimpleCookie()
    for header in response.headers.getlist("Set-Cookie"):
        cookie.load(header)
    return cookie


def code(response: TestResponse) -> str:
    assert response.json is not None
    return str(response.json["error"]["code"])


@pytest.fixture
def hashings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every password that argon2 is asked about; it is not really computed."""
    asked: list[str] = []

    def matches(password_hash: str, password: str) -> bool:
        asked.append(password)
        return password == PASSWORD

    monkeypatch.setattr(passwords, "matches", matches)
    return asked


#


@pytest.mark.parametrize(
    "public",
    [
        {"host": "0.0.0.0"},
        {"host": "::"},
        {"host": "192.168.7.5"},
        {"allowed_hosts": ("a.org",)},
        {"trusted_proxies": ("10.0.0.1",)},
    ],
)
def test_a_002_without_a_password_only_this_machine_comes_in(database: Database, public: dict[str, Any]) -> None:
    made = Auth(Settings(), Accounts(database))
    check_exposure(Settings(), made)
    with pytest.raises(SettingsError, match="пароля нет"):
        check_exposure(Settings(**public), made)
    made.set_password(PASSWORD)
    check_exposure(Settings(**public), made)


#


def test_a_007_every_route_is_closed_except_the_listed(closed_app: Flask, stranger: FlaskClient) -> None:
    answered = set()
    for method, path in routes(closed_app, "GET", "HEAD", "OPTIONS", "POST", "PATCH", "PUT", "DELETE"):
        endpoint, _ = closed_app.url_map.bind("").match(path, method=method)
        response = stranger.open(path, method=method, headers={"Sec-Fetch-Mode": "cors"}, json={} if method == "POST" else None)
        if endpoint in PUBLIC:
            answered.add(endpoint)
            assert response.status_code != 401, (method, path)
        else:
            assert response.status_code == 401, (method, path)
            assert method == "HEAD" or code(response) == "login_required"
    assert answered == PUBLIC  # the list names nothing that is not there
    assert sorted(PUBLIC) == [
        "auth.login",
        "auth.session",
        "health.health",
        "health.ready",
        "installing.manifest",
        "installing.opensearch",
        "installing.service_worker",
        "pages.favicon",
        "pages.login",
        "pages.preview",
        "pages.robots",
        "pages.shared",
        "pages.versioned",
        "shared.show",
    ]


def test_a_007_with_a_session_they_are_open(closed_app: Flask, stranger: FlaskClient) -> None:
    login(stranger)
    for method, path in routes(closed_app, "GET"):
        assert stranger.open(path, method=method).status_code != 401, path


def test_a_015_loopback_is_nobody(stranger: FlaskClient) -> None:
    assert stranger.get(f"{API}/conversations", environ_overrides={"REMOTE_ADDR": "127.0.0.1"}).status_code == 401


def test_without_a_password_everybody_here_is_the_owner(client: FlaskClient) -> None:
    assert client.get(f"{API}/conversations").status_code == 200
    assert client.get(f"{API}/auth/session").json == {"login_required": False, "signed_in": True}
    assert code(login(client)) == "bad_request"
    assert client.post(f"{API}/auth/logout").status_code == 204


#


@pytest.mark.parametrize(
    "path", ["/", "/chat/", "/chat/abc", "/help/ru/access.md", "/chat/evil.test", "/chat/abc?next=//evil.test"]
)
@pytest.mark.parametrize("prefix", ["", "/sub/path"])
def test_a_017_a_person_is_sent_to_the_login_page_wherever_it_is(stranger: FlaskClient, path: str, prefix: str) -> None:
    response = stranger.get(path, environ_overrides={"SCRIPT_NAME": prefix})
    assert response.status_code == 303
    target = response.headers["Location"]
    page, _, wanted = target.partition("?next=")
    assert urljoin(f"https://chat.example.org{prefix}{path}", page) == f"https://chat.example.org{prefix}/login"
    assert page in ("login", "../login", "../../login", "../../../login", "../../../../login")
    assert unquote(wanted) == path.lstrip("/")
    assert not set("/:?&=#") & set(wanted)
    assert response.headers["Cache-Control"] == "no-store"


#


def test_a_018_the_stored_hash_is_argon2id(account: Auth, database: Database) -> None:
    stored = Accounts(database).password_hash("owner") or ""
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert PASSWORD not in stored


def test_a_018_a_hash_of_older_parameters_is_renewed_at_login(account: Auth, database: Database, clock: Clock) -> None:
    from argon2 import PasswordHasher

    old = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD.encode())
    Accounts(database).set_password_hash("owner", old, NOON)
    reopened = Auth(Settings(), Accounts(database), clock)
    token = reopened.login(PASSWORD, "127.0.0.1", "")
    assert "m=19456,t=2" in (Accounts(database).password_hash("owner") or "")
    assert reopened.session_owner(token) == "owner"
    reopened.login(PASSWORD, "127.0.0.1", "")


def test_a_018_at_most_two_passwords_are_hashed_at_once(account: Auth, monkeypatch: pytest.MonkeyPatch) -> None:
    three = threading.Barrier(3)
    met = []

    def matches(password_hash: str, password: str) -> bool:
        with contextlib.suppress(threading.BrokenBarrierError):
            three.wait(0.3)
            met.append(password)
        return True

    monkeypatch.setattr(passwords, "matches", matches)
    threads = [threading.Thread(target=account.verify_password, args=(PASSWORD, f"203.0.113.{n}")) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert met == []


#


@pytest.mark.parametrize("password", ["x" * 7, "кошка-7", "", "y" * 1025, "z" * 1_000_000])
def test_a_019_too_short_and_too_long_are_refused_unhashed(account: Auth, hashings: list[str], password: str) -> None:
    with pytest.raises(WeakPassword):
        account.set_password(password)
    with pytest.raises(ApiError) as refused:
        account.verify_password(password or "y" * 1025, "127.0.0.1") if len(password) > 1024 else account.verify_password(
            "", "127.0.0.1"
        )
    assert refused.value.status in (400, 401)
    assert hashings == []


GOOD = [
    "s7#kQ2!v",
    "пятнадцать-букв",
    "длинный пароль с пробелами и буквами " * 2,
    "🦊🐢🦉🐝🌵🍋🪁🧭",
    "до\u0000после-нуля",
    "четыре случайных слова подряд",
    "x7" + "yz q" * 255,
]


@pytest.mark.parametrize("password", GOOD)
def test_a_019_any_characters_are_welcome(account: Auth, password: str) -> None:
    account.set_password(password)
    account.verify_password(password, "127.0.0.1")


def test_a_019_nothing_is_cut_off(account: Auth) -> None:
    long = "очень длинная фраза " * 4
    account.set_password(long + "А")
    for wrong in (long + "Б", long, long + "А ", (long + "А")[:72]):
        with pytest.raises(ApiError, match="Wrong"):
            account.verify_password(wrong, "127.0.0.1")


def test_a_019_nul_cuts_nothing_off(account: Auth) -> None:
    account.set_password("до нуля\u0000после нуля")
    with pytest.raises(ApiError, match="Wrong"):
        account.verify_password("до нуля\u0000совсем другое", "127.0.0.1")


def test_a_019_one_letter_written_in_two_ways_is_one_letter(account: Auth) -> None:
    account.set_password("ёжик и йод в тумане")
    account.verify_password("е\u0308жик и и\u0306од в тумане", "127.0.0.1")


COMMON = [
    "password",
    "Password1",
    "P@ssw0rd2026!",
    "12345678",
    "1234567890",
    "87654321",
    "11111111",
    "абабабаб",
    "qwertyuiop",
    "йцукенгш",
    "1q2w3e4r5t",
    "1qaz2wsx",
    "iloveyou",
    "пароль123",
    "Привет2026",
    "passwordpassword",
    "changeme",
    "chatgpt1",
    "abcdefgh",
    "123123123",
    "football",
    "trustno1",
    "superman!",
    "starwars",
    "наташа1990",
    "gfhjkm123",
]


@pytest.mark.parametrize("password", COMMON)
def test_a_019_well_known_passwords_are_refused(password: str) -> None:
    with pytest.raises(WeakPassword, match=r"подбирают первыми"):
        passwords.check(password)


#


def attempt(account: Auth, password: str = "не тот пароль", address: str = "203.0.113.1") -> str:
    """The code of the refusal, or "in"."""
    try:
        account.login(password, address, "")
    except ApiError as error:
        return error.code
    return "in"


def test_a_020_two_hundred_guesses_cost_five_hashes(account: Auth, hashings: list[str]) -> None:
    token = account.login(PASSWORD, "127.0.0.1", "")
    hashings.clear()
    answers = [attempt(account, f"догадка {number}") for number in range(200)]
    assert answers == ["password_wrong"] * 5 + ["too_many_attempts"] * 195
    assert attempt(account, PASSWORD) == "too_many_attempts"
    assert len(hashings) == 5
    assert account.session_owner(token) == "owner"  # who is inside stays inside
    assert attempt(account, PASSWORD, address="198.51.100.1") == "in"  # and elsewhere the door is open


def test_a_020_guesses_from_fifty_addresses_cost_thirty_hashes(account: Auth, hashings: list[str]) -> None:
    token = account.login(PASSWORD, "127.0.0.1", "")
    hashings.clear()
    answers = [attempt(account, address=f"203.0.113.{number % 50}") for number in range(200)]
    assert answers.count("password_wrong") == len(hashings) == 30
    assert attempt(account, PASSWORD, address="198.51.100.1") == "too_many_attempts"
    assert account.session_owner(token) == "owner"


def test_a_020_guesses_at_the_same_moment_are_counted_too(account: Auth, hashings: list[str]) -> None:
    threads = [threading.Thread(target=attempt, args=(account,)) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(hashings) <= 5


def test_a_020_a_closed_door_costs_the_writer_nothing(account: Auth, hashings: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(5):
        attempt(account)
    monkeypatch.delattr(Accounts, "begin_attempt")
    assert attempt(account) == "too_many_attempts"


def test_a_020_the_wait_doubles_up_to_a_quarter_of_an_hour(account: Auth, clock: Clock, hashings: list[str]) -> None:
    waits = []
    for _ in range(5):
        attempt(account)
    for _ in range(9):
        with pytest.raises(ApiError) as refused:
            account.login(PASSWORD, "203.0.113.1", "")
        waits.append(refused.value.retry_after)
        clock.now += (refused.value.retry_after or 0) - 1
        assert attempt(account, PASSWORD) == "too_many_attempts"
        clock.now += 1
        assert attempt(account) == "password_wrong"
    assert waits == [30, 60, 120, 240, 480, 900, 900, 900, 900]
    clock.now += 900
    assert attempt(account, PASSWORD) == "in"
    assert attempt(account) == "password_wrong"  # the right password is a fresh start
    assert attempt(account, PASSWORD) == "in"


def test_a_020_five_slips_on_one_day_lock_nobody_out(account: Auth, clock: Clock, hashings: list[str]) -> None:
    for _ in range(12):
        assert attempt(account) == "password_wrong"
        clock.now += 100
    assert attempt(account, PASSWORD) == "in"


def test_a_020_a_restart_does_not_reset_the_limiter(account: Auth, database: Database, clock: Clock, hashings: list[str]) -> None:
    for _ in range(5):
        attempt(account)
    restarted = Auth(Settings(), Accounts(database), clock)
    assert attempt(restarted, PASSWORD) == "too_many_attempts"


def test_a_020_one_subscriber_of_ipv6_is_one_address(account: Auth, hashings: list[str]) -> None:
    for number in range(20):
        attempt(account, address=f"2001:db8:0:1::{number:x}")
    assert len(hashings) == 5
    assert attempt(account, PASSWORD, address="2001:db8:0:2::1") == "in"


def test_a_020_old_failures_are_forgotten(account: Auth, database: Database, clock: Clock, hashings: list[str]) -> None:
    attempt(account)
    clock.now += limiter.FORGET + 1
    attempt(account, address="198.51.100.1")
    assert [failure.address for failure in Accounts(database).failures("owner")] == ["198.51.100.1"]


def test_a_020_a_clock_that_was_set_back_keeps_nobody_out_for_long() -> None:
    failures = [Failure("a", NOON)] * 5
    assert limiter.opens_at(failures, "a", NOON) - NOON == limiter.FIRST_WAIT
    assert limiter.opens_at(failures, "a", NOON - 365 * DAY) == 0
    assert limiter.opens_at(failures, "a", NOON - 1) - NOON == limiter.FIRST_WAIT  # of the same moment, written down sooner


def test_a_020_who_failed_while_the_clock_was_ahead_gets_in(account: Auth, clock: Clock, hashings: list[str]) -> None:
    clock.now = NOON + 365 * DAY
    assert [attempt(account) for _ in range(6)] == ["password_wrong"] * 5 + ["too_many_attempts"]
    clock.now = NOON
    assert [attempt(account) for _ in range(6)] == ["password_wrong"] * 5 + ["too_many_attempts"]  # and counts as ever
    clock.now += limiter.FIRST_WAIT
    assert attempt(account, PASSWORD) == "in"


def test_a_020_over_http_the_refusal_says_when_to_come_back(stranger: FlaskClient, hashings: list[str]) -> None:
    answers = [login(stranger, "не тот пароль") for _ in range(8)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 3
    assert {code(answer) for answer in answers[:5]} == {"password_wrong"}
    assert code(answers[-1]) == "too_many_attempts"
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 30
    forged = login(stranger, PASSWORD, headers={"X-Forwarded-For": "198.51.100.7"})  # not from the proxy
    assert forged.status_code == 429
    assert login(stranger, environ_overrides={"REMOTE_ADDR": PROXY}, headers=HTTPS).status_code == 204


def test_a_021_every_door_shares_one_counter(account: Auth, hashings: list[str]) -> None:
    for _ in range(5):
        with pytest.raises(ApiError):
            account.verify_password("не тот пароль", "203.0.113.1")
    assert attempt(account, PASSWORD) == "too_many_attempts"


@pytest.mark.parametrize("body", [{}, {"password": 5}, {"password": None}, {"password": PASSWORD, "more": 1}, [], "x"])
def test_a_login_of_another_shape_is_refused(stranger: FlaskClient, body: Any) -> None:
    assert stranger.post(f"{API}/auth/login", json=body).status_code == 400


#


def test_a_023_the_cookie_on_this_machine(stranger: FlaskClient, closed_app: Flask) -> None:
    response = login(stranger, headers={"X-Forwarded-Proto": "https"})  # nobody believes that
    (cookie,) = cookie_of(response).values()
    assert not cookie.key.startswith("__")
    assert (cookie["samesite"], cookie["httponly"], cookie["secure"], cookie["path"], cookie["domain"]) == (
        "Strict",
        True,
        "",
        "/",
        "",
    )


def test_a_023_the_cookie_over_https(stranger: FlaskClient) -> None:
    response = login(stranger, environ_overrides={"REMOTE_ADDR": PROXY}, headers=HTTPS, base_url="https://chat.example.org")
    (cookie,) = cookie_of(response).values()
    assert cookie.key.startswith("__Host-")
    assert (cookie["samesite"], cookie["httponly"], cookie["secure"], cookie["path"], cookie["domain"]) == (
        "Lax",
        True,
        True,
        "/",
        "",
    )


def test_a_023_under_a_prefix_the_plain_cookie_stays_there() -> None:
    assert auth.cookie(Settings(url_prefix="/chat"), https=False).path == "/chat"
    assert auth.cookie(Settings(url_prefix="/chat"), https=True).path == "/"  # demanded by __Host-


def test_a_023_the_server_keeps_only_a_digest(stranger: FlaskClient, closed_app: Flask) -> None:
    tokens = {next(iter(cookie_of(login(stranger)).values())).value for _ in range(3)}
    services: Services = closed_app.extensions[KEY]
    rows = services.database.read(lambda connection: connection.execute(select(tables.session)).all())
    assert len(tokens) == 3
    assert all(len(token) >= 43 for token in tokens)
    assert {row.token_sha256 for row in rows} <= {hashlib.sha256(token.encode()).hexdigest() for token in tokens}
    assert not [token for token in tokens if token in repr(rows)]


#


def test_a_024_a_login_makes_a_new_session_and_ends_the_old(stranger: FlaskClient, closed_app: Flask) -> None:
    name = auth.cookie(closed_app.extensions[KEY].settings, https=False).name
    stranger.set_cookie(name, "chosen-by-somebody-else")
    assert stranger.get(f"{API}/conversations").status_code == 401
    first = cookie_of(login(stranger))[name].value
    assert first != "chosen-by-somebody-else"
    second = cookie_of(login(stranger))[name].value
    for token, status in {"chosen-by-somebody-else": 401, first: 401, second: 200, "x" * 3000: 401, "": 401}.items():
        stranger.set_cookie(name, token)
        assert stranger.get(f"{API}/conversations").status_code == status


def test_a_025_signing_out_kills_the_session(stranger: FlaskClient, closed_app: Flask) -> None:
    token = next(iter(cookie_of(login(stranger)).values()))
    other = closed_app.test_client()
    login(other)
    response = stranger.post(f"{API}/auth/logout", json={"everywhere": False})
    assert response.status_code == 204
    assert response.headers["Clear-Site-Data"] == '"cache", "cookies", "storage"'
    assert cookie_of(response)[token.key]["max-age"] == "0"
    stranger.set_cookie(token.key, token.value)
    assert stranger.get(f"{API}/conversations").status_code == 401
    assert stranger.get(f"{API}/auth/session").json == {"login_required": True, "signed_in": False}
    assert other.get(f"{API}/auth/session").json == {"login_required": True, "signed_in": True}


def test_a_025_signing_out_everywhere_kills_every_session(closed_app: Flask) -> None:
    browsers = [closed_app.test_client() for _ in range(3)]
    for browser in browsers:
        login(browser)
    assert browsers[0].post(f"{API}/auth/logout", json={"everywhere": True}).status_code == 204
    assert [browser.get(f"{API}/conversations").status_code for browser in browsers] == [401] * 3


Revoke = Callable[[Auth, str], None]
REVOCATIONS: list[Revoke] = [
    lambda account, token: account.set_password("другой хороший пароль"),
    lambda account, token: account.logout(token),
    lambda account, token: account.logout_everywhere(),
]


@pytest.mark.parametrize("revoke", REVOCATIONS)
def test_a_027_a_revoked_session_is_over_at_once(account: Auth, revoke: Revoke) -> None:
    token = account.login(PASSWORD, "127.0.0.1", "")
    assert account.still_valid(token)
    revoke(account, token)
    assert not account.still_valid(token)
    assert account.session_owner(token) is None


def test_a_027_an_open_stream_learns_of_it_within_five_seconds_wherever_it_was_revoked(
    account: Auth, database: Database, clock: Clock
) -> None:
    token = account.login(PASSWORD, "127.0.0.1", "")
    assert account.still_valid(token)
    Accounts(database).end_sessions("owner")
    clock.now += 5
    assert not account.still_valid(token)


def test_still_valid_asks_the_database_every_few_seconds_only(account: Auth, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    token = account.login(PASSWORD, "127.0.0.1", "")
    monkeypatch.setattr(account, "session_owner", lambda token: asked.append(token) or "owner")
    for _ in range(100):
        assert account.still_valid(token)
        clock.now += 0.1
    assert len(asked) == 2
    assert not account.still_valid(None)


def test_a_027_a_password_changed_during_a_login_wins(account: Auth, monkeypatch: pytest.MonkeyPatch) -> None:
    def change_meanwhile(password_hash: str, password: str) -> bool:
        account._change("$argon2id$v=19$m=19456,t=2,p=1$another")
        return True

    monkeypatch.setattr(passwords, "matches", change_meanwhile)
    monkeypatch.setattr(passwords, "is_outdated", lambda password_hash: False)
    assert attempt(account, PASSWORD) == "password_wrong"


#


def use(account: Auth, token: str, database: Database) -> str | None:
    """Whose session it is, once it is also written down that it was used."""
    owner = account.session_owner(token)
    database.write(lambda connection: None)
    return owner


def test_a_026_a_session_ends_after_thirty_days_unused(account: Auth, clock: Clock, database: Database) -> None:
    token = account.login(PASSWORD, "127.0.0.1", "")
    clock.now += 30 * DAY - 1
    assert use(account, token, database) == "owner"
    clock.now += 30 * DAY - 1
    assert use(account, token, database) == "owner"
    clock.now += 30 * DAY
    assert use(account, token, database) is None


def test_a_026_a_session_ends_after_ninety_days_however_used(account: Auth, clock: Clock, database: Database) -> None:
    token = account.login(PASSWORD, "127.0.0.1", "")
    for _ in range(89):
        clock.now += DAY
        assert use(account, token, database) == "owner"
    clock.now += DAY
    assert use(account, token, database) is None


def test_a_026_the_row_decides(account: Auth, database: Database) -> None:
    token = account.login(PASSWORD, "127.0.0.1", "")
    for moved in ({"expires_at": NOON}, {"expires_at": NOON + DAY, "seen_at": NOON - 30 * DAY}):
        database.write(lambda connection, moved=moved: connection.execute(update(tables.session).values(**moved)))  # type: ignore[misc]
        assert account.session_owner(token) is None


@pytest.mark.parametrize("jump", [-3600.0, 3600.0])
def test_a_026_a_jump_of_the_clock_signs_nobody_out(account: Auth, clock: Clock, jump: float) -> None:
    token = account.login(PASSWORD, "127.0.0.1", "")
    clock.now += jump
    assert account.session_owner(token) == "owner"
    clock.now = NOON + 90 * DAY
    assert account.session_owner(token) is None


def test_a_026_expired_sessions_are_removed(account: Auth, clock: Clock, database: Database) -> None:
    account.login(PASSWORD, "127.0.0.1", "")
    clock.now += 31 * DAY
    account.login(PASSWORD, "127.0.0.1", "")
    assert len(database.read(lambda connection: connection.execute(select(tables.session)).all())) == 1


#


def test_a_029_a_crowd_at_the_door_does_not_take_all_threads(account: Auth, monkeypatch: pytest.MonkeyPatch) -> None:
    held = threading.Event()
    waiting = threading.Semaphore(0)

    def matches(password_hash: str, password: str) -> bool:
        waiting.release()
        held.wait(10)
        return True

    monkeypatch.setattr(passwords, "matches", matches)
    answers: list[str] = []
    crowd = [
        threading.Thread(target=lambda n=n: answers.append(attempt(account, PASSWORD, f"203.0.113.{n}"))) for n in range(auth.QUEUE)
    ]  # type: ignore[misc]
    for thread in crowd:
        thread.start()
    for _ in range(auth.HASHING):
        waiting.acquire()
    while account._queue._value:  # type: ignore[attr-defined]
        pass
    assert attempt(account, PASSWORD, "198.51.100.1") == "too_many_attempts"  # refused at once, waits for nobody
    held.set()
    for thread in crowd:
        thread.join()
    assert answers == ["in"] * auth.QUEUE


# The password from outside: run.py password, OWNER_PASSWORD


def test_a_password_is_set_while_no_server_runs_and_removed_again(settings: Settings) -> None:
    set_password(settings, PASSWORD)
    with running_app(settings) as app:
        assert app.test_client().get(f"{API}/conversations").status_code == 401
        assert login(app.test_client()).status_code == 204
        with pytest.raises(SettingsError, match="остановите сервер"):
            set_password(settings, "другой хороший пароль")
    remove_password(settings)
    with running_app(settings) as app:
        assert app.test_client().get(f"{API}/conversations").status_code == 200


def test_a_weak_password_is_not_stored(settings: Settings) -> None:
    with pytest.raises(WeakPassword):
        set_password(settings, "12345678")
    with running_app(settings) as app:
        assert app.test_client().get(f"{API}/conversations").status_code == 200


def test_a_configured_password_wins_and_its_change_signs_everybody_out(database: Database, clock: Clock) -> None:
    Auth(Settings(), Accounts(database), clock).set_password("пароль, который был раньше")
    configured = Settings(owner_password=PASSWORD)
    first = Auth(configured, Accounts(database), clock)
    assert attempt(first, "пароль, который был раньше") == "password_wrong"
    token = first.login(PASSWORD, "127.0.0.1", "")
    again = Auth(configured, Accounts(database), clock)
    assert again.session_owner(token) == "owner"  # a restart signs nobody out
    changed = Auth(Settings(owner_password="совсем другая фраза"), Accounts(database), clock)
    assert changed.session_owner(token) is None
    assert attempt(changed, PASSWORD, "198.51.100.1") == "password_wrong"


def test_a_weak_configured_password_is_refused(database: Database) -> None:
    with pytest.raises(SettingsError):
        Auth(Settings(owner_password="12345678"), Accounts(database))


def test_a_configured_password_is_changed_where_it_stands(settings: Settings) -> None:
    with pytest.raises(SettingsError, match="OWNER_PASSWORD"):
        set_password(replace(settings, owner_password=PASSWORD), "другой хороший пароль")


def test_nothing_of_argon2_is_loaded_before_a_password_is_looked_at() -> None:
    import subprocess
    import sys

    check = "import sys, server.auth, server.guard, server.headers, server.api.auth; sys.exit('argon2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], cwd=Path(__file__).parents[2], check=False).returncode == 0
