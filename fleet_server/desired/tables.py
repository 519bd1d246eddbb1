"""The version of the desired state."""

from sqlalchemy.orm import Mapped, mapped_column

from fleet_server.database import Record


class DesiredVersion(Record):
    """One row: raised by every change, never lowered, so a kiosk can tell old from new."""

    __tablename__ = "desired_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int]
