"""``/backend-api/v2/library``: roles and prompts of one's own; ``/roles`` and ``/prompts``: what there is to choose from."""

from __future__ import annotations

import time
from typing import Annotated, Any, Literal

from flask import Blueprint, Response, jsonify
from pydantic import Field

from server import library, wire
from server.api.body import Body, read
from server.api.choice import find_role
from server.api.conversation import Name, OptionsBody
from server.context import chosen_language, owner, services
from server.conversations import new_id, options_to_json
from server.errors import ApiError
from server.library import Item
from server.roles import RoleUnknown

blueprint = Blueprint("library", __name__)

ItemId = Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9_-]*$")]
ItemName = Annotated[str, Field(min_length=1, max_length=library.LONGEST_NAME)]
Text = Annotated[str, Field(max_length=library.LONGEST_TEXT)]
Icon = Annotated[str, Field(max_length=library.LONGEST_ICON)]
Description = Annotated[str, Field(max_length=library.LONGEST_DESCRIPTION)]


class NewItem(Body):
    id: ItemId = ""
    kind: Literal["role", "prompt"]
    name: ItemName
    text: Text = ""
    icon: Icon = ""
    description: Description = ""
    model: Name = ""
    provider: Name = ""
    options: OptionsBody = OptionsBody()


class ItemChange(Body):
    name: ItemName | None = None
    text: Text | None = None
    icon: Icon | None = None
    description: Description | None = None
    model: Name | None = None
    provider: Name | None = None
    options: OptionsBody | None = None


@blueprint.get("/library")
def list_() -> Response:
    return jsonify(items=[wire.item_to_json(item) for item in services().library.items(owner())])


@blueprint.post("/library")
def add() -> Response:
    body = read(NewItem)
    fields = _fields(body, body.kind)
    now = time.time()
    item = Item(**{**fields, "id": body.id or new_id(), "created_at": now, "updated_at": now})
    return jsonify(item=wire.item_to_json(services().library.add(owner(), item)))


@blueprint.get("/library/<item_id>")
def show(item_id: str) -> Response:
    return jsonify(item=wire.item_to_json(_find(item_id)))


@blueprint.patch("/library/<item_id>")
def change(item_id: str) -> Response:
    body = read(ItemChange)
    fields = _fields(body, _find(item_id).kind)
    if not fields:
        raise ApiError("bad_request", 400, "Nothing to change", values={"name": "name"})
    return jsonify(item=wire.item_to_json(services().library.change(owner(), item_id, fields, time.time())))


@blueprint.delete("/library/<item_id>")
def delete(item_id: str) -> Response:
    services().library.delete(owner(), item_id, time.time())
    return jsonify(deleted=True)


@blueprint.post("/library/<item_id>/restore")
def restore(item_id: str) -> Response:
    return jsonify(item=wire.item_to_json(services().library.restore(owner(), item_id)))


@blueprint.get("/roles")
def roles() -> Response:
    own = [library.to_role(item) for item in services().library.items(owner()) if item.kind == "role"]
    language = chosen_language()
    return jsonify(roles=[wire.role_to_json(role, language) for role in (*services().roles, *own)])


@blueprint.get("/roles/<role_id>")
def role(role_id: str) -> Response:
    """Also what it tells the model, to be read and to be copied."""
    try:
        found = find_role(role_id)
    except RoleUnknown as error:
        raise ApiError("not_found", 404, "Not found") from error
    return jsonify(role=wire.role_to_json(found, chosen_language()) | {"prompt": dict(found.prompt)})


@blueprint.get("/prompts")
def prompts() -> Response:
    language = chosen_language()
    own = [wire.own_prompt_to_json(item, language) for item in services().library.items(owner()) if item.kind == "prompt"]
    return jsonify(prompts=[*own, *(wire.prompt_to_json(prompt, language) for prompt in services().prompts)])


def _find(item_id: str) -> Item:
    found = services().library.find(owner(), item_id)
    if found is None:
        raise ApiError("not_found", 404, "Not found")
    return found


def _fields(body: NewItem | ItemChange, kind: str) -> dict[str, Any]:
    """What the body names, tidied: no spaces around names. Raises for a name of nothing, or one that cannot be typed."""
    fields = {name: value for name, value in body if value is not None}
    for name in ("name", "icon", "description"):
        if name in fields:
            fields[name] = " ".join(fields[name].split())
    if "options" in fields:
        fields["options"] = options_to_json(fields["options"].to_options())
    if "name" in fields and not (library.PROMPT_NAME.fullmatch(fields["name"]) if kind == "prompt" else fields["name"]):
        raise ApiError("bad_request", 400, "name: a role has a name, a prompt one word", values={"name": "name"})
    if kind == "prompt" and not fields.get("text", "text").strip():
        raise ApiError("bad_request", 400, "text: a prompt says something", values={"name": "text"})
    return fields
