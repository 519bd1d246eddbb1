"""The one loop: take an event, `step`, record, start effects, feed results back, arm timeouts."""

import asyncio
import logging
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from kiosk.contract.devices import DeviceKind
from kiosk.contract.uplink import CaseRated, SessionEnded, SessionStarted
from kiosk.flow import effects as ef
from kiosk.flow import events as ev
from kiosk.flow.clerk import Clerk
from kiosk.flow.noting import entry_of
from kiosk.flow.performing import DURABLE, Performer, Task
from kiosk.flow.ports import (
    Changes,
    Desk,
    DevicePool,
    EventLog,
    Glass,
    JournalBook,
    LookAround,
    PaperLog,
)
from kiosk.flow.session import START, step
from kiosk.flow.states import State, Warned, scope_of, timeout_s

_LOG: Final = logging.getLogger(__name__)

LAST_PAPER_S: Final = 15.0
"""At the end of the process a paper in motion may finish: a receipt takes 4 s, cut included."""


@dataclass(slots=True, eq=False)
class _Arrival:
    """An event and what must still be true for it to count."""

    event: ev.Event
    page: int = 0
    """Number of the page whose effect says it; 0 for what always counts."""
    alarm: int = 0
    """The timer's number; 0 for what is no timer."""


@dataclass(slots=True)
class _Visit:
    """What the runner measures of one session; no personal data."""

    started_at: float
    cap: asyncio.TimerHandle | None = field(default=None, repr=False)


class Runner:
    """Runs one kiosk's flow. `run` and every method but `touch` belong to one event loop."""

    def __init__(
        self,
        *,
        devices: DevicePool,
        desk: Desk,
        papers: PaperLog,
        events: EventLog,
        journal: JournalBook,
        changes: Changes,
        glass: Glass,
        look_around: LookAround,
        clerk: Clerk | None = None,
    ) -> None:
        """`clerk` writes for others as well, where their records and ours must keep one order."""
        self.state: State = START
        self._events = events
        self._journal = journal
        self._glass = glass
        self._look_around = look_around
        self._clerk = clerk or Clerk()
        self._performer = Performer(
            devices=devices,
            desk=desk,
            papers=papers,
            changes=changes,
            glass=glass,
            clerk=self._clerk,
        )
        self._arrivals: asyncio.Queue[_Arrival] = asyncio.Queue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._fleeting: set[asyncio.Task[None]] = set()
        self._durable: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._alarm = 0
        self._page = 1
        self._visit: _Visit | None = None
        self._stepped = asyncio.Event()

    def touch(self, event: ev.Touch) -> None:
        """Something was touched; callable from any thread, returns at once."""
        loop = self._loop
        if loop is not None:
            loop.call_soon_threadsafe(self._arrivals.put_nowait, _Arrival(event))

    def world_changed(self) -> None:
        """Content, devices, departments or commands changed: look around and draw again."""
        self._arrivals.put_nowait(_Arrival(ev.WorldChanged()))

    async def next_step(self) -> None:
        """Wait until the state may have changed."""
        self._stepped.clear()
        await self._stepped.wait()

    async def run(self) -> None:
        """Run until cancelled; then effects are cancelled and a paper in motion may finish."""
        self._loop = asyncio.get_running_loop()
        clerk = asyncio.create_task(self._clerk.work())
        try:
            self._glass.draw(self.state, self._look_around())
            self.world_changed()
            while True:
                self._take(await self._arrivals.get())
        finally:
            self._loop = None
            await self._close(clerk)

    def _take(self, arrival: _Arrival) -> None:
        if arrival.page and arrival.page != self._page:
            return  # the page that asked has gone
        if arrival.alarm and arrival.alarm != self._alarm:
            return  # the timer was stopped while its event was under way
        event = arrival.event
        if isinstance(event, ev.StillHere):
            if not isinstance(self.state, Warned):
                self._arm()
            return
        world = self._look_around()
        result = step(self.state, event, world)
        if result is None:
            if isinstance(event, ev.WorldChanged):
                self._glass.draw(self.state, world)
            else:
                self._note_ignored(event)
                if isinstance(event, ev.Touch) and not isinstance(self.state, Warned):
                    self._arm()  # somebody is there
            return
        entry = entry_of(event, self.state)
        if entry is not None:
            self._note(entry[0], **entry[1])
        scope_before = scope_of(self.state)
        self.state = result.state
        self._glass.draw(self.state, world)
        if scope_of(self.state) != scope_before:
            self._page += 1
            for task in self._fleeting:
                task.cancel()
            self._note("state_entered", state=type(self.state).__name__, step=self._step_id())
        for effect in result.effects:
            self._begin(effect)
        self._arm()
        self._stepped.set()

    # --- effects -----------------------------------------------------------------------------

    def _begin(self, effect: ef.Effect) -> None:
        match effect:
            case ef.NoteSessionStarted(service_id):
                self._session_started(service_id)
            case ef.NoteSessionEnded(service_id, outcome, at_step):
                self._session_ended(service_id, outcome, at_step)
            case ef.NoteRating(case_id, score):
                self._clerk.note(
                    partial(self._events.record, CaseRated, case_id=case_id, score=score)
                )
            case ef.ForgetSession():
                self._performer.forget()
                self._end_visit()
                self._note("session_shredded")
            case _:
                self._start(effect)

    def _start(self, effect: Task) -> None:
        page = self._page

        def feed(event: ev.Event) -> None:
            self._arrivals.put_nowait(_Arrival(event, page=page))

        task = asyncio.create_task(self._performer.perform(effect, feed))
        tasks = self._durable if isinstance(effect, DURABLE) else self._fleeting
        tasks.add(task)

        def done(task: asyncio.Task[None]) -> None:
            tasks.discard(task)
            error = None if task.cancelled() else task.exception()
            if error is not None:  # a defect of ours: the citizen must not be left waiting
                _LOG.error("%s failed", type(effect).__name__, exc_info=_without_values(error))
                self._note(
                    "effect_failed", effect=type(effect).__name__, error=type(error).__name__
                )
                feed(_FAILED[type(effect)])

        task.add_done_callback(done)

    def _session_started(self, service_id: str) -> None:
        loop = asyncio.get_running_loop()
        cap_s = self._look_around().times.session_cap_s
        self._end_visit()
        cap = loop.call_later(cap_s, self._arrivals.put_nowait, _Arrival(ev.SessionCapReached()))
        self._visit = _Visit(loop.time(), cap)
        self._clerk.note(partial(self._events.record, SessionStarted, service_id=service_id))
        self._note("session_started", service=service_id)

    def _session_ended(self, service_id: str, outcome: str, at_step: str) -> None:
        visit = self._end_visit()
        loop = asyncio.get_running_loop()
        lasted_s = 0.0 if visit is None else round(loop.time() - visit.started_at, 1)
        self._clerk.note(
            partial(
                self._events.record,
                SessionEnded,
                service_id=service_id,
                outcome=outcome,
                at_step=at_step,
                lasted_s=lasted_s,
            )
        )
        self._note(
            "session_ended",
            service=service_id,
            outcome=outcome,
            at_step=at_step,
            lasted_s=lasted_s,
        )

    def _end_visit(self) -> _Visit | None:
        visit, self._visit = self._visit, None
        if visit is not None and visit.cap is not None:
            visit.cap.cancel()
        return visit

    # --- time and records ----------------------------------------------------------------------

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._alarm += 1
        seconds = timeout_s(self.state.patience, self._look_around().times)
        if seconds is None:
            self._timer = None
            return
        alarm = _Arrival(ev.TimedOut(), alarm=self._alarm)
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(seconds, self._arrivals.put_nowait, alarm)

    def _note_ignored(self, event: ev.Event) -> None:
        self._note("event_ignored", state=type(self.state).__name__, event=type(event).__name__)

    def _note(self, kind: str, **facts: str | float | bool) -> None:
        self._clerk.note(partial(self._journal.write, kind, **facts))

    def _step_id(self) -> str:
        return getattr(self.state, "step_id", "") or "none"

    async def _close(self, clerk: asyncio.Task[None]) -> None:
        for timer in (self._timer, None if self._visit is None else self._visit.cap):
            if timer is not None:
                timer.cancel()
        for task in self._fleeting:
            task.cancel()
        await asyncio.gather(*self._fleeting, return_exceptions=True)
        if self._durable:
            _, late = await asyncio.wait(self._durable, timeout=LAST_PAPER_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        self._performer.forget()
        await self._clerk.settle()
        clerk.cancel()
        await asyncio.gather(clerk, return_exceptions=True)


def _without_values(error: BaseException) -> BaseException:
    """The same kind of error and trace, without its words: they may quote what was read."""
    return RuntimeError(type(error).__name__).with_traceback(error.__traceback__)


_FAILED: Final[dict[type[Task], ev.Event]] = {
    ef.ReadIdCard: ev.DeviceFailed(DeviceKind.ID_CARD_READER, "D401"),
    ef.ReadSocialSecurityCard: ev.DeviceFailed(DeviceKind.SOCIAL_SECURITY_CARD, "D401"),
    ef.ScanCode: ev.DeviceFailed(DeviceKind.QR_SCANNER, "D401"),
    ef.CapturePage: ev.DeviceFailed(DeviceKind.DOCUMENT_CAMERA, "D401"),
    ef.StoreCase: ev.CaseNotStored(),
    ef.AwaitReply: ev.WaitOver(),
    ef.PrintPaper: ev.PaperEnded("unconfirmed", "D401"),
    ef.AwaitCardTaken: ev.CardTaken(),
}
"""What a citizen is told where our own code broke down in an effect."""
