"""Identity between gateway and services: who is asking, as a short-lived signed token.

The gateway signs with Ed25519; services verify with the public half and authorise the person, not the gateway.
The key file is shared by replicas and holds two keys while one replaces the other.
"""

from __future__ import annotations

import base64
import logging
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey

from kit.clock import Clock
from kit.errors import Unauthenticated, Unavailable
from kit.secrets import write_private
from kit.store.port import Scope

log = logging.getLogger(__name__)

ALGORITHM = "Ed25519"
LIFETIME = 300
CACHE = 1024
REREAD = 60.0
PUBLIC = "public"


class ClocksApart(Unavailable):
    """A token is over that was just issued, by another clock. One that was kept and is sent again looks alike."""

    slug, title = "clocks-apart", "服务器时钟不一致"


@dataclass(frozen=True, slots=True)
class Principal:
    """A person or visitor: account id, role, the zones of their desk, their organisation, what they may read as."""

    account: str
    role: str
    zones: tuple[str, ...] = ()
    org: str | None = None
    readers: frozenset[str] = frozenset({PUBLIC})
    name: str = ""
    locale: str = "zh-CN"

    @property
    def scope(self) -> Scope:
        """What they may see."""
        return Scope.of(self.readers)

    @property
    def anonymous(self) -> bool:
        """Whether nobody is signed in."""
        return not self.account

    def claims(self) -> dict[str, Any]:
        """What a token says of them."""
        return {
            "sub": self.account,
            "role": self.role,
            "zones": list(self.zones),
            "org": self.org,
            "readers": sorted(self.readers),
            "name": self.name,
            "locale": self.locale,
        }


ANONYMOUS = Principal("", "anonymous")


class KeyFile:
    """The signing keys of an installation, newest first; made where missing, readable by the owner only."""

    def __init__(self, path: Path) -> None:
        self._path = path
        if not path.exists():
            write_private(path, orjson.dumps({"keys": [_new_key()]}))
        self._keys: KeySet
        self._read_at = 0.0
        self.reload()

    @property
    def newest(self) -> OKPKey:
        """The key that signs; another replica's rotation is noticed within a minute."""
        if time.monotonic() - self._read_at >= REREAD:
            self.reload()
        key = self._keys.keys[0]
        assert isinstance(key, OKPKey)  # noqa: S101 - the file holds no other kind
        return key

    @property
    def all(self) -> KeySet:
        """The keys that verify."""
        return self._keys

    def reload(self) -> None:
        """Read the file again; called when a token names a key that is not known, once a minute at most."""
        self._keys = KeySet.import_key_set(orjson.loads(self._path.read_bytes()))
        self._read_at = time.monotonic()

    def knows(self, kid: str) -> bool:
        """Whether a key is known, after another look at the file where it is due."""
        if not self._has(kid) and time.monotonic() - self._read_at >= REREAD:
            self.reload()
        return self._has(kid)

    def _has(self, kid: str) -> bool:
        return any(key.kid == kid for key in self._keys.keys)


class TokenVerifier:
    """Accepts tokens for one audience; a signature once checked is remembered until the token expires."""

    def __init__(self, keys: KeyFile, audience: str, clock: Clock) -> None:
        self._keys, self._audience, self._clock = keys, audience, clock
        self._seen: dict[str, tuple[int, Principal]] = {}

    def verify(self, token: str) -> Principal:
        """Who the token speaks for.

        Raises:
            Unauthenticated: it is forged, or meant for another service.
            ClocksApart: it is over, which the gateway sends none that is.
        """
        now = int(self._clock.now().timestamp())
        seen = self._seen.get(token)
        if seen is None:
            seen = self._check(token)
            if len(self._seen) >= CACHE:
                self._seen.clear()
            self._seen[token] = seen
        if seen[0] <= now:
            self._seen.pop(token, None)
            raise self._apart(now - seen[0] + LIFETIME)
        return seen[1]

    def _apart(self, seconds: int) -> ClocksApart:
        log.error(
            "a token for %s is %d s old: the clocks of this machine and its issuer's differ", self._audience, seconds
        )
        words = f"两台服务器的时钟相差约 {seconds // 60} 分钟，这次没有执行；登录没有问题，请管理员核对各机器的时间。"
        return ClocksApart(words, headers={"Retry-After": "60"})

    def _check(self, token: str) -> tuple[int, Principal]:
        try:
            header = _header(token)
            if not self._keys.knows(str(header.get("kid"))):
                raise Unauthenticated("登录凭证无效，请重新登录。")
            claims = jwt.decode(token, self._keys.all, algorithms=[ALGORITHM]).claims
        except (JoseError, ValueError) as error:
            raise Unauthenticated("登录凭证无效，请重新登录。") from error
        if claims.get("aud") != self._audience:
            raise Unauthenticated("登录凭证不是给这个服务的，请重新登录。")
        return int(claims["exp"]), _principal(claims)


def _principal(claims: dict[str, Any]) -> Principal:
    return Principal(
        claims["sub"],
        claims["role"],
        tuple(claims["zones"]),
        claims["org"],
        frozenset(claims["readers"]),
        claims.get("name", ""),
        claims.get("locale", "zh-CN"),
    )


def _header(token: str) -> dict[str, Any]:
    first = token.partition(".")[0]
    header = orjson.loads(base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)))
    if not isinstance(header, dict):
        raise ValueError("a header that is no object")
    return header


def _new_key() -> dict[str, Any]:
    key = OKPKey.generate_key("Ed25519", private=True, auto_kid=True)
    return dict(key.as_dict(private=True))
