"""A page that breaks says so in the frame, with a number to find it in the log by."""

import logging
import re
from pathlib import Path

import httpx
import pytest
from fastapi import APIRouter

from fleet_server.app import create_app
from fleet_server.console.frame import OpenPage
from fleet_server.console.route import ConsoleRoute
from tests.fleet_server.small_hall import make_hall, serving

pytestmark = pytest.mark.slow

SECRET = "the name of somebody"


def test_a_broken_page_is_calm_and_its_number_is_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    broken = APIRouter(route_class=ConsoleRoute)

    @broken.get("/broken")
    def break_down(page: OpenPage) -> None:
        raise RuntimeError(SECRET)

    hall = make_hall(tmp_path / "server", departments=())
    app = create_app(hall.settings)
    app.include_router(broken)
    with serving(app, hall.settings.http.port), caplog.at_level(logging.ERROR):
        answer = httpx.get(f"{hall.url}/broken", trust_env=False)
    assert answer.status_code == 500
    assert "页面出错了" in answer.text
    assert SECRET not in answer.text
    assert "Traceback" not in answer.text
    number = re.search(r"<code>([0-9a-f]{8})</code>", answer.text)
    assert number is not None
    assert number[1] in caplog.text
