"""One department's sandbox as an ASGI application."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from fastapi import FastAPI

from fleet_server.assets import ASSETS
from fleet_server.departments.contract.endpoints import department_router, refuse_by_contract
from fleet_server.departments.sandbox.a4_paper import warm_up
from fleet_server.departments.sandbox.decisions import Decider, Refusals
from fleet_server.departments.sandbox.faults import Fault, FaultSwitch, FaultyWire
from fleet_server.departments.sandbox.ledger import Ledger
from fleet_server.departments.sandbox.police import Police
from fleet_server.departments.sandbox.real_estate import RealEstate
from fleet_server.departments.sandbox.records import (
    Insured,
    People,
    Person,
    Registration,
    TaxNotice,
    read_rows,
)
from fleet_server.departments.sandbox.social_security import SocialSecurity
from fleet_server.departments.sandbox.tax import Tax
from fleet_server.departments.working_days import WorkingCalendar


def _people(assets: Path) -> People:
    return People(read_rows(assets / "sandbox" / "people.yaml", Person))


def _refusals(assets: Path, department: str) -> Refusals:
    return Refusals.read(assets / "sandbox" / "refusals.yaml", department)


def _police(assets: Path) -> Decider:
    return Police(
        _people(assets),
        WorkingCalendar.from_folder(assets / "calendar"),
        _refusals(assets, "police"),
    )


def _real_estate(assets: Path) -> Decider:
    rows = read_rows(assets / "sandbox" / "real_estate.yaml", Registration)
    return RealEstate(_people(assets), rows, _refusals(assets, "real_estate"))


def _tax(assets: Path) -> Decider:
    rows = read_rows(assets / "sandbox" / "tax.yaml", TaxNotice)
    return Tax(rows, _refusals(assets, "tax"))


def _social_security(assets: Path) -> Decider:
    rows = read_rows(assets / "sandbox" / "social_security.yaml", Insured)
    return SocialSecurity(_people(assets), rows, _refusals(assets, "social_security"))


DEPARTMENTS: Final[dict[str, Callable[[Path], Decider]]] = {
    "police": _police,
    "real_estate": _real_estate,
    "tax": _tax,
    "social_security": _social_security,
}

_DRAWING: Final = frozenset({"social_security", "real_estate"})
"""Those whose answers hold an A4 paper."""


def create_sandbox(department: str, data: Path, *, api_key: str, assets: Path = ASSETS) -> FastAPI:
    """The department's system with its own database in `data`; KeyError for an unknown one."""
    data.mkdir(parents=True, exist_ok=True)
    ledger = Ledger(data / f"{department}.sqlite", DEPARTMENTS[department](assets))

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        if department in _DRAWING:
            await asyncio.to_thread(warm_up)
        yield
        ledger.close()

    app = FastAPI(title=f"sandbox {department}", lifespan=lifespan)
    app.include_router(department_router(ledger, api_key=api_key))
    refuse_by_contract(app)
    switch = FaultSwitch()
    app.add_middleware(FaultyWire, switch=switch)

    @app.get("/count", include_in_schema=False)
    def count() -> dict[str, int]:
        """For tests and demos: how many cases are here."""
        return {"cases": ledger.count()}

    @app.post("/faults", include_in_schema=False)
    def set_fault(fault: Fault) -> Fault:
        """Switch a fault on or off."""
        switch.set(fault)
        return switch.fault

    return app
