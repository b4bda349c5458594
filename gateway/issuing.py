"""Signs who is asking, as the services believe it: the other half of :mod:`kit.auth`."""

from __future__ import annotations

from joserfc import jwt

from kit.auth import ALGORITHM, LIFETIME, KeyFile, Principal
from kit.clock import Clock


class TokenIssuer:
    """Signs tokens for one audience at a time."""

    def __init__(self, keys: KeyFile, clock: Clock) -> None:
        self._keys, self._clock = keys, clock

    def issue(self, principal: Principal, audience: str) -> str:
        """A token that ``audience`` accepts for five minutes."""
        now = int(self._clock.now().timestamp())
        key = self._keys.newest
        header = {"alg": ALGORITHM, "kid": key.kid}
        claims = principal.claims() | {"aud": audience, "iat": now, "exp": now + LIFETIME}
        return jwt.encode(header, claims, key, algorithms=[ALGORITHM])
