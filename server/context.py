"""What a request can reach: the services that ``create_app`` introduced to each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, cast

from flask import current_app, g

if TYPE_CHECKING:
    from g4f.catalog import Catalog
    from g4f.transport import Transport
    from server.auth import Auth
    from server.conversations import Conversations
    from server.generation.loop import LoopThread
    from server.generation.runner import Runner
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
