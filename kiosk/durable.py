"""Files that a power cut leaves whole: as they were, or as they shall be."""

import os
from pathlib import Path


def write_durably(path: Path, content: bytes, *, mode: int = 0o644, draft: str = ".new") -> None:
    """Write the whole file or none of it; durable on return, with its mode from the first byte.

    Where two processes may write it at once, each names its own `draft`. Raises OSError, and then
    leaves nothing beside the file; what a power cut left beside it, the next writing removes.
    """
    beside = path.with_name(path.name + draft)
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable: without it a power cut may take a new one away again."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
