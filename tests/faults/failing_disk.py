"""Disks that fail: one that forgets what was not synced when the power goes, one that is full.

`FLEET.md` section 1, finding 9: an SQLite VFS in this process, so that thousands of cuts cost
seconds and no root. Files are really written; what a cut leaves of them is decided afterwards.
"""

import random
from pathlib import Path

import apsw

SECTOR: int = 512
"""A disk writes a sector whole or not at all."""


class FailingDisk(apsw.VFS):
    """Counts writes and syncs, fails from a chosen one on, and knows what is durable."""

    def __init__(self, name: str) -> None:
        super().__init__(name, "")
        self.vfs_name = name
        self.calls = 0
        self.fail_from: int | None = None
        self.fails_with: type[apsw.Error] = apsw.IOError
        self.fails_to_sync = False
        """What is written is written; only no sync succeeds."""
        self.durable: dict[Path, bytes] = {}

    def xOpen(  # noqa: N802  SQLite's name
        self, name: str | apsw.URIFilename | None, flags: list[int]
    ) -> "FailingFile":
        return FailingFile(self, name, flags)

    def excepthook(self, *_: object) -> bool:
        """SQLite closes what it can after a failure; there nobody is left to be told."""
        return True

    def step(self) -> None:
        """One write or sync; fails once its time has come, and from then on."""
        self.calls += 1
        if self.fail_from is not None and self.calls >= self.fail_from:
            raise self.fails_with("the disk failed")

    def cut_power(self, chance: random.Random) -> None:
        """Leave of each file what was synced, and of the rest a random half of its sectors."""
        for path, durable in self.durable.items():
            if not path.exists():
                continue
            written = path.read_bytes()
            length = chance.choice((len(durable), len(written)))
            sectors = []
            for at in range(0, length, SECTOR):
                old, new = durable[at : at + SECTOR], written[at : at + SECTOR]
                kept = new if chance.random() < 0.5 else old
                sectors.append(kept[: length - at].ljust(min(SECTOR, length - at), b"\0"))
            path.write_bytes(b"".join(sectors))


class FailingFile(apsw.VFSFile):
    """A file on such a disk."""

    def __init__(
        self, disk: FailingDisk, name: str | apsw.URIFilename | None, flags: list[int]
    ) -> None:
        self._disk = disk
        super().__init__("", name, flags)
        text = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        self._path = Path(text)
        disk.durable.setdefault(self._path, self._path.read_bytes())

    def excepthook(self, *_: object) -> bool:
        """As for the disk."""
        return True

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self._disk.step()
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        self._disk.step()
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._disk.step()
        if self._disk.fails_to_sync:
            raise self._disk.fails_with("the disk failed")
        super().xSync(flags)
        self._disk.durable[self._path] = self._path.read_bytes()
