"""The edge's own part of the API: accounts, how people get theirs, and the first of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from gateway.accounts import Accounts
from gateway.directory import Directory
from gateway.forgery import call_checked, own_origin
from gateway.invitations import Invitations
from gateway.password_changes import PasswordChanges
from gateway.schemas import (
    Accepted,
    AcceptInput,
    AccountAnswer,
    AccountChange,
    AccountFilter,
    DirectoryEntry,
    InvitationReceipt,
    NewAccount,
    NewInvitation,
    PasswordReceipt,
    Receipt,
    SetUpInput,
)
from gateway.session import Session, require_session
from gateway.set_up import SetUp
from gateway.settings import API, OPERATOR
from gateway.signing_in import address_of, signing_in_of
from kit.auth import Principal
from kit.errors import Forbidden, Unauthenticated
from kit.web import IfMatch, PageOf, ports_of, set_etag
from operating.idempotency import IdempotencyKey, RequestKey

router = APIRouter(prefix=API)
CHECKED = [Depends(call_checked)]
OWN_ORIGIN = [Depends(own_origin)]

SignedIn = Annotated[Session, Depends(require_session)]
Limit = Annotated[int, Query(ge=1, le=200, description="本页条数")]
Cursor = Annotated[str | None, Query(max_length=2000, description="上一页的 next")]
Id = Annotated[str, Path(min_length=1, max_length=64)]


def administrator_for(what: str) -> Callable[[Session], Awaitable[Principal]]:
    """A dependency that gives the administrator who asks; ``what`` they ask for is named to anybody else."""

    async def administrator(session: SignedIn) -> Principal:
        if session.principal.role != "administrator":
            raise Forbidden(f"只有管理员可以{what}；如有需要，请联系管理员。")
        return session.principal

    return administrator


Administrator = Annotated[Principal, Depends(administrator_for("管理账号"))]


async def accounts_of(request: Request) -> Accounts:
    """The accounts of this app."""
    accounts: Accounts = request.app.state.accounts
    return accounts


async def directory_of(request: Request) -> Directory:
    """The directory of this app."""
    directory: Directory = request.app.state.directory
    return directory


async def invitations_of(request: Request) -> Invitations:
    """The invitations of this app."""
    invitations: Invitations = request.app.state.invitations
    return invitations


async def passwords_of(request: Request) -> PasswordChanges:
    """The changes of passwords in this app."""
    changes: PasswordChanges = request.app.state.password_changes
    return changes


AccountsHere = Annotated[Accounts, Depends(accounts_of)]
DirectoryHere = Annotated[Directory, Depends(directory_of)]
InvitationsHere = Annotated[Invitations, Depends(invitations_of)]
PasswordsHere = Annotated[PasswordChanges, Depends(passwords_of)]


@router.get("/accounts", summary="账号列表", tags=["accounts"])
async def list_accounts(
    session: SignedIn, directory: DirectoryHere, wanted: Annotated[AccountFilter, Query()]
) -> PageOf[AccountAnswer] | PageOf[DirectoryEntry]:
    """All accounts for administrators; colleagues, and whom they invited, for everybody else."""
    return await directory.list(session.principal, wanted)


@router.post("/accounts", status_code=201, summary="开通账号", tags=["accounts"], dependencies=CHECKED)
async def open_account(
    response: Response, body: NewAccount, by: Administrator, accounts: AccountsHere, key: IdempotencyKey
) -> PasswordReceipt:
    """Make an account; without a password it gets a one-time one, shown in this answer only."""
    receipt = PasswordReceipt(**await accounts.open(body, _key(key, body, "open", by), by))
    response.headers["Location"] = f"{API}/accounts/{receipt.id}"
    set_etag(response, receipt.revision)
    return receipt


@router.get("/accounts/{id}", summary="账号", tags=["accounts"])
async def read_account(
    response: Response, id: Id, session: SignedIn, directory: DirectoryHere
) -> AccountAnswer | DirectoryEntry:
    """An account: in full for administrators and its owner, name and role for colleagues."""
    answer = await directory.read(session.principal, id)
    if isinstance(answer, AccountAnswer):
        set_etag(response, answer.revision)
    return answer


@router.patch("/accounts/{id}", summary="更改账号", tags=["accounts"], dependencies=CHECKED)
async def change_account(
    response: Response,
    id: Id,
    body: AccountChange,
    session: SignedIn,
    accounts: AccountsHere,
    revision: IfMatch,
    key: IdempotencyKey,
) -> Receipt:
    """Change what is given; another role or office, and disabling, end the person's sessions."""
    by = session.principal
    request = RequestKey.of(key, body.model_dump(mode="json", exclude_unset=True), "change", by.account)
    receipt = Receipt(**await accounts.change(id, body, revision, request, by))
    set_etag(response, receipt.revision)
    return receipt


@router.post("/accounts/{id}/password-reset", summary="重置密码", tags=["accounts"], dependencies=CHECKED)
async def reset_password(
    id: Id, by: Administrator, changes: PasswordsHere, revision: IfMatch, key: IdempotencyKey
) -> PasswordReceipt:
    """Give somebody a one-time password, shown in this answer only; their sessions end."""
    return PasswordReceipt(**await changes.reset(id, revision, RequestKey.of(key, {}, "reset", by.account), by))


@router.post("/accounts/{id}/end-sessions", summary="让账号重新登录", tags=["accounts"], dependencies=CHECKED)
async def end_sessions(
    id: Id, by: Administrator, accounts: AccountsHere, revision: IfMatch, key: IdempotencyKey
) -> Receipt:
    """End every session of somebody."""
    return Receipt(**await accounts.end_sessions(id, revision, RequestKey.of(key, {}, "end", by.account), by))


@router.post("/accounts/{id}/invitation", summary="重新邀请", tags=["accounts"], dependencies=CHECKED)
async def renew_invitation(
    id: Id, session: SignedIn, invitations: InvitationsHere, revision: IfMatch, key: IdempotencyKey
) -> InvitationReceipt:
    """Another link, shown in this answer only; the one before opens nothing any more."""
    request = RequestKey.of(key, {}, "renew", session.principal.account)
    return InvitationReceipt(**await invitations.renew(id, revision, request, session.principal))


@router.post("/invitations", status_code=201, summary="邀请", tags=["accounts"], dependencies=CHECKED)
async def invite(
    response: Response, body: NewInvitation, session: SignedIn, invitations: InvitationsHere, key: IdempotencyKey
) -> InvitationReceipt:
    """An account whose owner chooses the password by a link, shown in this answer only. Officers invite partners."""
    by = session.principal
    receipt = InvitationReceipt(**await invitations.invite(body, RequestKey.of(key, body, "invite", by.account), by))
    response.headers["Location"] = f"{API}/accounts/{receipt.id}"
    set_etag(response, receipt.revision)
    return receipt


@router.post("/invitations/accept", summary="接受邀请", tags=["accounts"], dependencies=OWN_ORIGIN)
async def accept(request: Request, body: AcceptInput, invitations: InvitationsHere) -> Accepted:
    """Choose the first password; then sign in with it."""
    signing_in_of(request).knock(address_of(request))
    return Accepted(sign_in=(await invitations.accept(body.code, body.password)).sign_in)


@router.post("/setup", status_code=201, summary="初始化", tags=["accounts"], dependencies=OWN_ORIGIN)
async def set_up(request: Request, body: SetUpInput, key: IdempotencyKey) -> PasswordReceipt:
    """Make the first administrator of an office with the code on its console; gone once there is one."""
    signing_in_of(request).knock(address_of(request))
    said = body.model_dump(mode="json", exclude={"password", "code"})
    setting: SetUp = request.app.state.set_up
    asked = RequestKey.of(key, said, "set-up")
    return PasswordReceipt(**await setting.run(body, asked, trusted=_operates(request)))


def _operates(request: Request) -> bool:
    """Whether the request carries what only the machine's own keys can sign."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    try:
        return scheme.lower() == "bearer" and ports_of(request).verifier.verify(token).role == OPERATOR
    except Unauthenticated:
        return False


def _key(key: str, body: NewAccount, operation: str, by: Principal) -> RequestKey:
    """The request key, of all but the password: a plain digest that it went into would be easier to guess it from."""
    said = body.model_dump(mode="json", exclude={"password"}, exclude_unset=True)
    return RequestKey.of(key, said, operation, by.account, "password" if body.password else "")
