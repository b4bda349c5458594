"""Problems as RFC 9457 describes them: one class a problem, the HTTP status on it, pure of any framework.

Every detail says what to do next, in Chinese, because people read it as it stands.
"""

from __future__ import annotations

import errno
from dataclasses import asdict, dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class FieldError:
    """Where an input is wrong: a path such as ``items.0.name`` or ``第12行 总投资``, and what to do."""

    path: str
    message: str


class Problem(Exception):
    """Base of all errors a caller may see.

    Attributes:
        slug: last part of the ``type`` URI, ``/problems/<slug>``.
        status: HTTP status.
        title: short Chinese name of the kind of problem.
    """

    slug: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "系统内部错误"

    def __init__(
        self,
        detail: str = "",
        *,
        errors: tuple[FieldError, ...] | list[FieldError] = (),
        headers: dict[str, str] | None = None,
        **extensions: Any,
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.errors = tuple(errors)
        self.headers = headers or {}
        self.extensions = extensions

    def document(self, trace_id: str) -> dict[str, Any]:
        """The problem+json body."""
        return {
            "type": f"/problems/{self.slug}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "errors": [asdict(error) for error in self.errors],
            "trace_id": trace_id,
            **self.extensions,
        }


class BadRequest(Problem):
    slug, status, title = "bad-request", 400, "请求无法理解"


class IdempotencyKeyMissing(BadRequest):
    slug, title = "idempotency-key-missing", "缺少 Idempotency-Key"


class Unauthenticated(Problem):
    slug, status, title = "unauthenticated", 401, "请先登录"


class Forbidden(Problem):
    slug, status, title = "forbidden", 403, "没有这项权限"


class NotFound(Problem):
    slug, status, title = "not-found", 404, "没有找到"


class MethodNotAllowed(Problem):
    slug, status, title = "method-not-allowed", 405, "不支持的操作"


class Conflict(Problem):
    slug, status, title = "conflict", 409, "与现有记录冲突"


class AlreadyExists(Conflict):
    slug, title = "already-exists", "记录已经存在"


class Stale(Problem):
    slug, status, title = "stale", 412, "内容已被他人更新"


class TooLarge(Problem):
    slug, status, title = "too-large", 413, "内容过大"


class RangeNotSatisfiable(Problem):
    slug, status, title = "range-not-satisfiable", 416, "范围超出文件"


class Invalid(Problem):
    slug, status, title = "invalid", 422, "填写有误"


class IdempotencyMismatch(Invalid):
    slug, title = "idempotency-mismatch", "同一 Idempotency-Key 对应了不同内容"


class PreconditionRequired(Problem):
    slug, status, title = "precondition-required", 428, "缺少 If-Match"


class TooMany(Problem):
    slug, status, title = "too-many-requests", 429, "操作过于频繁"


class Unavailable(Problem):
    slug, status, title = "unavailable", 503, "服务暂不可用"


class LogInRefused(Unavailable):
    """A server lets nobody in with this account, or is not who it should be: whoever starts need not wait for it."""


class StoreFull(Unavailable):
    """A disk is full; nothing was written."""

    slug, title = "store-full", "存储空间不足"

    def __init__(self) -> None:
        super().__init__(
            "服务器磁盘空间不足，本次内容没有保存，已有内容不受影响。请通知管理员清理磁盘，随后用同一次提交重试。",
            headers={"Retry-After": "60"},
        )


def tells_of_full_disk(error: BaseException) -> bool:
    """Whether this is what a full disk, or a used-up quota, is met with."""
    return isinstance(error, StoreFull) or getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
