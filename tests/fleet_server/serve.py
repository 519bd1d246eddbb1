"""`python -m tests.fleet_server.serve FOLDER`: the application alone, to be killed by tests."""

import sys
from pathlib import Path

import uvicorn

from fleet_server.app import create_app
from fleet_server.settings import load

if __name__ == "__main__":
    settings = load(Path(sys.argv[1]))
    uvicorn.run(create_app(settings), port=settings.http.port, log_level="error")
