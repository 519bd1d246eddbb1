"""A database as a server's first start leaves it, without migrating anew for every test."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from fleet_server.database import Database
from fleet_server.schema import migrate


def fresh_database(path: Path) -> Database:
    """An open database of the newest schema with nothing in it; whoever asks closes it."""
    path.write_bytes(_migrated())
    return Database(path)


@cache
def _migrated() -> bytes:
    with TemporaryDirectory(prefix="schema-") as folder:
        database = Database(Path(folder) / "fleet.sqlite")
        try:
            migrate(database)
        finally:
            database.close()
        return database.path.read_bytes()
