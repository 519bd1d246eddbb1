"""The citizen's app: Kivy in the main thread, everything else in one event loop beside it."""

import argparse
import asyncio
import logging
import signal
import sys
import threading
from datetime import UTC, datetime, time
from functools import partial
from pathlib import Path
from typing import Final

from device_drivers.document_camera.interface import Preview
from kiosk.agent.watchdog import notify
from kiosk.closings import Closings
from kiosk.config import BadConfig, KioskConfig, load
from kiosk.contract.content import LANGUAGES
from kiosk.contract.devices import DeviceKind, DeviceState
from kiosk.contract.uplink import AppState
from kiosk.devices.fleet import Fleet
from kiosk.devices.lights import CabinetLights
from kiosk.devices.self_test import SelfTest
from kiosk.devices.watch import watch_devices
from kiosk.flow.clerk import Clerk
from kiosk.flow.events import Touch
from kiosk.flow.runner import Runner
from kiosk.flow.states import Idle, OutOfService, State
from kiosk.flow.world import World
from kiosk.interrupted import settle_interrupted
from kiosk.orders import Orders
from kiosk.process import begin_again, own_age_s
from kiosk.records import AppRecords
from kiosk.screens.app import KioskScreen
from kiosk.screens.theme import BadTheme
from kiosk.screens.typeface import TypefaceMissing
from kiosk.screens.view import REQUIRED_PHRASES, view
from kiosk.screens.viewing.photographing import SAME_PAGE
from kiosk.services.loader import ContentRefused
from kiosk.services.phrases import Phrases, PhrasesRefused, load_phrases
from kiosk.services.wording import date_words
from kiosk.store.cases import CaseDesk
from kiosk.store.command_log import CommandLog
from kiosk.store.database import NewerSchema, Store, StoreError
from kiosk.store.edge import StoreEdge
from kiosk.store.journal import Journal
from kiosk.store.outbox import Outbox
from kiosk.store.paper_journal import PaperJournal
from kiosk.store.shared_state import SharedState
from kiosk.store.vault import VaultError, read_sealing_key
from kiosk.surroundings import Surroundings

_LOG: Final = logging.getLogger("kiosk.main")

ASSETS: Final = Path(__file__).resolve().parent.parent / "assets"
TICK_S: Final = 1.0
"""systemd's WatchdogSec is thirty times that: a frozen window is begun anew."""

_FAILED: Final = 1
_BAD_CONFIG: Final = 2
_CANNOT_START: Final = (
    BadConfig,
    BadTheme,
    ContentRefused,
    PhrasesRefused,
    StoreError,
    TypefaceMissing,
    VaultError,
)
"""What must be seen to first: said in one line, without a trace."""


class KioskApp:
    """One kiosk: the screen, the flow, the devices and the store, put together."""

    def __init__(self, config: KioskConfig, store: Store) -> None:
        """Raises VaultError, ContentRefused, PhrasesRefused, BadConfig, StoreError."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._store = store
        self._outbox = Outbox(store)
        self._journal = Journal(store, outbox=self._outbox)
        self._shared = SharedState(store)
        self._phrases = _words(ASSETS)
        self._fleet = Fleet.from_config(config.devices)
        papers = PaperJournal(store, self._outbox)
        papers.settle()
        interruption = settle_interrupted(store, self._outbox, self._journal)
        commands = CommandLog(store, self._outbox)
        commands.settle()
        self._clerk = Clerk()
        self._records = AppRecords(
            store,
            clerk=self._clerk,
            shared=self._shared,
            outbox=self._outbox,
            journal=self._journal,
            commands=commands,
            device_states=self._fleet.states,
        )
        self.surroundings = Surroundings(
            config,
            ASSETS,
            self._shared,
            self._fleet.states,
            on_refused=self._content_refused,
            interruption=interruption,
        )
        self.screen = KioskScreen(
            self._touched,
            size=(config.display.width_px, config.display.height_px),
            fullscreen=config.display.fullscreen,
            hide_cursor=config.display.hide_cursor,
            reduced_motion=config.display.reduced_motion,
        )
        has_cabinet = DeviceKind.CABINET in config.devices
        self._lights = CabinetLights(self._fleet.cabinet) if has_cabinet else None
        self._runner = Runner(
            devices=self._fleet,
            desk=CaseDesk(store, self._outbox, read_sealing_key(config.server.sealing_key_file)),
            papers=papers,
            events=self._outbox,
            journal=self._journal,
            changes=store.changes,
            glass=_Glass(self.screen, self._phrases),
            look_around=self.surroundings.look,
            clerk=self._clerk,
            lights=self._lights,
        )
        self._closings = Closings(store, self._outbox, self._journal)
        last_test = self._journal.last("self_test_done")
        self._self_test = SelfTest(
            self._fleet.keepers,
            at=time.fromisoformat(config.times.self_test_at),
            is_free=lambda: app_state(self._runner.state) is not AppState.IN_SESSION,
            on_done=self._records.self_tested,
            last_at=None if last_test is None else last_test.at,
        )
        self._orders = Orders(
            store,
            commands=commands,
            shared=self._shared,
            outbox=self._outbox,
            journal=self._journal,
            clerk=self._clerk,
            runner=self._runner,
            look_again=self.surroundings.refresh,
            restart=self._restart,
        )
        self.wants_restart = False
        self.has_failed = False
        self._ticks = 0
        self._drawn = ""
        self._first_drawn = asyncio.Event()
        self._main: asyncio.Task[None] | None = None

    def run(self) -> None:
        """Stay until `stop`, a signal or a restart; main thread only."""
        self.screen.every(TICK_S, self._tick)
        self.screen.on_drawn(self._was_drawn)
        beside = threading.Thread(target=self._run_beside, name="flow")
        beside.start()
        try:
            self.screen.run()
        finally:
            self._end_beside()
            beside.join()
            self._note_end()

    def stop(self) -> None:
        """Close the window; from any thread. Whatever is being written or printed may finish."""
        self.screen.stop()

    # --- in the window's thread: a few instructions, no disk -----------------------------------

    def _touched(self, event: Touch) -> None:
        self._runner.touch(event)

    def _tick(self) -> None:
        self._ticks += 1
        notify("WATCHDOG=1")

    def _was_drawn(self, content: str) -> None:
        is_first = not self._drawn
        self._drawn = content
        if is_first:
            notify("READY=1")
        loop = self._loop
        if is_first and loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._first_drawn.set)

    # --- in the loop's thread --------------------------------------------------------------------

    def _run_beside(self) -> None:
        try:
            asyncio.run(self._work())
        except asyncio.CancelledError:
            pass
        except BaseExceptionGroup as group:
            _LOG.critical("the flow ended: %s", [type(each).__name__ for each in group.exceptions])
            self.has_failed = True
        except StoreError as error:
            _LOG.critical("the flow ended: %s", error)
            self.has_failed = True
        finally:
            self.screen.stop()

    async def _work(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._main = asyncio.current_task()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._runner.run())
                group.create_task(watch_devices(self._fleet, self._device_changed))
                group.create_task(self._self_test.run())
                group.create_task(self._follow_store())
                group.create_task(self._sign_of_life())
                group.create_task(self._note_start())
                if self._lights is not None:
                    group.create_task(self._lights.run())
        finally:
            await self._fleet.close()

    def _end_beside(self) -> None:
        loop, main = self._loop, self._main
        if loop is not None and main is not None and not loop.is_closed():
            loop.call_soon_threadsafe(main.cancel)

    async def _follow_store(self) -> None:
        """Obey, and show what changed; a store that fails is looked at again in a moment."""
        edge = StoreEdge(_LOG, fails="the store cannot be read", works="the store is read again")
        while True:
            try:
                async for _ in self._store.changes():
                    if await asyncio.to_thread(self.surroundings.refresh):
                        self._runner.world_changed()
                    await self._orders.obey()
                    edge.worked()
            except StoreError as error:
                edge.failed(error)
            await asyncio.sleep(TICK_S)

    async def _sign_of_life(self) -> None:
        """Each second that the window's thread has lived through, and what it has drawn."""
        written, told = 0, ""
        while True:
            await asyncio.sleep(TICK_S / 10)
            if self._drawn != told:
                told = self._drawn
                self._records.content_drawn(told)
            edge = self._closings.edge(self._runner.state, self.surroundings.look())
            if edge is not None:
                self._clerk.owe(partial(self._closings.record, edge, datetime.now(UTC)))
            if self._ticks != written:
                written = self._ticks
                await self._records.alive(written, app_state(self._runner.state))

    async def _note_start(self) -> None:
        if not self._drawn:
            await self._first_drawn.wait()
        self._records.started(cold_start_ms=round(own_age_s() * 1000), content=self._drawn)

    def _device_changed(self, kind: DeviceKind, state: DeviceState) -> None:
        _LOG.info("%s is %s %s", kind.value, state.status.value, state.fault or "")
        self._runner.world_changed()
        self._records.device_changed(kind, state)

    def _content_refused(self, content: str, refused: ContentRefused) -> None:
        """From whichever thread looked at the content."""
        findings = tuple(str(each) for each in refused.findings[:20])
        tell = partial(self._records.content_refused, content, findings)
        if self._loop is None:
            tell()  # at the start: the clerk has not begun to write
        else:
            self._loop.call_soon_threadsafe(tell)

    def _note_end(self) -> None:
        why = "failed" if self.has_failed else "restart" if self.wants_restart else "asked"
        try:
            self._journal.write("app_stopped", why=why)
        except StoreError as error:
            _LOG.warning("the end was not recorded: %s", error)

    def _restart(self) -> None:
        self.wants_restart = True
        self.screen.stop()


class _Glass:
    """The screen as the flow sees it: states in, pictures out."""

    def __init__(self, screen: KioskScreen, phrases: Phrases) -> None:
        self._screen = screen
        self._phrases = phrases

    def draw(self, state: State, world: World) -> None:
        """Show the page of this state."""
        self._screen.show(view(state, world, self._phrases))

    def preview(self, preview: Preview, *, is_same: bool = False) -> None:
        """Show one live camera frame."""
        problems = tuple(problem.value for problem in preview.problems)
        if is_same:
            problems = (SAME_PAGE,)
        self._screen.show_frame(preview.picture, preview.quad, problems)


def app_state(state: State) -> AppState:
    """What the citizen's screen is doing, as the server wants to know it."""
    match state:
        case Idle():
            return AppState.IDLE
        case OutOfService():
            return AppState.OUT_OF_SERVICE
        case _:
            return AppState.IN_SESSION


def _words(assets: Path) -> Phrases:
    phrases = load_phrases(assets / "text")
    phrases.require(REQUIRED_PHRASES)
    for language in LANGUAGES:
        date_words(language)  # read now: the flow says dates, and reads no files
    return phrases


def _refused(error: Exception) -> int:
    """Say it in one line. A full or busy disk may pass: whoever keeps the app tries again."""
    print(error, file=sys.stderr)  # noqa: T201  a command line
    may_pass = isinstance(error, StoreError) and not isinstance(error, NewerSchema)
    return _FAILED if may_pass else _BAD_CONFIG


def main(arguments: list[str] | None = None) -> int:
    """0 after a clean end, 1 where app or store broke down, 2 where a technician must look."""
    parser = argparse.ArgumentParser(prog="python -m kiosk.main", description=__doc__)
    parser.add_argument("--config", type=Path, default=Path("kiosk.toml"), metavar="TOML")
    parser.add_argument("--log-level", default="INFO", choices=("DEBUG", "INFO", "WARNING"))
    chosen = parser.parse_args(arguments)
    logging.basicConfig(
        level=chosen.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    logging.getLogger("kivy").setLevel(logging.WARNING)
    try:
        config = load(chosen.config)
        store = Store.open(config.store_file)
    except (BadConfig, StoreError) as error:
        return _refused(error)
    try:
        app = KioskApp(config, store)
        signal.signal(signal.SIGTERM, lambda *_: app.stop())
        signal.signal(signal.SIGINT, lambda *_: app.stop())
        app.run()
    except _CANNOT_START as error:
        return _refused(error)
    finally:
        store.close()
    if app.wants_restart:
        begin_again([sys.executable, "-m", "kiosk.main", *(arguments or sys.argv[1:])])
    return _FAILED if app.has_failed else 0


if __name__ == "__main__":
    sys.exit(main())
