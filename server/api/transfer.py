"""``/backend-api/v2/imports`` and ``/export``: bring everything, take everything."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from flask import Blueprint, Response, jsonify, request

from server.api import query
from server.api.batch import Ids
from server.api.body import Body, read
from server.context import chosen_language, owner, services
from server.conversations import Conversation
from server.errors import ApiError
from server.guard import ARCHIVE
from server.library import Item
from server.transfer import archive, detect, export, library
from server.transfer.formats import own
from server.transfer.values import Arrival, TooLarge, Unknown, Unreadable

blueprint = Blueprint("transfer", __name__)

PORTION = 50  # conversations stored in one transaction, so that running answers are written in between
_one_at_a_time = threading.Lock()  # an import takes several times the memory of its file


@blueprint.post("/imports/preview")
def preview() -> Response:
    """What is in a file, and how much of it is here already. Stores nothing."""
    with _one_at_a_time:
        found, arrivals, items = _opened()
        conversations = messages = already = 0
        for portion in _portions(arrivals):
            known = services().store.known_messages(owner(), [arrival.conversation.id for arrival in portion])
            conversations += len(portion)
            messages += sum(len(arrival.messages) for arrival in portion)
            already += sum(all(message.id in known for message in arrival.messages) for arrival in portion)
    here = {item.id for item in services().library.items(owner())}
    new = sum(item.id not in here for item in items)
    return jsonify(format=found, conversations=conversations, messages=messages, already=already, **_library(items, library=new))


@blueprint.post("/imports")
def bring() -> Response:
    """Store what is in a file. Repeating it adds only what is new."""
    with _one_at_a_time:
        found, arrivals, items = _opened()
        services().library.check_room(owner(), items)  # before anything is stored: all of the file comes in, or nothing
        conversations = messages = already = 0
        stored: list[str] = []
        created: list[str] = []
        for portion in _portions(arrivals):
            batch = [(arrival.conversation, arrival.messages) for arrival in portion]
            for arrival, arrived in zip(portion, services().store.import_conversations(owner(), batch), strict=True):
                if arrived is None:
                    continue
                stored.append(arrival.key)
                if arrived.created:
                    created.append(arrival.conversation.id)
                conversations += arrived.messages > 0
                already += arrived.messages == 0
                messages += arrived.messages
        new = services().library.bring(owner(), items)
    counted = {"conversations": conversations, "messages": messages, "already": already}
    brought = _library(items, library=len(new), library_created=new)
    return jsonify(format=found, **counted, stored=stored, created=created, **brought)


def _opened() -> tuple[str, Iterator[Arrival], list[Item]]:
    """The body as conversations, and the roles and prompts in a ZIP of ours.

    Raises ``ApiError`` with one code for each way in which a file can be of no use.
    """
    data = request.get_data(cache=False)
    who, now = owner(), time.time()
    try:
        if request.mimetype == ARCHIVE:
            largest = archive.EXPANSION * services().settings.max_body_bytes
            items = library.items(archive.one_file(data, library.FILE, largest=largest), now)
            try:
                return (*archive.read(data, largest=largest, owner=who, now=now), items)
            except Unknown:
                if not items:
                    raise
                return own.NAME, iter(()), items
        return (*detect.read(data, owner=who, now=now), [])
    except Unreadable as error:
        raise ApiError("import_unreadable", 400, f"The file cannot be read: {error}") from error
    except Unknown as error:
        raise ApiError("import_unknown", 400, "The file comes from no program that we know") from error
    except TooLarge as error:
        raise ApiError("import_too_large", 413, "The archive unpacks to too much") from error


def _library(items: Sequence[Item], **said: object) -> dict[str, object]:
    """Said only of a file that has a library."""
    return said if items else {}


def _portions(arrivals: Iterable[Arrival]) -> Iterator[list[Arrival]]:
    waiting = iter(arrivals)
    while portion := list(islice(waiting, PORTION)):
        yield portion


@blueprint.get("/export")
def take_everything() -> Response:
    """All conversations as a ZIP, written while it is sent: never more than one of them is in memory."""
    everything = services().store.conversations(owner(), None, None)  # at one go: what is written in meanwhile changes its place
    return _archive(everything, services().library.items(owner()))


class TakeBody(Body):
    ids: Ids


@blueprint.post("/export")
def take_some() -> Response:
    """The conversations named as a ZIP like that of all of them."""
    return _archive(services().many.named(owner(), read(TakeBody).ids))


def _archive(conversations: Sequence[Conversation], items: Sequence[Item] = ()) -> Response:
    store, who = services().store, owner()
    pieces = export.archive(conversations, lambda conversation_id: store.messages(who, conversation_id), chosen_language(), items)
    today = time.strftime("%Y-%m-%d", time.gmtime())
    return Response(pieces, mimetype=ARCHIVE, headers={"Content-Disposition": export.disposition(f"chats {today}.zip")})


@blueprint.get("/conversations/<conversation_id>/export")
def take_one(conversation_id: str) -> Response:
    conversation, messages = services().conversations.read(owner(), conversation_id)
    wanted = request.args.get("format", "json")
    if wanted == "md":
        leaf, reasoning = request.args.get("leaf"), query.flag("reasoning") is not False
        content = export.to_markdown(conversation, messages, chosen_language(), leaf, reasoning=reasoning)
        kind = "text/markdown"
    elif wanted == "json":
        content, kind = export.to_json(conversation, messages), "application/json"
    else:
        raise ApiError("bad_request", 400, "format is md or json", values={"name": "format"})
    name = f"{export.file_name(conversation)}.{wanted}"
    return Response(content, content_type=f"{kind}; charset=utf-8", headers={"Content-Disposition": export.disposition(name)})
