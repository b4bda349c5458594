"""The notify API: each person's own notifications, deliveries and digests; recipients for administrators."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from contracts.vocabulary.form import WEEK
from kit.auth import Principal
from kit.web import IfMatch, OwnPorts, PageOf, Paging, require, set_etag
from operating.idempotency import IdempotencyKey, RequestKey
from services.notify import schemas
from services.notify.commands import keeping
from services.notify.commands.closing import WeekClosing
from services.notify.commands.deciding import Desk
from services.notify.model.delivery import State as DeliveryState
from services.notify.queries import deliveries, people, reports
from services.notify.queries.digests import DigestReader
from services.notify.queries.weeks import named_week

router = APIRouter()

Signed = Annotated[Principal, Depends(require())]
Administrator = Annotated[Principal, Depends(require("administrator"))]
Manager = Annotated[Principal, Depends(require("manager"))]
Sender = Annotated[Principal, Depends(require("manager", "administrator"))]
Reader = Annotated[Principal, Depends(require("officer", "bureau_officer", "manager"))]
Pages = Annotated[Paging, Query()]
Account = Annotated[str, Path(min_length=1, max_length=100)]
Id = Annotated[str, Path(max_length=100)]
WeekName = Annotated[str, WEEK, Path(description="ISO 周次，如 2026-W48")]


async def _desk(asking: Administrator, ports: OwnPorts, request: Request) -> Desk:
    return Desk(ports, request.app.state.sender, asking)


Deciding = Annotated[Desk, Depends(_desk)]


@router.put("/recipients/{account}", summary="登记收件人")
async def put_recipient(
    account: Account, body: schemas.RecipientInput, asking: Administrator, ports: OwnPorts
) -> schemas.Recipient:
    """Set where somebody is reached; repeatable."""
    return people.recipient_answer(await keeping.put_recipient(ports, asking, account, body))


@router.get("/recipients/{account}", summary="收件人")
async def read_recipient(account: Account, asking: Signed, ports: OwnPorts) -> schemas.Recipient:
    """Where somebody is reached: one's own, anybody's for an administrator."""
    return people.recipient_answer(await people.recipient(ports, asking, account))


@router.post("/recipients/{account}/invitation", status_code=204, summary="邮寄邀请链接")
async def mail_invitation(
    account: Account, body: schemas.InvitationInput, _asking: Administrator, ports: OwnPorts, request: Request
) -> None:
    """Mail the link to the address that is there; the same link is mailed once."""
    await keeping.require_address(ports, account)
    await request.app.state.teller.tell_invited(account, body.link)


@router.get("/notifications", summary="通知列表")
async def list_notifications(
    asking: Signed,
    ports: OwnPorts,
    unread: bool | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=2000)] = None,
) -> PageOf[schemas.Notification]:
    """One's own notifications, the newest first."""
    return await people.notifications(ports, asking, unread, Paging(limit=limit, cursor=cursor))


@router.get("/notifications/count", summary="未读通知数")
async def count_notifications(asking: Signed, ports: OwnPorts) -> schemas.Unread:
    """How many wait to be read."""
    return schemas.Unread(unread=await people.unread_count(ports, asking))


@router.post("/notifications/{id}/read", summary="标为已读")
async def read_notification(id: Id, asking: Signed, ports: OwnPorts) -> schemas.Notification:
    """Mark one as read; repeatable."""
    return people.notification_answer(await keeping.mark_read(ports, asking, id))


@router.post("/notifications/read-all", summary="全部标为已读")
async def read_all_notifications(asking: Signed, ports: OwnPorts) -> schemas.Unread:
    """Mark all as read; repeatable."""
    await keeping.mark_all_read(ports, asking)
    return schemas.Unread(unread=await people.unread_count(ports, asking))


@router.get("/deliveries", summary="发送记录")
async def list_deliveries(
    asking: Signed,
    ports: OwnPorts,
    state: schemas.DeliveryState | None = None,
    channel: schemas.ChannelOf | None = None,
    recipient: Annotated[str | None, Query(min_length=1, max_length=100)] = None,
    week: Annotated[str | None, WEEK, Query(description="ISO 周次，如 2026-W48")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=2000)] = None,
) -> PageOf[schemas.DeliveryAnswer]:
    """Deliveries, the newest first: one's own, all of them for an administrator."""
    wanted = deliveries.wanted(schemas.DeliveryFilter(channel=channel, recipient=recipient, week=week), state)
    return await deliveries.deliveries(ports, asking, wanted, Paging(limit=limit, cursor=cursor))


@router.get("/deliveries/{id}", summary="一条投递")
async def read_delivery(id: Id, asking: Signed, ports: OwnPorts, response: Response) -> schemas.DeliveryOpened:
    """How it went, attempt by attempt: one's own, anybody's for an administrator."""
    opened = await deliveries.delivery(ports, asking, id)
    set_etag(response, opened.revision)
    return opened


@router.post("/deliveries/dry-run", summary="试算重新发送")
async def count_failed(body: schemas.DeliveryFilter, desk: Deciding) -> schemas.RetryCount:
    """How many failed deliveries would be sent again, to whom; nothing is done."""
    found = await desk.count(deliveries.wanted(body, "failed"))
    return schemas.RetryCount(
        count=len(found.deliveries), recipients=dict(found.recipients), channels=dict(found.channels)
    )


@router.post("/deliveries/retry", summary="全部重新发送")
async def retry_deliveries(body: schemas.RetryInput, key: IdempotencyKey, desk: Deciding) -> schemas.RetryReceipt:
    """Send again all that the dry run counted."""
    request = RequestKey.of(key, body, "retry-all")
    done = await desk.retry_all(deliveries.wanted(body, "failed"), body.expected, request)
    return schemas.RetryReceipt(**done)


@router.post("/deliveries/{id}/retry", summary="重新发送")
async def retry_delivery(
    id: Id, body: schemas.RetryDecision, revision: IfMatch, key: IdempotencyKey, desk: Deciding
) -> schemas.DeliveryReceipt:
    """Send one again; a mail keeps its Message-ID."""
    return schemas.DeliveryReceipt(**await desk.decide(id, revision, DeliveryState.QUEUED, body.reason, key))


@router.post("/deliveries/{id}/confirm", summary="标为已发送")
async def confirm_delivery(
    id: Id, body: schemas.ReasonInput, revision: IfMatch, key: IdempotencyKey, desk: Deciding
) -> schemas.DeliveryReceipt:
    """Somebody found out that it arrived."""
    return schemas.DeliveryReceipt(**await desk.decide(id, revision, DeliveryState.SENT, body.reason, key))


@router.post("/deliveries/{id}/discard", summary="放弃发送")
async def discard_delivery(
    id: Id, body: schemas.ReasonInput, revision: IfMatch, key: IdempotencyKey, desk: Deciding
) -> schemas.DeliveryReceipt:
    """It need not arrive any more."""
    return schemas.DeliveryReceipt(**await desk.decide(id, revision, DeliveryState.DISCARDED, body.reason, key))


@router.get("/digests", summary="周报列表")
async def list_digests(asking: Manager, ports: OwnPorts, paging: Pages) -> PageOf[schemas.DigestListed]:
    """The running week and one's frozen digests."""
    return await DigestReader(ports, asking).listed(paging)


@router.get("/digests/{week}", summary="周报")
async def read_digest(week: WeekName, asking: Manager, ports: OwnPorts) -> schemas.Digest:
    """The digest of a week; a preview until it is frozen."""
    return await DigestReader(ports, asking).digest(week)


@router.get("/digests/{week}/figures/{figure}/records", summary="周报数字的记录")
async def read_records(
    week: WeekName, figure: Id, asking: Manager, ports: OwnPorts, paging: Pages
) -> PageOf[schemas.FigureRecord]:
    """Exactly the records behind a figure, of those one may see today."""
    return await DigestReader(ports, asking).records(week, figure, paging)


@router.post("/digests/{week}/send", summary="发送周报")
async def send_digest(week: WeekName, _key: IdempotencyKey, asking: Sender, request: Request) -> schemas.SendAnswer:
    """Freeze and send a week's digests, each once however often this is asked."""
    closing: WeekClosing = request.app.state.closing
    done = await closing.send_by_hand(asking, named_week(week))
    digests = [
        schemas.DigestSent(
            manager=manager,
            frozen_at=outcome.record.body["frozen_at"],
            sent_at=outcome.record.body["sent_at"],
            silent=outcome.record.body["silent"],
            repeated=outcome.repeated,
            in_doubt=list(outcome.in_doubt),
        )
        for manager, outcome in done
    ]
    return schemas.SendAnswer(week=week, digests=digests)


@router.get("/reports/{name}", summary="统计")
async def read_report(name: Id, asking: Reader, ports: OwnPorts) -> schemas.Report:
    """A chart of the dashboard: funnel, by_zone or weekly."""
    return await reports.report(ports, asking, name)
