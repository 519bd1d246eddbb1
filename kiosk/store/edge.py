"""Whether the store can be used: said in the log once when it fails, once when it is back."""

import logging

from kiosk.store.database import StoreError


class StoreEdge:
    """The last outcome of one kind of use; safe from several threads."""

    def __init__(self, log: logging.Logger, *, fails: str, works: str) -> None:
        """The two sentences of the log; neither may hold anything personal."""
        self._log = log
        self._fails = fails
        self._works = works
        self._has_failed = False

    def failed(self, error: StoreError) -> None:
        """It was refused just now."""
        if not self._has_failed:
            self._log.error("%s: %s", self._fails, type(error).__name__)
        self._has_failed = True

    def worked(self) -> None:
        """It went well just now."""
        if self._has_failed:
            self._log.warning("%s", self._works)
        self._has_failed = False
