"""Problems of the edge: sign-in, forged requests, services that do not answer."""

from __future__ import annotations

from kit.errors import Conflict, Forbidden, TooMany, Unauthenticated, Unavailable


class SignInFailed(Unauthenticated):
    slug, title = "sign-in-failed", "账号或密码不正确"


class TooManyAttempts(TooMany):
    slug, title = "too-many-attempts", "登录尝试过于频繁"


class ForgedRequest(Forbidden):
    slug, title = "forged-request", "页面已过期"


class AccountExists(Conflict):
    slug, title = "account-exists", "登录名已被使用"


class OwnAccount(Conflict):
    slug, title = "own-account", "不能停用自己"


class BackupUnavailable(Conflict):
    slug, title = "backup-unavailable", "这里不能备份"


class ServiceUnavailable(Unavailable):
    slug, title = "service-unavailable", "服务暂时没有响应"
