"""One document of the whole API: every path where callers meet it, who may call it, what errors look like."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI
from pydantic import BaseModel

from gateway.docs import docs_page
from gateway.openapi import openapi_document
from kit.web import Answer
from services.notify.app import create_app as create_notify
from tests.gateway.conftest import World


class Recipient(Answer):
    """Named like notify's, and another."""

    other: int


class Input(BaseModel):
    """Something that holds it."""

    recipient: Recipient


async def read(id: str) -> Recipient:
    """Give one."""
    return Recipient(other=len(id))


async def write(body: Input) -> Recipient:
    """Take one."""
    return body.recipient


def leads() -> FastAPI:
    """A service with routes of several kinds, and a model that another service names alike."""
    app = FastAPI()
    app.add_api_route("/leads/{id}", read, methods=["GET"])
    app.add_api_route("/leads/{id}", write, methods=["PATCH"])
    app.add_api_route("/leads/{id}/matches", read, methods=["GET"])
    app.add_api_route("/bench/empty", read, methods=["GET"])
    app.add_api_route("/metrics", read, methods=["GET"])
    return app


@pytest.fixture
def document(world: World) -> dict[str, Any]:
    """The document of the edge, notify and a made-up service."""
    return openapi_document({"notify": create_notify(world.notify), "leads": leads(), "gateway": world.app})


def references(node: Any) -> set[str]:
    if isinstance(node, dict):
        own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
        return own.union(*(references(value) for value in node.values()))
    return set().union(*(references(each) for each in node)) if isinstance(node, list) else set()


def test_paths_are_where_callers_meet_them(document: dict[str, Any]) -> None:
    paths = set(document["paths"])
    assert {"/api/v1/leads/{id}", "/api/v1/notifications", "/api/v1/accounts/{id}", "/api/v1/sessions/current"} <= paths
    assert all(path.startswith("/api/v1/") for path in paths)
    assert not {"/api/v1/leads/{id}/matches", "/api/v1/bench/empty", "/api/v1/metrics"} & paths


def test_every_reference_leads_somewhere_and_names_do_not_clash(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for reference in references(document):
        assert reference.removeprefix("#/components/schemas/") in schemas
    assert "email" in schemas["Recipient"]["properties"]
    assert "other" in schemas["LeadsRecipient"]["properties"]
    answer = document["paths"]["/api/v1/leads/{id}"]["get"]["responses"]["200"]["content"]["application/json"]
    assert answer["schema"]["$ref"].endswith("/LeadsRecipient")
    assert schemas["Input"]["properties"]["recipient"]["$ref"].endswith("/LeadsRecipient")


def test_operations_say_who_may_call_them_and_have_names_of_their_own(document: dict[str, Any]) -> None:
    operations = [
        (method, path, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in ("get", "post", "put", "patch", "delete")
    ]
    names = [operation["operationId"] for _, _, operation in operations]
    assert len(names) == len(set(names)) > 15
    schemes = set(document["components"]["securitySchemes"])
    for method, path, operation in operations:
        assert {name for choice in operation["security"] for name in choice} <= schemes
        if not path.startswith("/api/v1/leads"):
            assert "application/problem+json" in operation["responses"]["default"]["content"]
        if method != "get":
            assert {"session": [], "csrf": []} in operation["security"]
    assert {} in document["paths"]["/api/v1/sessions"]["post"]["security"]
    assert {} not in document["paths"]["/api/v1/accounts"]["get"]["security"]


def test_the_page_lists_every_operation_without_scripts(document: dict[str, Any]) -> None:
    page = docs_page(document, "abc")
    assert "/api/v1/accounts/{id}" in page
    assert "开通账号" in page
    assert "<script" not in page
    assert "http://" not in page
    assert "https://" not in page


async def test_the_checked_in_document_is_served(world: World) -> None:
    browser = world.browser()
    served = await browser.get("/api/openapi.json")
    assert served.status_code == 200
    assert served.json()["openapi"].startswith("3.1")
    page = await browser.get("/api/docs")
    assert page.status_code == 200
    nonce = page.headers["content-security-policy"].split("'nonce-")[1].split("'")[0]
    assert f'<style nonce="{nonce}">' in page.text
