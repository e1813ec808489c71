"""``/backend-api/v2/auth``: sign in, sign out, ask whether one is."""

from __future__ import annotations

from flask import Blueprint, Response, g, jsonify, request

from server.api.body import Body, read
from server.auth import ABSOLUTE, cookie
from server.context import services
from server.guard import client

blueprint = Blueprint("auth", __name__, url_prefix="/auth")

EVERYTHING = '"cache", "cookies", "storage"'  # what a browser forgets when its person leaves


class LoginBody(Body):
    password: str


class LogoutBody(Body):
    everywhere: bool = False


@blueprint.post("/login")
def login() -> Response:
    password = read(LoginBody).password
    token = services().auth.login(password, client(request).address, request.user_agent.string, replaced=g.session_token)
    response = Response(status=204)
    _set_cookie(response, token, ABSOLUTE)
    return response


@blueprint.post("/logout")
def logout() -> Response:
    everywhere = read(LogoutBody).everywhere if request.content_length else False
    if everywhere:
        services().auth.logout_everywhere()
    else:
        services().auth.logout(g.session_token)
    response = Response(status=204, headers={"Clear-Site-Data": EVERYTHING})
    _set_cookie(response, "", 0)
    return response


@blueprint.get("/session")
def session() -> Response:
    auth = services().auth
    signed_in = not auth.login_required or auth.session_owner(g.session_token) is not None
    return jsonify(login_required=auth.login_required, signed_in=signed_in)


def _set_cookie(response: Response, token: str, seconds: float) -> None:
    form = cookie(services().settings, https=client(request).https)
    response.set_cookie(
        form.name, token, max_age=int(seconds), path=form.path, secure=form.secure, httponly=True, samesite=form.samesite
    )
