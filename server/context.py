"""What a request can reach: the services that ``create_app`` introduced to each other, the owner, the language."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, cast

from flask import current_app, g, request

from server.languages import LANGUAGES, negotiate

if TYPE_CHECKING:
    from g4f.catalog import Catalog
    from g4f.transport import Transport
    from server.auth import Auth
    from server.conversations import Conversations
    from server.generation.loop import LoopThread
    from server.generation.runner import Runner
    from server.generation.temporary import Temporary
    from server.generation.titles import Titler
    from server.pages import Pages
    from server.prompts import Prompt
    from server.roles import Roles
    from server.settings import Settings
    from server.sharing import Sharing
    from server.storage.database import Database
    from server.storage.library import SqlLibrary
    from server.storage.many import SqlMany
    from server.storage.messages import Messages
    from server.storage.search import Indexer
    from server.storage.store import SqlStore

KEY = "freegpt"


@dataclass(frozen=True)
class Services:
    """The rooms of one running application."""

    settings: Settings
    database: Database
    store: SqlStore
    indexer: Indexer
    conversations: Conversations
    messages: Messages
    transport: Transport
    catalog: Catalog
    roles: Roles
    prompts: Sequence[Prompt]
    library: SqlLibrary
    many: SqlMany
    loop: LoopThread
    runner: Runner
    temporary: Temporary
    titler: Titler
    auth: Auth
    sharing: Sharing
    pages: Pages


def services() -> Services:
    return cast("Services", current_app.extensions[KEY])


def still_signed_in() -> Callable[[], bool]:
    """Whether the session of this request is still good, for streams that outlive the request. Cheap."""
    return partial(services().auth.still_valid, g.session_token)


def owner() -> str:
    """Who asks. Set by server/auth.py before any view runs; every store call takes it."""
    return cast(str, g.owner)


def chosen_language() -> str:
    """The page's language: the person's choice, else the browser's, else the configured one."""
    chosen = request.cookies.get("language", "")
    return chosen if chosen in LANGUAGES else browser_language()


def browser_language() -> str:
    """What the page speaks to this browser until the person chooses."""
    asked = (tag for tag, quality in request.accept_languages if quality > 0)
    return negotiate(asked) or services().settings.language
