"""The life on the broker: connect, birth, heartbeats, events up, acknowledgements and pokes down.

Reconnects by itself, with jitter (`FLEET.md` 2.1, P6). Everything arriving may be garbage.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from typing import Final

from pydantic import ValidationError

from kiosk.agent.backoff import Backoff
from kiosk.agent.envelope import Envelopes
from kiosk.agent.heartbeat import Heart, says_something_new
from kiosk.agent.link import Arrived, Link, LinkError, Lost, Published
from kiosk.agent.pump import Pump
from kiosk.agent.reach import Reach
from kiosk.agent.watchdog import Pulse
from kiosk.contract.downlink import Acknowledgement, Poke, ServerState
from kiosk.contract.topics import SERVER_STATE, Channel, Topic
from kiosk.contract.uplink import Heartbeat, Reported
from kiosk.store.database import Store
from kiosk.store.journal import Journal

log = logging.getLogger(__name__)

LIVED_S: Final = 60
"""P6: only a connection that lived so long proves that all is well."""

SILENT_BEATS: Final = 2.5
"""P5: so many heartbeats without one PUBACK, and the network thread or the line is dead."""

TICK_S: Final = 1.0
"""How soon a change of state is told: a heartbeat a second at most."""

Bell = Callable[[], None]
"""Rung by a poke: pull now."""


class MqttSession:
    """Runs one link for ever."""

    def __init__(
        self,
        link: Link,
        envelopes: Envelopes,
        heart: Heart,
        pump: Pump,
        *,
        store: Store,
        journal: Journal,
        reach: Reach,
        pulse: Pulse,
        bells: Mapping[str, Bell],
        on_generation: Bell,
        backoff: Backoff,
    ) -> None:
        self._link = link
        self._envelopes = envelopes
        self._heart = heart
        self._pump = pump
        self._store = store
        self._journal = journal
        self._reach = reach
        self._pulse = pulse
        self._bells = bells
        self._on_generation = on_generation
        self._generation = -1
        self._backoff = backoff
        self._said: Heartbeat | None = None
        self._reported: Reported | None = None
        self._refusals: set[str] = set()

    async def run(self) -> None:
        """Keep a connection until cancelled; then say goodbye with the will's own words."""
        try:
            while True:
                self._pulse.beat("mqtt", again_within_s=60)
                began = time.monotonic()
                why = await self._one_connection()
                self._reach.broker(why)
                if time.monotonic() - began >= LIVED_S:
                    self._backoff.reset()
                delay_s = self._backoff.next_s()
                self._pulse.beat("mqtt", again_within_s=delay_s + 60)
                await asyncio.sleep(delay_s)
        finally:
            await self._link.close(self._envelopes.will("leaving"))

    def report(self, reported: Reported) -> None:
        """Tell what became of the desired state, now and on every later connection."""
        self._reported = reported
        self._publish(Channel.REPORTED, self._envelopes.reported(reported))

    async def _one_connection(self) -> str:
        """From connecting to losing it; why it ended, as a code."""
        try:
            await self._link.connect(self._envelopes.will())
        except LinkError as error:
            return error.why
        # P8: the will has been spoken; say that we live, on every connect
        self._reach.broker("")
        await asyncio.to_thread(
            self._journal.write, "broker_connected", epoch=self._envelopes.epoch
        )
        await self._be_born()
        await asyncio.to_thread(self._pump.connected)
        for bell in self._bells.values():
            bell()
        tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._speak())]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            return next(iter(done)).result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await asyncio.to_thread(self._pump.lost)

    async def _listen(self) -> str:
        """Take what comes, until the connection is lost or has been silent for too long."""
        heard = time.monotonic()
        while True:
            try:
                async with asyncio.timeout_at(asyncio.get_running_loop().time() + TICK_S):
                    note = await self._link.next()
            except TimeoutError:
                if time.monotonic() - heard > SILENT_BEATS * self._heart.every_s:
                    return "silent"
                continue
            heard = time.monotonic()
            match note:
                case Lost(why):
                    return why
                case Published():
                    await self._published(note)
                case Arrived(topic, payload):
                    await self._arrived(topic, payload)

    async def _speak(self) -> str:
        """Heartbeats when due or when something changed; events as they are recorded."""
        due = time.monotonic()
        said_at = 0.0
        async for _ in self._store.changes_or_every(seconds=TICK_S):
            self._pulse.beat("mqtt", again_within_s=60)
            await asyncio.to_thread(self._pump.turn)
            now = time.monotonic()
            if now - said_at < TICK_S and now < due:
                continue
            beat = await asyncio.to_thread(self._heart.beat)
            if now >= due or says_something_new(self._said, beat):
                self._publish(Channel.HEARTBEAT, self._envelopes.heartbeat(beat))
                self._said, said_at = beat, now
                due = now + self._heart.next_in_s()
        return "closed"

    async def _be_born(self) -> None:
        beat = await asyncio.to_thread(self._heart.beat)
        self._publish(Channel.BIRTH, self._envelopes.birth(beat.devices))
        self._publish(Channel.HEARTBEAT, self._envelopes.heartbeat(beat))
        self._said = beat
        if self._reported is not None:
            self._publish(Channel.REPORTED, self._envelopes.reported(self._reported))

    async def _published(self, note: Published) -> None:
        """P10, P15: worth saying once; nothing leaves the outbox for it either way."""
        why = note.refused or ("nobody_listens" if note.nobody_listens else "")
        if why and why not in self._refusals:
            self._refusals.add(why)
            log.error("the broker threw a message away: %s", why)
            await asyncio.to_thread(self._journal.write, "uplink_refused", why=why)

    async def _arrived(self, topic: str, payload: bytes) -> None:
        try:
            if topic == SERVER_STATE:
                state = ServerState.model_validate_json(payload)
                # the pump's lock is held while it reads the outbox
                await asyncio.to_thread(self._pump.server_state, on=state.on, gen=state.gen)
                if state.gen != self._generation:  # lower, too: it was restored from a backup
                    self._generation = state.gen
                    self._on_generation()
                return
            channel = Topic.parse(topic).channel
            if channel is Channel.ACK:
                told = Acknowledgement.model_validate_json(payload)
                await asyncio.to_thread(self._pump.acknowledged, told)
            elif channel is Channel.COMMAND:
                await self._ring("commands")  # the pull is authoritative, and fills gaps
            elif channel is Channel.POKE:
                await self._ring(Poke.model_validate_json(payload).what)
        except (ValueError, ValidationError):
            log.warning("something on %s is not one of ours", topic)

    async def _ring(self, what: str) -> None:
        if what == "birth":
            await self._be_born()
        elif what in self._bells:
            self._bells[what]()

    def _publish(self, channel: Channel, payload: bytes) -> None:
        """What is true only now: not kept for later when there is no connection."""
        try:
            self._link.publish(channel, payload)
        except LinkError as error:
            log.debug("%s not said: %s", channel, error)
