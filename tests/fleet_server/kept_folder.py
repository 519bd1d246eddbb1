"""A folder that is made once for the tests of a process, and copied for each that wants its own."""

import atexit
from pathlib import Path
from tempfile import TemporaryDirectory


def kept_folder(prefix: str) -> Path:
    """An empty one, its owner's alone, removed with the process."""
    folder = TemporaryDirectory(prefix=prefix)
    atexit.register(folder.cleanup)
    return Path(folder.name)
