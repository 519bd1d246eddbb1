"""Closing and asking again at once: pcscd's contexts are used by one thread, on a real pcscd.

libpcsclite takes a context's lock for every call and destroys it with the context: a call that
another thread makes meanwhile may wait for ever. Seen once in some 5,000 openings of a night.
"""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from smartcard import scard

from device_drivers.social_security_card.private_pcscd import READER_NAME, PrivatePcscd
from device_drivers.transport.pcsc_card import PcscSlot, SlotEmpty

pytestmark = pytest.mark.slow

SLOW_S = 0.2


class Watch:
    """Sees which thread is inside libpcsclite with which context."""

    def __init__(self) -> None:
        self.threads: set[str] = set()
        self.crossings: list[str] = []
        """A context given back, or used, while another thread used it."""
        self._inside: dict[object, str] = {}

    @contextmanager
    def using(self, context: object) -> Iterator[None]:
        name = f"{threading.current_thread().name} {threading.get_ident()}"
        self.threads.add(name)
        if self._inside.get(context, name) != name:
            self.crossings.append(f"{name} and {self._inside[context]}")
        self._inside[context] = name
        yield
        self._inside.pop(context, None)


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """The library itself, watched, and with a pcscd that takes its time to say what is there."""
    seen = Watch()
    look, give_back = scard.SCardGetStatusChange, scard.SCardReleaseContext

    def slow_look(context: object, *rest: object) -> object:
        with seen.using(context):
            time.sleep(SLOW_S)
            return look(context, *rest)

    def watched_end(context: object) -> object:
        with seen.using(context):
            return give_back(context)

    monkeypatch.setattr(scard, "SCardGetStatusChange", slow_look)
    monkeypatch.setattr(scard, "SCardReleaseContext", watched_end)
    return seen


async def closed_while_asked(slot: PcscSlot) -> list[object]:
    """Ask, close meanwhile, ask anew before the first has its answer; three times over."""
    answers: list[object] = []
    for _ in range(3):
        first = asyncio.create_task(slot.state())
        await asyncio.sleep(SLOW_S / 4)
        slot.close()
        answers.append(await asyncio.wait_for(slot.state(), 20))
        answers.append(await first)
    slot.close()
    return answers


async def test_a_slot_closed_and_asked_again_at_once_is_served_by_one_thread(
    slot: PrivatePcscd, watch: Watch
) -> None:
    del slot
    answers = await closed_while_asked(PcscSlot(READER_NAME, device="social_security_card"))
    assert [type(answer) for answer in answers] == [SlotEmpty] * 6
    assert watch.crossings == []
    assert len(watch.threads) == 1


async def test_two_threads_that_use_one_context_would_be_seen(
    slot: PrivatePcscd, watch: Watch
) -> None:
    del slot
    _, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)

    def look() -> None:
        scard.SCardGetStatusChange(context, 0, [(READER_NAME, scard.SCARD_STATE_UNAWARE)])

    await asyncio.gather(asyncio.to_thread(look), asyncio.to_thread(look))
    scard.SCardReleaseContext(context)
    assert watch.crossings
