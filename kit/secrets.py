"""Secrets of an installation and of single records: a record's data key can be destroyed, and its content with it."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kit.errors import AlreadyExists, NotFound
from kit.store.port import Collection, Record, Scope, Store

DATA_KEYS = Collection("data_keys")
_SCOPE = Scope.system("data keys")
_NONCE = 12


def read_secret(path: Path, length: int = 32) -> bytes:
    """The secret in a file, made where missing, readable by the owner only."""
    if not path.exists():
        write_private(path, secrets.token_bytes(length))
    return path.read_bytes()


def write_private(path: Path, content: bytes, *, over: bool = False) -> None:
    """Write a file that its owner alone reads, whole or not at all; what another process made first stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{secrets.token_hex(4)}.part")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if over:
            draft.replace(path)
        else:
            with suppress(FileExistsError):
                path.hardlink_to(draft)
    finally:
        draft.unlink(missing_ok=True)


class Vault:
    """Seals content under a key of its own (AES-256-GCM), itself sealed under the installation's master key."""

    def __init__(self, store: Store, master: bytes) -> None:
        self._store = store
        self._master = AESGCM(master)

    async def ensure(self) -> None:
        """Create the collection of keys."""
        await self._store.ensure(DATA_KEYS)

    async def seal(self, key_id: str, plain: bytes) -> str:
        """Encrypt under the key of that name, which is made on first use; hexadecimal."""
        key = await self._key(key_id) or await self._make(key_id)
        return _seal(AESGCM(key), plain, key_id).hex()

    async def open(self, key_id: str, sealed: str) -> bytes:
        """Decrypt.

        Raises:
            NotFound: the key was destroyed, or the content is not what was sealed.
        """
        key = await self._key(key_id)
        if key is None:
            raise NotFound("这项信息已按要求删除。")
        return _open(AESGCM(key), bytes.fromhex(sealed), key_id)

    async def destroy(self, key_id: str) -> None:
        """Make everything sealed under this key unreadable for good."""
        await self._store.erase(DATA_KEYS.name, key_id)

    async def _key(self, key_id: str) -> bytes | None:
        record = await self._store.get(DATA_KEYS.name, _SCOPE, key_id)
        return None if record is None else _open(self._master, bytes.fromhex(record.body["sealed"]), key_id)

    async def _make(self, key_id: str) -> bytes:
        key = AESGCM.generate_key(256)
        record = Record(key_id, {"sealed": _seal(self._master, key, key_id).hex()}, frozenset())
        try:
            await self._store.save(DATA_KEYS.name, record)
        except AlreadyExists:
            made = await self._key(key_id)
            if made is not None:
                return made
            raise
        return key


def _seal(cipher: AESGCM, plain: bytes, name: str) -> bytes:
    nonce = secrets.token_bytes(_NONCE)
    return nonce + cipher.encrypt(nonce, plain, name.encode())


def _open(cipher: AESGCM, sealed: bytes, name: str) -> bytes:
    try:
        return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], name.encode())
    except InvalidTag as error:
        raise NotFound("这项信息无法解密：密钥与数据不符。") from error
