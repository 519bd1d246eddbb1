"""Objects, cases and replies for kiosks; the public page for whoever holds a receipt."""

import asyncio
from typing import Annotated, Final

from fastapi import APIRouter, Header, Path, Query, Request, Response
from fastapi.responses import HTMLResponse

from fleet_server.cases import repository
from fleet_server.cases.envelope import base64_of
from fleet_server.cases.intake import receipt_of, take
from fleet_server.cases.objects import LARGEST_OBJECT, ContentRange
from fleet_server.cases.public_page import case_page, page_language, unknown_page
from fleet_server.content.service import published_titles
from fleet_server.errors import FleetError, NotFound
from fleet_server.fleet import Fleet, FleetDep
from fleet_server.tokens import KioskDep
from kiosk.contract.cases import CaseReceipt, SealedCase, SealedReply

router = APIRouter(tags=["cases"])

Sha256 = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]
CaseId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]

LONGEST_WAIT_S: Final = 20.0
"""`DECISIONS.md` 6."""


@router.head("/v1/objects/{sha256}", response_class=Response)
def object_state(fleet: FleetDep, kiosk: KioskDep, sha256: Sha256) -> Response:
    """200 once complete; else 404 with `Upload-Offset`, where to go on."""
    offset = fleet.cases.objects.offset(kiosk.kiosk_id, sha256)
    if offset is None:
        return Response(status_code=200)
    return Response(status_code=404, headers={"Upload-Offset": str(offset)})


@router.put(
    "/v1/objects/{sha256}",
    status_code=201,
    response_class=Response,
    responses={202: {"description": "More is needed; `Upload-Offset` says from where"}},
)
async def put_object(
    fleet: FleetDep,
    kiosk: KioskDep,
    request: Request,
    sha256: Sha256,
    content_range: Annotated[str, Header()],
) -> Response:
    """Append a chunk: 201 once complete and verified, 202 while more is needed."""
    place = ContentRange.parse(content_range)
    chunk = await _body(request, place.length)
    complete = await asyncio.to_thread(
        fleet.cases.objects.write, kiosk.kiosk_id, sha256, chunk, place
    )
    if complete:
        return Response(status_code=201)
    return Response(status_code=202, headers={"Upload-Offset": str(place.last + 1)})


@router.post("/v1/cases", responses={200: {"model": CaseReceipt}, 201: {"model": CaseReceipt}})
def submit(fleet: FleetDep, kiosk: KioskDep, sealed: SealedCase, response: Response) -> CaseReceipt:
    """Take a case in: 201 when new, 200 when known; committed before the answer."""
    taken = take(
        fleet.database,
        fleet.cases,
        fleet.live,
        kiosk_id=kiosk.kiosk_id,
        sealed=sealed,
        now=fleet.clock.now(),
    )
    response.status_code = 201 if taken.is_new else 200
    return taken.receipt


@router.get("/v1/cases/{case_id}/reply")
async def reply(
    fleet: FleetDep,
    kiosk: KioskDep,
    case_id: CaseId,
    wait_s: Annotated[float, Query(ge=0, le=LONGEST_WAIT_S)] = 0,
) -> SealedReply:
    """The sealed reply; waits for it up to `wait_s`, woken by the answer itself."""
    deadline = asyncio.get_running_loop().time() + wait_s
    with fleet.live.listen("case") as news:
        while True:
            found = await asyncio.to_thread(_reply, fleet, kiosk.kiosk_id, case_id)
            if found.sealed is not None:
                return found
            while True:
                left_s = deadline - asyncio.get_running_loop().time()
                if left_s <= 0:
                    return found
                heard = await news.next(within_s=left_s)
                if heard is None or heard.key == case_id:
                    break


@router.get("/v/{case_id}", response_class=HTMLResponse, include_in_schema=False)
def public_page(
    fleet: FleetDep, case_id: str, accept_language: Annotated[str, Header()] = ""
) -> HTMLResponse:
    """What a receipt's QR code opens: where the case stands, and nothing about the person."""
    with fleet.database.read() as session:
        case = repository.find(session, case_id)
        if case is None:
            return _html(unknown_page(accept_language), 404)
        seen = (case.content, case.service_id)
        titles = published_titles(session, [seen], page_language(accept_language))
    return _html(case_page(case, accept_language, service_title=titles.get(seen, "")), 200)


def _html(page: str, status: int) -> HTMLResponse:
    return HTMLResponse(
        page,
        status,
        headers={
            "Cache-Control": "no-store",
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
            "Referrer-Policy": "no-referrer",
            "X-Robots-Tag": "noindex",
            "Vary": "Accept-Language",
        },
    )


def _reply(fleet: Fleet, kiosk_id: str, case_id: str) -> SealedReply:
    with fleet.database.read() as session:
        case = repository.find(session, case_id)
    if case is None or case.kiosk_id != kiosk_id:
        raise NotFound(code="unknown_case")
    sealed = None if case.sealed_reply is None else base64_of(case.sealed_reply)
    return SealedReply(receipt=receipt_of(fleet.cases, case), sealed=sealed)


async def _body(request: Request, length: int) -> bytes:
    """The body, never more of it in memory than announced."""
    received = bytearray()
    async for piece in request.stream():
        received += piece
        if len(received) > min(length, LARGEST_OBJECT):
            raise FleetError("more than announced", code="too_large", status=413)
    return bytes(received)
