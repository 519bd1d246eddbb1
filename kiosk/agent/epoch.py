"""The epoch: raised and fsynced at each start, so that a will of a former life is recognised."""

import time
from pathlib import Path

from kiosk.durable import write_durably


def raise_epoch(path: Path) -> int:
    """A number above every one this kiosk has used; durable before it is returned.

    Usually the last one plus one. Where the file is lost or unreadable, the clock (seconds since
    1970) stands in, and it is taken whenever it is ahead: an epoch that fell back would make the
    server deaf to this kiosk. Raises OSError where the disk refuses.
    """
    try:
        last = int(path.read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):
        last = 0
    epoch = max(last + 1, int(time.time()))
    write_durably(path, str(epoch).encode("ascii"))
    return epoch
