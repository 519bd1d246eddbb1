"""Run by Alembic: apply the versions to the connection `fleet_server.schema` hands over.

Each domain has its own chain, so that two people never fight over one head: file names begin
with the domain's hundred (`v00xx` ground, `v01xx` cases, `v02xx` departments, `v03xx` content),
the first of a chain has `down_revision = None` and `depends_on = "0001"`, and all heads are
applied. `revision` is the four digits as a string.
"""

from alembic import context
from sqlalchemy.engine import Connection


def _run() -> None:
    connection: Connection = context.config.attributes["connection"]
    context.configure(connection=connection, transactional_ddl=True)
    with context.begin_transaction():
        context.run_migrations()


_run()
