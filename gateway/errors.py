"""Problems of the edge: sign-in, forged requests, services that do not answer."""

from __future__ import annotations

from kit.errors import Conflict, Forbidden, NotFound, Problem, TooMany, Unauthenticated, Unavailable


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


class LastAdministrator(Conflict):
    slug, title = "last-administrator", "至少要有一位管理员"


class PasswordChangeRequired(Forbidden):
    slug, title = "password-change-required", "请先更改密码"


class WrongPassword(Forbidden):
    slug, title = "wrong-password", "当前密码不正确"


class ReadOnlyToken(Forbidden):
    slug, title = "read-only-token", "令牌只能读取"


class InvitationInvalid(NotFound):
    slug, title = "invitation-invalid", "邀请链接无效"


class InvitationOver(Conflict):
    slug, title = "invitation-over", "不能再邀请"


class NotSetUp(Conflict):
    slug, title = "not-set-up", "还没有初始化"


class WrongSetUpCode(Forbidden):
    slug, title = "wrong-set-up-code", "初始化代码不正确"


class BackupUnavailable(Conflict):
    slug, title = "backup-unavailable", "这里不能备份"


class ServiceUnavailable(Unavailable):
    slug, title = "service-unavailable", "服务暂时没有响应"


class ServiceOverloaded(Unavailable):
    slug, title = "service-overloaded", "服务繁忙"


class RequestTimeout(Problem):
    slug, status, title = "request-timeout", 408, "提交超时"
