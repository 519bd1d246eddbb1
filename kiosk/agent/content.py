"""Puts the desired bundle in place: fetched, proved, checked, written whole; else the old stays."""

import logging
from pathlib import Path
from typing import Final

from kiosk.agent.release import ReleaseSource, Untrusted
from kiosk.contract.content import ContentBundle
from kiosk.contract.downlink import DesiredContent
from kiosk.contract.uplink import ContentRefused as ContentRefusedEvent
from kiosk.durable import write_durably
from kiosk.services.loader import ContentRefused, parse_bundle
from kiosk.store.database import Store
from kiosk.store.journal import Journal
from kiosk.store.outbox import Outbox
from kiosk.store.shared_state import ActiveContent, SharedState

log = logging.getLogger(__name__)

KEPT_BUNDLES: Final = 2
"""The active one and the one before it (`FLEET.md` 7, Content release)."""

FINDINGS_TOLD: Final = 20
"""Of one refusal, to stay far below a message's size; the console shows them."""


class Refusal(Exception):
    """The bundle is not shown; `why` is a code, `findings` name what and where."""

    def __init__(self, why: str, findings: tuple[str, ...] = ()) -> None:
        super().__init__(why)
        self.why = why
        self.findings = findings or (why,)


class ContentKeeper:
    """The bundles on this kiosk's disk. Blocking: call it in a thread, one at a time."""

    def __init__(
        self, store: Store, outbox: Outbox, journal: Journal, source: ReleaseSource, folder: Path
    ) -> None:
        self._store = store
        self._state = SharedState(store)
        self._outbox = outbox
        self._journal = journal
        self._source = source
        self._folder = folder
        self._told: tuple[str, str] | None = None

    def apply(self, wanted: DesiredContent) -> bool:
        """Make it the active bundle; True if it was not yet.

        Raises Refusal (reported once; the old one stays) and NotFetched (try again).
        """
        active = self._state.get(ActiveContent)
        try:
            _refuse_going_back(wanted, active)
            if active is not None and active.hash == wanted.hash and active.path.exists():
                return self._state.put(active.model_copy(update={"release": wanted.release}))
            path = self._write(self._proved(wanted), wanted.hash)
        except Refusal as refusal:
            self._tell(wanted.hash, refusal)
            raise
        self._told = None
        with self._store.transaction():
            self._state.put(ActiveContent(hash=wanted.hash, path=path, release=wanted.release))
            self._journal.write("content_active", content=wanted.hash, release=wanted.release)
        log.info("content %s, release %d, is in place", wanted.hash[:12], wanted.release)
        self._forget_old(path, active)
        return True

    def _proved(self, wanted: DesiredContent) -> bytes:
        try:
            content = self._source.fetch(wanted)
        except Untrusted:
            # a publication in the very middle of our reading looks like an attack: look again
            try:
                content = self._source.fetch(wanted)
            except Untrusted as error:
                raise Refusal(error.why) from error
        try:
            bundle: ContentBundle = parse_bundle(content)
        except ContentRefused as refused:
            raise Refusal("findings", tuple(map(str, refused.findings))) from refused
        if bundle.hash != wanted.hash:
            raise Refusal("wrong_hash")
        return content

    def _write(self, content: bytes, name: str) -> Path:
        """The whole file or none, durable."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{name}.json"
        write_durably(path, content)
        return path

    def _tell(self, content: str, refusal: Refusal) -> None:
        """Once for each bundle and reason: an edge, not a level."""
        if self._told == (content, refusal.why):
            return
        log.error("content %s refused: %s", content[:12], refusal.why)
        with self._store.transaction():
            self._outbox.record(
                ContentRefusedEvent, content=content, findings=refusal.findings[:FINDINGS_TOLD]
            )
            self._journal.write("content_refused", content=content, why=refusal.why)
        self._told = (content, refusal.why)

    def _forget_old(self, path: Path, before: ActiveContent | None) -> None:
        kept = {path} | ({before.path} if before else set())
        bundles = [found for found in self._folder.glob("*.json") if found not in kept]
        bundles.sort(key=lambda found: found.stat().st_mtime, reverse=True)
        for old in bundles[max(0, KEPT_BUNDLES - len(kept)) :]:
            old.unlink()


def _refuse_going_back(wanted: DesiredContent, active: ActiveContent | None) -> None:
    """Rolling back is publishing the old bundle anew, with a higher release."""
    if active is not None and wanted.release < active.release:
        raise Refusal("older_release")
