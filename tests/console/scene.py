"""A believable night in the hall: four kiosks, cases of four departments, faults, a publication."""

import secrets

from kiosk.contract.cases import Applicant, CasePayload
from kiosk.contract.devices import DeviceKind, DeviceState, DeviceStatus
from kiosk.contract.identifiers import NumberKind
from kiosk.contract.topics import Channel
from kiosk.contract.uplink import (
    AppStarted,
    AppState,
    CaseSubmitted,
    ContentDrawn,
    DeviceStatusChanged,
    PaperChanged,
    SessionEnded,
    SessionStarted,
)
from kiosk.store.vault import Paper
from tests.console.stage import Stage
from tests.console.wire_kiosk import WireKiosk
from tests.fleet_server.small_hall import Hall, submission, tax_payload

PICTURE = b"\xff\xd8\xff\xe0" + b"\0" * 184_000
"""As large as a flattened page; never drawn, for the console shows no papers."""
TAX_SERVICE = "tax-payment-certificate"
POLICE_SERVICE = "police-no-criminal-record"


def identity(name: str, number: str) -> Applicant:
    """An invented person, as read from an ID card."""
    return Applicant(name=name, number=number, number_kind=NumberKind.RESIDENT_ID)


class Night:
    """Sets the scene; `play` leaves the names of what pictures are taken of."""

    def __init__(self, on: Stage) -> None:
        self.on = on
        self.cases: list[str] = []
        self.kiosks: list[WireKiosk] = []

    def play(self) -> WireKiosk:
        """Four kiosks, six cases, one department down, one bad message; returns kiosk 1."""
        first = self.on.kiosk("hz0001", "01 号终端")
        second = self.on.kiosk("hz0002", "02 号终端")
        third = self.on.kiosk("hz0003", "03 号终端")
        self.on.kiosk("hz0004", "04 号终端")
        self.kiosks = [first, second, third]
        for kiosk in self.kiosks:
            kiosk.birth()
            kiosk.draw_desired()
        self._evening(first)
        second.break_device(DeviceKind.RECEIPT_PRINTER, "D301", paper="out", cover="closed")
        second.tell(
            DeviceStatusChanged,
            device=DeviceKind.RECEIPT_PRINTER,
            state=second.devices[DeviceKind.RECEIPT_PRINTER],
        )
        second.cases_waiting = 2
        second.heartbeat()
        third.app_state = AppState.IN_SESSION
        third.drawn = "5c0f" * 16
        third.heartbeat()
        third.say(Channel.REPORTED, b'{"v": 1, "t": "rep", <script>alert(1)</script>')
        return first

    def _evening(self, kiosk: WireKiosk) -> None:
        paper = {"paper": "full", "cover": "closed", "cutter": "ok", "ticket": "notPresent"}
        printer = DeviceState(status=DeviceStatus.ONLINE, parts=paper)
        kiosk.devices = {**kiosk.devices, DeviceKind.RECEIPT_PRINTER: printer}
        kiosk.heartbeat()
        kiosk.tell(AppStarted, cold_start_ms=1840)
        kiosk.tell(ContentDrawn, content=kiosk.drawn)
        people = [
            ("张明远", "370321198503120011", "work"),
            ("王雅婷", "370321199108263025", "abroad"),
        ]
        for name, number, use in people:
            payload = CasePayload(
                applicant=identity(name, number),
                answers={"use": use, "phone": "13900000000"},
                signature_png=b"iVBORw0KGgo=",
            )
            self._case(kiosk, POLICE_SERVICE, payload, (Paper("use_paper", "image/jpeg", PICTURE),))
        for _ in range(2):
            self._case(kiosk, TAX_SERVICE, tax_payload())
        self._case(kiosk, TAX_SERVICE, tax_payload("TAX1:370321:20261000039981"))
        low = DeviceState(status=DeviceStatus.ONLINE, parts={**paper, "paper": "low"})
        kiosk.devices = {**kiosk.devices, DeviceKind.RECEIPT_PRINTER: low}
        kiosk.tell(DeviceStatusChanged, device=DeviceKind.RECEIPT_PRINTER, state=low)
        kiosk.heartbeat()

    def _case(
        self,
        kiosk: WireKiosk,
        service: str,
        payload: CasePayload,
        papers: tuple[Paper, ...] = (),
    ) -> None:
        kiosk.tell(SessionStarted, service_id=service)
        self.cases.append(submit(self.on, kiosk, service, payload, papers))
        case_id = self.cases[-1]
        kiosk.tell(CaseSubmitted, case_id=case_id)
        for stage_name in ("intent", "sent", "presented", "taken"):
            kiosk.tell(PaperChanged, case_id=case_id, stage=stage_name)
        outcome = "submitted" if service == POLICE_SERVICE else "completed"
        kiosk.tell(SessionEnded, service_id=service, outcome=outcome, at_step="done", lasted_s=74.2)


def submit(
    on: Stage,
    kiosk: WireKiosk,
    service: str,
    payload: CasePayload,
    papers: tuple[Paper, ...] = (),
) -> str:
    """Seal, upload and post one case as the kiosk does; returns its id."""
    assert kiosk.drawn is not None
    made = submission(
        Hall(on.settings, on.department_ports),
        kiosk.drawn,
        secrets.randbits(120),
        service_id=service,
        payload=payload,
        papers=papers,
    )
    for sha256, ciphertext in made.sealed.ciphertexts.items():
        upload(kiosk, sha256, ciphertext)
    kiosk.submit(made.case)
    return made.case.case_id


def upload(kiosk: WireKiosk, sha256: str, sealed: bytes) -> None:
    """One paper's ciphertext in one piece."""
    kiosk.http.put(
        f"/v1/objects/{sha256}",
        content=sealed,
        headers={
            **kiosk.headers(),
            "Content-Range": f"bytes 0-{len(sealed) - 1}/{len(sealed)}",
        },
    ).raise_for_status()
