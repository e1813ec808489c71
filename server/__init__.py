"""The application. ``create_app`` is the only place where everybody meets."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from random import getrandbits
from typing import TYPE_CHECKING, Any, cast

from flask import Flask, Response, g, jsonify, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from g4f import continuation
from g4f.catalog import Catalog, Preferences
from g4f.discovery import DiscoverySettings
from g4f.transport import LOCAL, REMOTE, Deadlines, Transport
from server import api, auth, guard, headers, installing, pages, prompts, roles, upkeep
from server.api.compact import CompactJson
from server.context import KEY, Services
from server.conversations import Conversations
from server.errors import ApiError
from server.generation.loop import LoopThread
from server.generation.runner import Runner, Task
from server.generation.temporary import Beside, Temporary
from server.generation.titles import Titler
from server.sharing import Sharing
from server.storage.accounts import Accounts
from server.storage.database import Database
from server.storage.library import SqlLibrary
from server.storage.many import SqlMany
from server.storage.messages import Messages
from server.storage.search import Indexer
from server.storage.shares import Shares
from server.storage.store import SqlStore
from server.storage.titles import SqlTitles

if TYPE_CHECKING:
    from g4f.base import Provider
    from g4f.telling import Sink, Telling
    from server.settings import Settings

logger = logging.getLogger(__name__)

CODE_OF_STATUS = {400: "bad_request", 404: "not_found", 405: "method_not_allowed", 413: "body_too_large", 415: "not_json"}


class App(Flask):
    """Flask without its search for coroutines: none of our views and hooks is one, and each would be looked at in every request."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func


def create_app(settings: Settings, providers: Mapping[str, type[Provider]] | None = None) -> Flask:
    """Open the data folder, start the loop, introduce the rooms to each other. ``close_app`` undoes it.

    ``providers`` takes the place of those in g4f/Provider/Providers/.
    """
    app = App(__name__, static_folder=None)
    app.json = CompactJson(app)
    app.config.update(MAX_CONTENT_LENGTH=settings.max_body_bytes, MAX_FORM_MEMORY_SIZE=0, PROPAGATE_EXCEPTIONS=False)
    services = _introduce(settings, providers)
    app.extensions[KEY] = services
    _install_request_log(app)
    guard.install(app, settings)
    auth.install(app, services.auth)
    headers.install(app)
    _install_errors(app)
    api.register(app)
    app.register_blueprint(pages.blueprint)
    app.register_blueprint(installing.blueprint)
    return app


def _introduce(settings: Settings, providers: Mapping[str, type[Provider]] | None) -> Services:
    with contextlib.ExitStack() as undo:
        database = Database(settings.data_dir)
        undo.callback(database.close)
        store = SqlStore(database)
        conversations = Conversations(store)
        indexer = Indexer(database)
        undo.callback(indexer.close)
        loop = LoopThread()
        undo.callback(loop.close)
        transport = _transport(settings)
        catalog = _catalog(settings, transport, providers)
        temporary = Temporary()
        runner = Runner(Beside(store, temporary), _speak, loop, max_running=settings.max_running)
        runner.restore()
        services = Services(
            settings=settings,
            database=database,
            store=store,
            indexer=indexer,
            conversations=conversations,
            messages=Messages(database),
            transport=transport,
            catalog=catalog,
            roles=roles.load(),
            prompts=prompts.load(),
            library=SqlLibrary(database),
            many=SqlMany(database),
            loop=loop,
            runner=runner,
            temporary=temporary,
            titler=Titler(SqlTitles(database), catalog, runner, loop, automatic=settings.titles == "model"),
            auth=auth.Auth(settings, Accounts(database)),
            sharing=Sharing(Shares(database), conversations, enabled=settings.sharing),
            pages=pages.Pages(live=settings.debug),
        )
        loop.spawn(upkeep.keep(store))
        undo.pop_all()
        return services


def _transport(settings: Settings) -> Transport:
    remote, local = _deadlines(settings)
    return Transport(str(settings.ca_file or ""), deadlines=remote, local_deadlines=local)


def _catalog(settings: Settings, transport: Transport, providers: Mapping[str, type[Provider]] | None) -> Catalog:
    return Catalog(
        transport,
        settings.providers,
        settings.endpoints,
        discovery=DiscoverySettings(settings.discovery, settings.discovery_hosts, settings.discovery_ports),
        preferences=Preferences(settings.default_model, settings.default_provider, settings.failover_chain),
        classes=providers,
    )


def _deadlines(settings: Settings) -> tuple[Deadlines, Deadlines]:
    """For services and for local servers; what the operator set holds for both."""
    if "deadlines" not in settings.sources:
        return REMOTE, LOCAL
    own = settings.deadlines
    return replace(REMOTE, **own), replace(LOCAL, **own)


def _speak(task: Task, sink: Sink) -> Telling:
    return continuation.tell(task.request, task.candidates, sink, successors=task.successors, written=task.written)


def close_app(app: Flask, grace: float = 0.0) -> None:
    """Let running answers finish for ``grace`` seconds, then store what there is and let go of everything."""
    services = cast(Services, app.extensions[KEY])
    services.titler.close()
    services.runner.drain(grace)
    services.runner.close()
    services.loop.run(services.catalog.close())
    services.loop.run(services.transport.close())
    services.loop.close()
    services.indexer.close()
    services.database.close()


@contextlib.contextmanager
def running_app(settings: Settings, providers: Mapping[str, type[Provider]] | None = None) -> Iterator[Flask]:
    """An application for the length of a ``with`` block."""
    app = create_app(settings, providers)
    try:
        yield app
    finally:
        close_app(app)


def _logged_path() -> str:
    """What a log may hold: whoever reads it shall not read what was shared, so the token of a link is left out."""
    if request.url_rule is not None and "token" in (request.view_args or ()):
        return request.url_rule.rule
    return request.path[:200]


def _install_request_log(app: Flask) -> None:
    @app.before_request
    def begin() -> None:
        g.request_id = f"{getrandbits(64):016x}"  # no secret, so the system need not be asked for it
        g.began = time.monotonic()

    @app.after_request
    def log(response: Response) -> Response:
        response.headers["X-Request-ID"] = g.request_id
        fields = {
            "request_id": g.request_id,
            "method": request.method,
            "path": _logged_path(),
            "status": response.status_code,
            "milliseconds": round((time.monotonic() - g.began) * 1000, 1),
        }
        quiet = request.endpoint in ("health.health", "health.ready", "pages.versioned")
        logger.log(logging.DEBUG if quiet else logging.INFO, "request", extra=fields)
        return response


def _install_errors(app: Flask) -> None:
    @app.errorhandler(ApiError)
    def refuse(error: ApiError) -> Response:
        response = jsonify(error.to_json(g.request_id))
        response.status_code = error.status
        if error.retry_after:
            response.headers["Retry-After"] = str(max(1, round(error.retry_after)))
        return response

    @app.errorhandler(HTTPException)
    def translate(error: HTTPException) -> Response:
        status = error.code or 500
        code = "body_too_large" if isinstance(error, RequestEntityTooLarge) else CODE_OF_STATUS.get(status, "bad_request")
        response = refuse(ApiError(code, status, error.name))
        allowed = getattr(error, "valid_methods", None)
        if allowed:
            response.headers["Allow"] = ", ".join(sorted(allowed))
        return response

    @app.errorhandler(Exception)
    def apologise(error: Exception) -> Response:
        logger.error("unexpected failure", exc_info=error, extra={"request_id": g.request_id, "path": _logged_path()})
        return refuse(ApiError("internal", 500, "Internal error"))
