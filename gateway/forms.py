"""Proof that a request comes from a page of ours: nonces for visitors' forms, and where the browser says it is from."""

from __future__ import annotations

import hmac
import secrets
from urllib.parse import urlsplit

from fastapi import Request
from starlette.types import Scope

from gateway.errors import ForgedRequest
from gateway.settings import CSRF_FIELD, CSRF_HEADER, NONCE_LIFE
from kit.clock import Clock
from kit.errors import BadRequest
from kit.web import ports_of

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def issue_nonce(request: Request) -> str:
    """A nonce for a visitor's form; it also stands for the visitor where a repeated request must meet itself."""
    ports = ports_of(request)
    until = int((ports.clock.now() + NONCE_LIFE).timestamp())
    said = f"{secrets.token_urlsafe(18)}.{until}"
    return f"{said}.{_signature(ports.secret, said)}"


def accept_nonce(request: Request, nonce: str) -> str:
    """The nonce again, where we issued it and it is still good.

    Raises:
        ForgedRequest: we did not, or it is not.
    """
    ports = ports_of(request)
    if not nonce_holds(ports.secret, ports.clock, nonce):
        raise expired_page()
    return nonce


def nonce_holds(secret: bytes, clock: Clock, nonce: str) -> bool:
    """Whether the nonce is ours and recent."""
    said, _, signature = nonce.rpartition(".")
    if not same_token(_signature(secret, said), signature):
        return False
    until = said.rpartition(".")[2]
    return until.isdigit() and int(until) > clock.now().timestamp()


def refuse_foreign(scope: Scope, public_url: str) -> None:
    """Stop what another site made the browser send.

    Raises:
        ForgedRequest: the browser names another origin.
    """
    named = {name: value for name, value in scope["headers"] if name in (b"origin", b"host", b"sec-fetch-site")}
    if named.get(b"sec-fetch-site", b"same-origin") == b"cross-site":
        raise ForgedRequest("这个请求来自其他网站，没有执行。请回到本站页面操作。")
    origin = named.get(b"origin")
    if origin is None:
        return
    place = urlsplit(origin.decode("latin-1")).netloc
    if place not in (named.get(b"host", b"").decode("latin-1"), urlsplit(public_url).netloc or None):
        raise ForgedRequest("这个请求来自其他网站，没有执行。请回到本站页面操作。")


async def token_sent(request: Request) -> str:
    """The anti-forgery token of a request: in its header, or in its form.

    Raises:
        BadRequest: the form is in an encoding that no browser of ours sends.
    """
    kind, _, how = request.headers.get("content-type", "").lower().partition(";")
    filled = kind.strip() in _FORMS
    if filled:
        _check_letters(how)
    header = header_token(request.scope)
    if header is not None or not filled:
        return header or ""
    value = (await request.form()).get(CSRF_FIELD, "")
    return value if isinstance(value, str) else ""


def _check_letters(how: str) -> None:
    """Browsers send forms in the encoding of our pages; others hold characters that no answer can show again."""
    _, named, letters = how.partition("charset=")
    if named and letters.partition(";")[0].strip(' "') not in ("utf-8", "utf8"):
        raise BadRequest("表单应以 UTF-8 编码提交，请用页面上的按钮提交。")


def header_token(scope: Scope) -> str | None:
    """The anti-forgery token in the request's header."""
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == CSRF_HEADER), None)


def same_token(expected: str, sent: str) -> bool:
    """Whether two tokens are the same, without telling by time how far they agree."""
    return bool(expected) and hmac.compare_digest(expected.encode(), sent.encode())


def expired_page() -> ForgedRequest:
    """The answer to a form whose token does not hold."""
    return ForgedRequest("页面停留太久或已在别处重新登录，请刷新页面后再提交；填写的内容可以先复制留存。")


def _signature(secret: bytes, said: str) -> str:
    return hmac.new(secret, b"nonce\x1f" + said.encode(), "sha256").hexdigest()
