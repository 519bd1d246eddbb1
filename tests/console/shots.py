"""`python -m tests.console.shots --out DIR`: every console page as PNG, on a believable night."""

import argparse
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page

from tests.console.browser import browser, first_sign_in
from tests.console.scene import POLICE_SERVICE, TAX_SERVICE, Night
from tests.console.stage import Stage, stage

SETTLE_MS = 1200
"""Answers of departments, and the page's own looking again."""


def main() -> int:
    """Exit code 0 once all are taken."""
    parser = argparse.ArgumentParser(prog="python -m tests.console.shots", description=__doc__)
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--light-only", action="store_true", help="half the pictures")
    chosen = parser.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="yichuang-shots-") as folder,
        stage(Path(folder)) as on,
        browser() as running,
    ):
        page = running.new_page(viewport={"width": 1440, "height": 900}, locale="zh-CN")
        Album(page, on, chosen.out, light_only=chosen.light_only).take()
    sys.stdout.write(f"{len(list(chosen.out.glob('*.png')))} pictures in {chosen.out}\n")
    return 0


class Album:
    """Takes the pictures in one go, the scene changing as they are taken."""

    def __init__(self, page: Page, on: Stage, out: Path, *, light_only: bool) -> None:
        self.page, self.on, self.out = page, on, out
        self.light_only = light_only
        self.night = Night(on)

    def take(self) -> None:
        """Every page."""
        self._before_sign_in()
        self.shoot("overview-empty", "/")
        first = self.night.play()
        self.page.wait_for_timeout(2500)
        self._pages(self.night)
        self._kiosk_with_command(first.kiosk_id)
        self._content()
        self._troubles()
        self.page.set_viewport_size({"width": 1920, "height": 1080})
        self.shoot("overview-1920", "/", light_only=True)
        self.shoot("kiosk-1920", "/kiosks/hz0002", light_only=True)

    def _before_sign_in(self) -> None:
        self.shoot("sign-in", "/sign-in")
        self.page.click("form[action$='/sign-in'] button")
        self._both("sign-in-incomplete")
        first_sign_in(self.page, self.on, self.on.one_time_password)

    def _pages(self, night: Night) -> None:
        self.on.stop_department("real_estate")
        self.page.wait_for_timeout(5000)
        self.shoot("overview", "/")
        for name, path in (
            ("kiosks", "/kiosks"),
            ("kiosks-filtered", "/kiosks?word=limited"),
            ("kiosk", "/kiosks/hz0001"),
            ("kiosk-in-trouble", "/kiosks/hz0002"),
            ("kiosk-never-seen", "/kiosks/hz0004"),
            ("kiosk-new", "/kiosks/new"),
            ("cases", "/cases"),
            ("case-accepted", f"/cases/{night.cases[0]}"),
            ("case-refused", f"/cases/{night.cases[-1]}"),
            ("content", "/content"),
            ("departments", "/departments"),
            ("messages", "/records/messages"),
            ("submissions", "/records/submissions"),
            ("audit", "/records/audit"),
            ("people", "/people"),
            ("search", "/search?q=370321"),
            ("not-found", "/kiosks/hz9999"),
        ):
            self.shoot(name, path)

    def _kiosk_with_command(self, kiosk_id: str) -> None:
        page = self.page
        page.goto(f"{self.on.url}/console/kiosks/{kiosk_id}")
        page.click("[data-bs-target='#close']")
        page.wait_for_timeout(500)
        page.fill("#reason", "设备检修，预计 16:00 恢复")
        page.screenshot(path=self.out / "kiosk-close.png")
        page.click("#close .btn-primary")
        page.wait_for_load_state()
        self.shoot("kiosk-command", f"/kiosks/{kiosk_id}", light_only=True)
        page.click("[data-bs-target='#revoke']")
        page.wait_for_timeout(500)
        page.fill("#revoke-reason", "终端失窃，已报警")
        page.screenshot(path=self.out / "kiosk-revoke.png")

    def _content(self) -> None:
        page = self.page
        self.shoot("service", f"/content/services/{POLICE_SERVICE}")
        page.goto(f"{self.on.url}/console/content/services/{TAX_SERVICE}")
        page.fill("[name='zh-CN/summary']", "扫描缴税通知上的二维码，并提供其他材料的复印件。")
        page.wait_for_timeout(900)
        page.screenshot(path=self.out / "service-findings.png")
        page.click(".savebar .btn-primary")
        page.wait_for_load_state()
        self.shoot("content-changed", "/content", light_only=True)
        page.goto(f"{self.on.url}/console/content/publish")
        page.fill("#why", "更正说明")
        page.click("form.card .btn-primary")
        page.wait_for_load_state()
        self._both("publish-refused")
        page.goto(f"{self.on.url}/console/content/services/{TAX_SERVICE}")
        page.fill("[name='zh-CN/summary']", "扫描缴税通知上的二维码，当场打印，不收费。")
        page.click(".savebar .btn-primary")
        page.wait_for_load_state()
        self.shoot("publish", "/content/publish", light_only=True)
        page.fill("#why", "写明不收费")
        page.click("form.card .btn-primary")
        page.wait_for_load_state()
        for kiosk in self.night.kiosks[:2]:
            kiosk.draw_desired()
        self.night.kiosks[2].heartbeat()
        page.wait_for_timeout(SETTLE_MS)
        self._both("content-published")
        self.shoot("history", "/content/history")

    def _troubles(self) -> None:
        page = self.page
        page.goto(f"{self.on.url}/console/kiosks/new")
        page.fill("#kiosk_id", "hz0005")
        page.fill("#name", "05 号终端")
        page.fill("#hall", "桓台县政务服务中心24小时自助服务区")
        page.click("main form .btn-primary")
        page.wait_for_load_state()
        self._both("kiosk-token")

    def shoot(self, name: str, path: str, *, light_only: bool = False) -> None:
        """Go there and take it; the kiosks have just been heard, however long it takes."""
        for kiosk in self.night.kiosks:
            kiosk.heartbeat()
        self.page.goto(f"{self.on.url}/console{path}")
        self.page.wait_for_timeout(SETTLE_MS if name == "overview" else 350)
        self._both(name, light_only=light_only)

    def _both(self, name: str, *, light_only: bool = False) -> None:
        page = self.page
        page.screenshot(path=self.out / f"{name}.png")
        if self.light_only or light_only or not page.query_selector("[data-theme-switch]"):
            return
        page.click("[data-theme-switch]")
        page.wait_for_timeout(150)
        page.screenshot(path=self.out / f"{name}-dark.png")
        page.click("[data-theme-switch]")


if __name__ == "__main__":
    sys.exit(main())
