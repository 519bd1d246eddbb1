"""Puts the agent together and keeps its loops turning."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from kiosk.agent.api import Api
from kiosk.agent.backoff import Backoff
from kiosk.agent.content import ContentKeeper
from kiosk.agent.deliver import Deliverer
from kiosk.agent.envelope import Envelopes
from kiosk.agent.epoch import raise_epoch
from kiosk.agent.heartbeat import Heart
from kiosk.agent.identity import TokenSigner, https_context, mqtt_context
from kiosk.agent.link import Link
from kiosk.agent.mqtt_session import MqttSession
from kiosk.agent.overseer import Overseer
from kiosk.agent.pull import CommandPull, DesiredPull
from kiosk.agent.pump import Pump
from kiosk.agent.reach import Reach
from kiosk.agent.release import ReleaseSource
from kiosk.agent.watchdog import Pulse, Watchdog
from kiosk.config import KioskConfig
from kiosk.contract.topics import Channel
from kiosk.contract.uplink import AgentStarted, Reported
from kiosk.store.cases import CaseQueue
from kiosk.store.command_log import CommandLog
from kiosk.store.database import Store, StoreError
from kiosk.store.journal import Journal
from kiosk.store.outbox import Outbox
from kiosk.store.paper_journal import PaperJournal
from kiosk.store.shared_state import SharedState
from kiosk.version import software_version

log = logging.getLogger(__name__)

TIDY_EVERY_S: Final = 600.0
MENDING_S: Final = (1.0, 30.0)
"""A loop that failed is begun again after this, and at most after that."""


class Agent:
    """Everything the agent does, over one open store. `run` until cancelled."""

    def __init__(self, config: KioskConfig, store: Store) -> None:
        """Raises BadIdentity, OSError."""
        self._store = store
        self._pulse = Pulse()
        software = software_version()
        times, server = config.agent, config.server
        self._outbox = Outbox(store, on_unreadable=self._skipped)
        self._journal = Journal(store, outbox=self._outbox)
        self._papers = PaperJournal(store, self._outbox)
        self._state = SharedState(store)
        self._queue = CaseQueue(store, self._outbox)
        self._reach = Reach(store, self._state, self._journal, self._pulse)
        signer = TokenSigner(config.id, server.key_file)
        context = https_context(server.ca_file)
        self._api = Api(server.api_url, signer, context, on_outcome=self._reach.server)
        epoch = raise_epoch(config.data / "agent-epoch")
        envelopes = Envelopes(epoch=epoch, inst=self._outbox.inst, software=software)
        link = Link(
            kiosk_id=config.id,
            host=server.broker_host,
            port=server.broker_port,
            tls=mqtt_context(server.ca_file, server.certificate_file, server.key_file),
        )
        source = ReleaseSource(
            server.api_url,
            signer,
            context,
            root=server.content_root_file,
            folder=config.content_folder / "tuf",
        )
        keeper = ContentKeeper(store, self._outbox, self._journal, source, config.content_folder)
        self._deliverer = Deliverer(
            store,
            self._queue,
            self._api,
            journal=self._journal,
            reach=self._reach,
            pulse=self._pulse,
            times=times,
        )
        self._desired = DesiredPull(
            self._api,
            keeper,
            self._state,
            self._reach,
            self._pulse,
            report=self._report,
            on_version=self._deliverer.server_changed,
            probe_idle_s=times.probe_idle_s,
            probe_busy_s=times.probe_busy_s,
            backoff=Backoff(first_s=times.retry_first_s, cap_s=times.retry_cap_s),
        )
        self._log_book = CommandLog(store, self._outbox)
        self._commands = CommandPull(self._api, self._log_book, store, self._journal, self._pulse)
        self._overseer = Overseer(
            commands=self._log_book,
            state=self._state,
            journal=self._journal,
            pulse=self._pulse,
        )
        self._session = MqttSession(
            link,
            envelopes,
            Heart(
                self._state,
                self._queue,
                self._outbox,
                every_s=times.heartbeat_s,
                software=software,
            ),
            Pump(
                self._outbox,
                envelopes,
                lambda payload: link.publish(Channel.EVENTS, payload),
                resend_after_s=times.resend_after_s,
            ),
            store=store,
            journal=self._journal,
            reach=self._reach,
            pulse=self._pulse,
            bells={
                "desired": self._desired.ring,
                "commands": self._commands.ring,
                "replies": self._deliverer.ring,
            },
            on_generation=self._deliverer.server_changed,
            backoff=Backoff(first_s=times.reconnect_first_s, cap_s=times.reconnect_cap_s),
        )
        with store.transaction():
            self._outbox.record(AgentStarted)
            self._journal.write("agent_started", epoch=epoch, software=software)

    async def run(self) -> None:
        """Turn all loops until cancelled; what fails is begun again, with growing patience."""
        watchdog = Watchdog(
            self._pulse, last_words=lambda loop: self._journal.write("loop_stuck", loop=loop)
        )
        watchdog.start()
        loops = {
            "reach": self._reach.run,
            "mqtt": self._session.run,
            "desired": self._desired.run,
            "commands": self._commands.run,
            "overseer": self._overseer.run,
            "deliver": self._deliverer.run,
            "tidy": self._tidy,
        }
        try:
            async with asyncio.TaskGroup() as group:
                for name, loop in loops.items():
                    group.create_task(self._keep(name, loop), name=name)
        finally:
            await asyncio.to_thread(watchdog.stop)
            await self._api.close()
            with suppress(StoreError):  # a full disk keeps nobody from leaving
                await asyncio.to_thread(self._journal.write, "agent_stopped")

    def _report(self, reported: Reported) -> None:
        self._session.report(reported)

    def _skipped(self, n: int, kind: str) -> None:
        log.error("event %d (%s) cannot be read by this software: it waits for newer", n, kind)
        self._journal.write("event_unreadable", number=n)

    async def _keep(self, name: str, loop: Callable[[], Awaitable[None]]) -> None:
        """Begin a loop again whenever it fails: a full disk now is no reason to stay silent."""
        backoff = Backoff(first_s=MENDING_S[0], cap_s=MENDING_S[1])
        while True:
            try:
                await loop()
            except* StoreError as failed:
                log.warning("loop %s: the store failed: %s", name, failed.exceptions[0])
            except* Exception:
                log.exception("loop %s failed", name)
            delay_s = backoff.next_s()
            self._pulse.beat(name, again_within_s=delay_s + 60)
            await asyncio.sleep(delay_s)

    async def _tidy(self) -> None:
        while True:
            self._pulse.beat("tidy", again_within_s=TIDY_EVERY_S * 2)
            await asyncio.to_thread(self._forget)
            await asyncio.sleep(TIDY_EVERY_S)

    def _forget(self) -> None:
        self._queue.tidy()
        self._papers.tidy()
        self._log_book.tidy()
        self._journal.tidy()
        lost = self._outbox.tidy()
        if lost:
            log.error("the outbox is full: %d informational events were given up", lost)
            self._journal.write("events_dropped", count=lost)
