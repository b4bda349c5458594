"""Headers every answer of the edge carries: what a browser may run, frame, keep and send on."""

from __future__ import annotations

import secrets

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.settings import API

_ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    (b"x-robots-tag", b"noindex, nofollow"),
)
_API_POLICY = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
_NOT_KEPT = (b"cache-control", b"no-store")
_TLS_ONLY = (b"strict-transport-security", b"max-age=31536000")


class SecurityHeaders:
    """Adds them; what a page set itself stays. ``request.state.csp_nonce`` is the nonce of the page's scripts."""

    def __init__(self, app: ASGIApp, public_url: str) -> None:
        self._app = app
        self._tls = public_url.startswith("https:")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        fallback = [_API_POLICY, _NOT_KEPT]
        if not scope["path"].startswith(API):
            nonce = secrets.token_urlsafe(16)
            scope.setdefault("state", {})["csp_nonce"] = nonce
            fallback = [(b"content-security-policy", page_policy(nonce).encode()), _NOT_KEPT]
        always = (*_ALWAYS, _TLS_ONLY) if self._tls else _ALWAYS

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = message["headers"]
                names = {name for name, _ in given}
                message["headers"] = [*given, *always, *(each for each in fallback if each[0] not in names)]
            await send(message)

        await self._app(scope, receive, answer)


def page_policy(nonce: str) -> str:
    """What a page may load: our own files, scripts by nonce, nothing inline."""
    return (
        f"default-src 'none'; script-src 'nonce-{nonce}' 'self'; style-src 'self' 'nonce-{nonce}'; "
        "img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'; object-src 'none'"
    )
