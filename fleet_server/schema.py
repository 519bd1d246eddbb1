"""The database's schema: brought up to date at start, refused when it is from the future."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError

from fleet_server import migrations
from fleet_server.database import Database


class SchemaFromTheFuture(Exception):
    """A newer version of the server has written this database; this one must not touch it."""


def migrate(database: Database) -> None:
    """Apply what is missing, in one transaction. Raises SchemaFromTheFuture."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.set_main_option("path_separator", "os")
    with database.writing_connection() as connection:
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "heads")
        except CommandError as error:
            raise SchemaFromTheFuture(str(error)) from error
