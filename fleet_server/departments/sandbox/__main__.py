"""`python -m fleet_server.departments.sandbox --department police --port 8101 --data DIR`."""

import argparse
import os
import sys
import tempfile
from pathlib import Path

import uvicorn

from fleet_server.assets import ASSETS
from fleet_server.departments.contract.endpoints import department_router, document_text
from fleet_server.departments.sandbox.app import DEPARTMENTS, create_sandbox
from fleet_server.departments.sandbox.ledger import Ledger

API_KEY_VARIABLE = "DEPARTMENT_API_KEY"
"""Where the key comes from, so that it shows in no process list; unset: none is asked for."""


def contract_document() -> str:
    """The contract's OpenAPI text, from the router that the sandboxes really serve."""
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(Path(folder) / "tax.sqlite", DEPARTMENTS["tax"](ASSETS))
        try:
            return document_text(department_router(ledger, api_key=""))
        finally:
            ledger.close()


def main(arguments: list[str] | None = None) -> int:
    """Serve one department on loopback until a signal stops it, or print the contract."""
    if (arguments or sys.argv[1:]) == ["--openapi"]:
        print(contract_document(), end="")
        return 0
    parser = argparse.ArgumentParser(prog="python -m fleet_server.departments.sandbox")
    parser.add_argument("--department", choices=sorted(DEPARTMENTS), required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data", type=Path, required=True, help="folder of its own database")
    options = parser.parse_args(arguments)
    app = create_sandbox(
        options.department,
        options.data,
        api_key=os.environ.get(API_KEY_VARIABLE, ""),
    )
    uvicorn.run(app, host="127.0.0.1", port=options.port, log_level="warning", access_log=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
