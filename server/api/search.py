"""``/backend-api/v2/search``, and ``/folders`` and ``/tags``: finding what was kept."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from server import wire
from server.api import query
from server.context import owner, services
from server.errors import ApiError
from server.finding import Wanted

blueprint = Blueprint("search", __name__)

PAGE = 20  # results a page, unless asked for another number
LARGEST_PAGE = 100
LARGEST_CURSOR = 2**63 - 1
ORDERS = ("newest", "best")


@blueprint.get("/search")
def search() -> Response:
    order = request.args.get("order", ORDERS[0])
    if order not in ORDERS:
        raise ApiError("bad_request", 400, "order is newest or best", values={"name": "order"})
    wanted = Wanted(
        text=request.args.get("q", ""),
        since=query.moment("from"),
        until=query.moment("to"),
        model=request.args.get("model", ""),
        folder=request.args.get("folder"),
        tag=request.args.get("tag"),
        archived=query.flag("archived"),
        by_rank=order == "best",
    )
    services().indexer.catch_up()
    found, following = services().store.search(owner(), wanted, query.number("limit", PAGE, LARGEST_PAGE), _cursor())
    return jsonify(results=[vars(each) for each in found], next=None if following is None else str(following))


def _cursor() -> int | None:
    given = request.args.get("before")
    if given is None:
        return None
    if not (given.isascii() and given.isdigit() and len(given) < 20 and int(given) <= LARGEST_CURSOR):
        raise ApiError("bad_cursor", 400, "This cursor was not made here")
    return int(given)


@blueprint.get("/folders")
def folders() -> Response:
    return jsonify(folders=wire.counted_to_json(services().store.folders(owner())))


@blueprint.get("/tags")
def tags() -> Response:
    return jsonify(tags=wire.counted_to_json(services().store.tags(owner())))
