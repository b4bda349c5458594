"""The edge's own part of the API: accounts, sessions, tokens."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from contracts.gateway import Role
from gateway.accounts import Accounts
from gateway.directory import Directory
from gateway.schemas import (
    AccountAnswer,
    AccountChange,
    DirectoryEntry,
    NewAccount,
    NewToken,
    Receipt,
    SessionAnswer,
    SignIn,
    TokenAnswer,
    TokenReceipt,
)
from gateway.session import Session, call_checked, own_origin, require_session, sign_in, sign_out
from gateway.settings import API
from gateway.tokens import Tokens
from kit.auth import Principal
from kit.errors import Forbidden
from kit.idempotency import RequestKey
from kit.web import IdempotencyKey, IfMatch, PageOf, set_etag

router = APIRouter(prefix=API)
CHECKED = [Depends(call_checked)]

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


async def tokens_of(request: Request) -> Tokens:
    """The tokens of this app."""
    tokens: Tokens = request.app.state.tokens
    return tokens


AccountsHere = Annotated[Accounts, Depends(accounts_of)]
DirectoryHere = Annotated[Directory, Depends(directory_of)]
TokensHere = Annotated[Tokens, Depends(tokens_of)]


@router.post("/sessions", status_code=201, summary="登录", tags=["sessions"], dependencies=[Depends(own_origin)])
async def open_session(request: Request, response: Response, body: SignIn) -> SessionAnswer:
    """Sign in; the session is in the cookie."""
    return _session_answer(await sign_in(request, response, body.account, body.password))


@router.get("/sessions/current", summary="当前登录", tags=["sessions"])
async def read_session(session: SignedIn) -> SessionAnswer:
    """Who is signed in."""
    return _session_answer(session)


@router.delete("/sessions/current", status_code=204, summary="退出登录", tags=["sessions"], dependencies=CHECKED)
async def close_session(request: Request, response: Response, _session: SignedIn) -> None:
    """Sign out; a bearer token stays until it is deleted."""
    await sign_out(request, response)


@router.get("/accounts", summary="账号列表", tags=["accounts"])
async def list_accounts(
    session: SignedIn, directory: DirectoryHere, role: Role | None = None, limit: Limit = 50, cursor: Cursor = None
) -> PageOf[AccountAnswer] | PageOf[DirectoryEntry]:
    """All accounts for administrators; the colleagues of one's own office for everybody else."""
    return await directory.list(session.principal, role, limit, cursor)


@router.post("/accounts", status_code=201, summary="开通账号", tags=["accounts"], dependencies=CHECKED)
async def open_account(
    response: Response, body: NewAccount, by: Administrator, accounts: AccountsHere, key: IdempotencyKey
) -> Receipt:
    """Make an account."""
    receipt = Receipt(**await accounts.open(body, _key(key, body, "open", by), by))
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
    by: Administrator,
    accounts: AccountsHere,
    revision: IfMatch,
    key: IdempotencyKey,
) -> Receipt:
    """Change what is given; a new password, role or office, and disabling, end the person's sessions."""
    receipt = Receipt(**await accounts.change(id, body, revision, _key(key, body, "change", by), by))
    set_etag(response, receipt.revision)
    return receipt


@router.post("/tokens", status_code=201, summary="创建令牌", tags=["tokens"], dependencies=CHECKED)
async def make_token(
    response: Response, body: NewToken, session: SignedIn, tokens: TokensHere, key: IdempotencyKey
) -> TokenReceipt:
    """Make a bearer token that acts as oneself; it is shown once."""
    request = RequestKey.of(key, body, "make")
    receipt = TokenReceipt(**await tokens.make(body, request, session.principal))
    set_etag(response, receipt.revision)
    return receipt


@router.get("/tokens", summary="我的令牌", tags=["tokens"])
async def list_tokens(
    session: SignedIn, tokens: TokensHere, limit: Limit = 50, cursor: Cursor = None
) -> PageOf[TokenAnswer]:
    """One's own tokens, without their secrets."""
    page = await tokens.list(session.principal, limit, cursor)
    return PageOf(items=[TokenAnswer.of(record) for record in page.records], next=page.next)


@router.delete("/tokens/{id}", summary="撤销令牌", tags=["tokens"], dependencies=CHECKED)
async def withdraw_token(
    id: Id, session: SignedIn, tokens: TokensHere, revision: IfMatch, key: IdempotencyKey
) -> Receipt:
    """End a token at once."""
    request = RequestKey.of(key, {}, "withdraw")
    return Receipt(**await tokens.withdraw(id, revision, request, session.principal))


def _key(key: str, body: NewAccount | AccountChange, operation: str, by: Principal) -> RequestKey:
    """The request key, of all but the password: a plain digest that it went into would be easier to guess it from."""
    said = body.model_dump(mode="json", exclude={"password"}, exclude_unset=True)
    return RequestKey.of(key, said, operation, by.account, "password" if body.password else "")


def _session_answer(session: Session) -> SessionAnswer:
    principal = session.principal
    return SessionAnswer.model_validate(
        {
            "account": principal.account,
            "name": principal.name,
            "role": principal.role,
            "zones": list(principal.zones),
            "org": principal.org,
            "csrf": session.csrf,
        }
    )
