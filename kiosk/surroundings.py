"""Keeps the flow's `World` up to date: content, devices, departments, link, service state."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from kiosk.config import KioskConfig
from kiosk.contract.devices import DeviceKind, DeviceState
from kiosk.flow.facts import OFFICIAL
from kiosk.flow.world import Content, Place, Times, World
from kiosk.interrupted import Interruption
from kiosk.services.loader import ContentRefused, load_bundle_file, load_folder
from kiosk.services.wording import department_names
from kiosk.store.shared_state import ActiveContent, Backends, OutOfService, SharedState

_LOG: Final = logging.getLogger(__name__)

States = Callable[[], dict[DeviceKind, DeviceState]]
OnRefused = Callable[[str, ContentRefused], None]
"""Told the hash of a bundle that was refused, and why."""


_STILL_THERE: Final = timedelta(minutes=2)
"""So long somebody whose session was cut off is thought to stand there yet, before and after."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Surroundings:
    """One kiosk's world. `refresh` blocks; `look` never does."""

    def __init__(
        self,
        config: KioskConfig,
        assets: Path,
        shared: SharedState,
        device_states: States,
        *,
        on_refused: OnRefused,
        interruption: Interruption | None = None,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        """Raises ContentRefused where not even the content that came with the software is good.

        PhrasesRefused where a department has no name.
        """
        self._shared = shared
        self._device_states = device_states
        self._on_refused = on_refused
        self._clock = clock
        self._refused: str | None = None
        now = clock()
        is_present = interruption is not None and now - interruption.heard_at < _STILL_THERE
        self._cut_off_case = interruption.case_id if interruption and is_present else None
        self._told_until = now + _STILL_THERE
        place = config.place
        self._place = Place(
            county=place.county,
            hall=place.hall,
            name=place.name,
            help_phone=place.help_phone,
            staffed_hours=place.staffed_hours,
            county_en=place.county_en,
            staffed_hours_en=place.staffed_hours_en,
        )
        self._times = Times(
            idle_warning_s=config.times.idle_warning_s,
            warning_s=config.times.warning_s,
            session_cap_s=config.times.session_cap_s,
        )
        self._verify_base = config.server.public_url or config.server.api_url
        self._department_names = department_names(assets / "text", OFFICIAL)
        bundle = load_folder(assets)
        self._content = Content(bundle, bundle.hash)
        self._seen: object = None
        self._backends = Backends()
        self._server_reachable = False
        self._out_of_service: str | None = None
        self.refresh()

    def refresh(self) -> bool:
        """Read what the agent and commands left in the store; True where something changed."""
        self._take_content(self._shared.get(ActiveContent))
        self._backends = self._shared.get(Backends) or Backends()
        link = self._shared.link()
        self._server_reachable = link is not None and link.server_reachable
        closed = self._shared.get(OutOfService)
        self._out_of_service = closed.reason if closed is not None and closed.on else None
        seen = (
            self._content.hash,
            self._backends,
            self._server_reachable,
            self._out_of_service,
            self._cut_off(),
        )
        changed = seen != self._seen
        self._seen = seen
        return changed

    def look(self) -> World:
        """The world now."""
        return World(
            now=self._clock(),
            content=self._content,
            devices=self._device_states(),
            backends=self._backends.backends,
            server_reachable=self._server_reachable,
            out_of_service=self._out_of_service,
            place=self._place,
            verify_base=self._verify_base,
            department_names=self._department_names,
            times=self._times,
            cut_off_case=self._cut_off(),
        )

    def _cut_off(self) -> str | None:
        return self._cut_off_case if self._clock() < self._told_until else None

    def _take_content(self, active: ActiveContent | None) -> None:
        if active is None or active.hash in (self._content.hash, self._refused):
            return
        try:
            bundle = load_bundle_file(active.path)
        except ContentRefused as refused:
            self._refused = active.hash
            _LOG.error("content %s refused: %s", active.hash[:12], refused)  # noqa: TRY400  the findings say all
            self._on_refused(active.hash, refused)
            return
        self._content = Content(bundle, bundle.hash)
        self._refused = None
