"""What a page or program of 2023 asks besides the conversation."""

from __future__ import annotations

from flask.testing import FlaskClient


def test_models_and_providers_have_their_old_shape(client: FlaskClient) -> None:
    models = client.get("/models").json
    assert models is not None
    assert models["data"][0] | {"id": "", "owned_by": ""} == {
        "id": "",
        "object": "model",
        "owned_by": "",
        "tokens": 99999,
        "fallbacks": None,
        "endpoints": ["/backend-api/v2/conversation"],
        "limits": None,
        "permission": [],
    }
    providers = client.get("/providers").json
    assert providers is not None
    named = {provider["provider"]: provider for provider in providers["data"]}
    assert named["Scripted"]["model"] == ["scripted", "other"]
    assert (named["Scripted"]["working"], named["Keyed"]["working"]) == (True, False)


def test_the_language_is_changed_and_remembered(client: FlaskClient) -> None:
    offered = client.get("/get-languages").json
    assert offered is not None
    assert {"ru_RU", "en_US"} <= set(offered)
    assert client.get("/get-locale").text == "ru_RU"
    assert client.post("/change-language", json={"language": "en_US"}).status_code == 204
    assert client.get("/get-locale").text == "en_US"
    assert '<html lang="en"' in client.get("/chat/").text
    assert client.post("/change-language", json={"language": "tlh"}).status_code == 400
