"""A folder that is made once and laid down again for every test that wants one of its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class FolderKept:
    """Files and folders with their rights, in memory."""

    folders: Mapping[Path, int]
    files: Mapping[Path, tuple[int, bytes]]

    @classmethod
    def of(cls, folder: Path) -> "FolderKept":
        """What is in a folder nobody writes in any more."""
        inside = sorted(folder.rglob("*"))
        return cls(
            folders={
                path.relative_to(folder): path.stat().st_mode for path in inside if path.is_dir()
            },
            files={
                path.relative_to(folder): (path.stat().st_mode, path.read_bytes())
                for path in inside
                if path.is_file()
            },
        )

    def lay_down(self, folder: Path) -> None:
        """Make it anew below `folder`, which is there."""
        for name, mode in self.folders.items():
            (folder / name).mkdir()
            (folder / name).chmod(mode)
        for name, (mode, content) in self.files.items():
            (folder / name).write_bytes(content)
            (folder / name).chmod(mode)
