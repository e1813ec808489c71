"""Who asks: the owner's password, the sessions, and the one function that turns a request into a principal.

Without a password everybody who passed server/guard.py is the owner; ``check_exposure`` allows that on this machine only. With one,
every endpoint that is not in ``PUBLIC`` needs a session. The limiter is inside ``verify_password``: no door leads past it (A-021).
"""

from __future__ import annotations

import hashlib
import math
import posixpath
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple
from urllib.parse import quote

from flask import Flask, g, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from server import limiter, passwords
from server.errors import ApiError
from server.guard import client
from server.settings import Settings, SettingsError
from server.storage.accounts import Accounts, Failure, Session

OWNER = "owner"  # the one principal of today
LOGIN_PAGE = "pages.login"
SESSION = "freegpt_session_"  # how the name of the session's cookie begins
PUBLIC = frozenset(
    {
        LOGIN_PAGE,
        "pages.versioned",
        "pages.favicon",
        "pages.robots",
        "pages.shared",
        "installing.manifest",
        "installing.opensearch",
        "installing.service_worker",
        "shared.show",
        "pages.preview",
        "auth.login",
        "auth.session",
        "health.health",
        "health.ready",
    }
)
"""The endpoints that answer without a session (A-007). Everything else is closed by default."""

DAY = 86_400.0
IDLE = 30 * DAY  # seconds a session lives unused
ABSOLUTE = 90 * DAY  # seconds a session lives at most
TOUCH_EVERY = 600.0  # seconds between two notes that a session is in use
TRUST = 5.0  # seconds for which ``still_valid`` believes what it has read
MOST_TRUSTED = 10_000  # tokens remembered for ``still_valid``
LONGEST_TOKEN = 100  # characters
LONGEST_USER_AGENT = 200  # characters
LONGEST_WAY_BACK = 4_000  # characters of the address that a login leads back to
HASHING = 2  # passwords looked at simultaneously: 20 MB each
QUEUE = 6  # passwords looked at or waiting for it: each occupies a thread


class Auth:
    """The account's rules. Knows neither Flask nor HTTP; any thread may call it."""

    def __init__(self, settings: Settings, accounts: Accounts, clock: Callable[[], float] = time.time) -> None:
        """Raises ``SettingsError`` when the configured password is too weak."""
        self.settings = settings
        self._accounts = accounts
        self._clock = clock
        self._hashing = threading.BoundedSemaphore(HASHING)
        self._queue = threading.BoundedSemaphore(QUEUE)
        self._changing = threading.Lock()  # held while the password changes, and while a session is opened with it
        self._changes = 0
        self._trusted: dict[str, float] = {}  # token's SHA-256 -> when it was last found valid
        # Only this process may use the data folder, so what it has read stays true.
        self._hash = accounts.password_hash(OWNER)
        if settings.owner_password:
            self._adopt(settings.owner_password)

    def _adopt(self, password: str) -> None:
        """OWNER_PASSWORD wins. A changed one is a changed password: it signs everybody out."""
        passwords.check(password)
        if self._hash is None or not passwords.matches(self._hash, password):
            self.set_password(password)

    @property
    def login_required(self) -> bool:
        return self._hash is not None

    # The password

    def set_password(self, password: str) -> None:
        """Raises ``WeakPassword``. Ends every session."""
        passwords.check(password)
        with self._hashing:
            password_hash = passwords.hash_password(password)
        self._change(password_hash)

    def remove_password(self) -> None:
        """From now on no login. Ends every session."""
        self._change(None)

    def _change(self, password_hash: str | None) -> None:
        with self._changing:
            self._accounts.set_password_hash(OWNER, password_hash, self._clock())
            self._hash = password_hash
            self._changes += 1
            self._trusted.clear()

    def verify_password(self, password: str, address: str) -> None:
        """The one verifier. Raises ``ApiError``: 401 ``password_wrong``, 429 ``too_many_attempts``, 400 for what is no password."""
        if self._hash is None:
            raise ApiError("bad_request", 400, "No password is set")
        if len(password) > passwords.LONGEST:
            raise ApiError("bad_request", 400, "The password is too long", values={"name": "password"})
        if not password:
            raise _wrong()
        if not self._queue.acquire(blocking=False):
            raise _too_many(1)
        try:
            self._count_and_check(self._hash, password, limiter.source(address))
        finally:
            self._queue.release()

    def _count_and_check(self, stored: str, password: str, source: str) -> None:
        now = self._clock()

        def check(failures: Sequence[Failure]) -> None:
            wait = limiter.opens_at(failures, source, now) - now
            if wait > 0:
                raise _too_many(min(wait, limiter.LONGEST_WAIT))

        check(self._accounts.failures(OWNER))  # a closed door must not cost the writer anything
        self._accounts.begin_attempt(OWNER, Failure(source, now), now - limiter.FORGET, check)
        with self._hashing:
            if not passwords.matches(stored, password):
                raise _wrong()
            newer = passwords.hash_password(password) if passwords.is_outdated(stored) else None
        self._accounts.forgive(OWNER, source)
        if newer is not None:
            self._renew(stored, newer)

    def _renew(self, stored: str, newer: str) -> None:
        """The same password under today's parameters, unless it has been changed meanwhile."""
        with self._changing:
            if self._hash == stored:
                self._accounts.replace_hash(OWNER, stored, newer)
                self._hash = newer

    # Sessions

    def login(self, password: str, address: str, user_agent: str, replaced: str | None = None) -> str:
        """A new token; the session of ``replaced`` ends (A-024). Raises like ``verify_password``."""
        changes = self._changes
        self.verify_password(password, address)
        token = secrets.token_urlsafe(32)
        now = self._clock()
        opened = Session(OWNER, created_at=now, seen_at=now, expires_at=now + ABSOLUTE)
        with self._changing:
            if changes != self._changes:  # the password was changed while the old one was being verified
                raise _wrong()
            self._accounts.open_session(
                _sha256(token), opened, user_agent[:LONGEST_USER_AGENT], _sha256(replaced) if replaced else None, now - IDLE
            )
        return token

    def session_owner(self, token: str | None) -> str | None:
        """Whose session this is, or None. What the database says counts, so a session that was ended is over at once."""
        if not token or len(token) > LONGEST_TOKEN:
            return None
        key = _sha256(token)
        found = self._accounts.session(key)
        now = self._clock()
        if found is None or now >= found.expires_at or now - found.seen_at >= IDLE:
            return None
        if abs(now - found.seen_at) >= TOUCH_EVERY:
            self._accounts.touch(key, now)
        return found.owner

    def is_stranger(self, cookies: str) -> bool:
        """Whether a request with this ``Cookie`` header cannot be the owner's. Cheap: no session is looked up."""
        return self.login_required and SESSION not in cookies

    def still_valid(self, token: str | None) -> bool:
        """For open streams: like ``session_owner``, asked of the database every few seconds only. Cheap."""
        if not self.login_required:
            return True
        if not token:
            return False
        key, now = _sha256(token), self._clock()
        if 0 <= now - self._trusted.get(key, -math.inf) < TRUST:
            return True
        self._trusted.pop(key, None)
        if self.session_owner(token) is None:
            return False
        if len(self._trusted) >= MOST_TRUSTED:
            self._trusted.clear()
        self._trusted[key] = now
        return True

    def logout(self, token: str | None) -> None:
        if token:
            self._accounts.end_session(_sha256(token))
            self._trusted.pop(_sha256(token), None)

    def logout_everywhere(self) -> None:
        self._accounts.end_sessions(OWNER)
        self._trusted.clear()


def _wrong() -> ApiError:
    return ApiError("password_wrong", 401, "Wrong password")


def _too_many(wait: float) -> ApiError:
    seconds = math.ceil(wait)
    return ApiError("too_many_attempts", 429, "Too many attempts", values={"seconds": seconds}, retry_after=seconds)


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


# --- at start --------------------------------------------------------------------------------------------------------------------


def check_exposure(settings: Settings, auth: Auth) -> None:
    """Raise ``SettingsError`` when somebody beyond this machine could come in without a password (A-002)."""
    if settings.public and not auth.login_required:
        raise SettingsError(
            "Страницу смогут открыть не только с этой машины, а пароля нет: "
            "задайте его командой «python3 run.py password» или файлом OWNER_PASSWORD_FILE."
        )


def set_password(settings: Settings, password: str) -> None:
    """For ``run.py password``, while no server runs. Raises ``SettingsError`` with a Russian sentence."""
    _while_no_server_runs(settings, lambda auth: auth.set_password(password))


def remove_password(settings: Settings) -> None:
    """For ``run.py password --remove``, while no server runs. Raises ``SettingsError`` with a Russian sentence."""
    _while_no_server_runs(settings, lambda auth: auth.remove_password())


def _while_no_server_runs(settings: Settings, change: Callable[[Auth], None]) -> None:
    from server.storage.database import Busy, NewerSchema, temporary

    if settings.owner_password:
        raise SettingsError("Пароль задан настройкой OWNER_PASSWORD: измените его там.")
    try:
        with temporary(settings.data_dir) as database:
            change(Auth(settings, Accounts(database)))
    except Busy:
        raise SettingsError(f"Папка данных {settings.data_dir} занята: остановите сервер и повторите.") from None
    except NewerSchema:
        raise SettingsError(f"База в {settings.data_dir} записана более новой версией программы: обновите программу.") from None


# --- in Flask --------------------------------------------------------------------------------------------------------------------


def install(app: Flask, auth: Auth) -> None:
    """Close every endpoint of ``app`` that is not ``PUBLIC``. Call it right after ``guard.install``."""

    @app.before_request
    def authenticate() -> AnyResponse | None:
        g.session_token = request.cookies.get(cookie(auth.settings, https=client(request).https).name)
        if not auth.login_required:
            g.owner = OWNER
            return None
        if request.endpoint is None or request.endpoint in PUBLIC:  # None: there is no such address, Flask says so
            return None
        owner = auth.session_owner(g.session_token)
        if owner is not None:
            g.owner = owner
            return None
        if _wants_page():
            return redirect(_login_address(), 303)
        raise ApiError("login_required", 401, "Login required")


class Cookie(NamedTuple):
    """How the session's token travels (A-023)."""

    name: str
    path: str
    secure: bool
    samesite: str


def cookie(settings: Settings, *, https: bool) -> Cookie:
    """The port is in the name because cookies do not know ports: two servers on one machine must not sign each other out."""
    name = f"{SESSION}{settings.port}"
    if https:
        return Cookie(f"__Host-{name}", "/", secure=True, samesite="Lax")
    return Cookie(name, settings.url_prefix or "/", secure=False, samesite="Strict")


def _wants_page() -> bool:
    """Whether a person opens a page, rather than a script asking for data."""
    is_page = (request.endpoint or "").startswith("pages.") and request.method in ("GET", "HEAD")
    return is_page and request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"


def _login_address() -> str:
    """Relative, so that it is right under any prefix a proxy may have cut off. It says what was wanted: client/js/way-back.js."""
    here = posixpath.dirname(request.script_root + request.path)
    login = posixpath.relpath(url_for(LOGIN_PAGE), here or "/")
    wanted = (request.full_path if request.query_string else request.path).lstrip("/")
    if len(wanted) > LONGEST_WAY_BACK:
        wanted = request.path.lstrip("/")
    return f"{login}?next={quote(wanted, safe='')}" if wanted else login
