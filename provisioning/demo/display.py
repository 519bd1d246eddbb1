"""A screen for the kiosk: the one that is there, else a virtual one a browser can see and touch."""

import os
import time
from pathlib import Path

from PIL import Image, ImageGrab

from provisioning.demo.processes import Child, DidNotStart, answers, free_port, wait_until

NOVNC_FOLDER = Path("/usr/share/novnc")
"""Where Debian's package puts its pages."""

SOCKET_FOLDER = Path("/tmp/.X11-unix")  # noqa: S108 — fixed by the X protocol


class Display:
    """An X display of 1080×1920, its name, and a picture of what it shows."""

    def __init__(self, *, log_folder: Path, with_browser: bool) -> None:
        self._log_folder = log_folder
        self._with_browser = with_browser
        self._children: list[Child] = []
        self.name = ""
        self.browser_url = ""

    def start(self) -> None:
        """Start Xvfb (and VNC for a browser). Raises DidNotStart."""
        number = _free_display_number()
        self.name = f":{number}"
        server = Child(
            "xvfb",
            ["Xvfb", self.name, "-screen", "0", "1080x1920x24", "-nolisten", "tcp", "-noreset"],
            log_folder=self._log_folder,
        )
        self._children.append(server)
        server.start()
        wait_until((SOCKET_FOLDER / f"X{number}").exists, server, within_s=15)
        if self._with_browser:
            self._serve_to_browser()

    def _serve_to_browser(self) -> None:
        if not NOVNC_FOLDER.is_dir():
            raise DidNotStart("noVNC's pages are not installed; run `make setup`")
        vnc_port, web_port = free_port(5900), free_port(6080)
        vnc = Child(
            "x11vnc",
            ["x11vnc", "-display", self.name, "-localhost", "-forever", "-shared", "-nopw"]
            + ["-rfbport", str(vnc_port), "-quiet", "-noxdamage"],
            log_folder=self._log_folder,
        )
        web = Child(
            "novnc",
            ["websockify", "--web", str(NOVNC_FOLDER), f"127.0.0.1:{web_port}"]
            + [f"127.0.0.1:{vnc_port}"],
            log_folder=self._log_folder,
        )
        for child, port in ((vnc, vnc_port), (web, web_port)):
            self._children.append(child)
            child.start()
            wait_until(lambda port=port: answers(port), child, within_s=15)  # type: ignore[misc]
        self.browser_url = (
            f"http://127.0.0.1:{web_port}/vnc.html?autoconnect=1&resize=scale&reconnect=1"
        )

    def picture(self) -> Image.Image:
        """What the screen shows now."""
        return ImageGrab.grab(xdisplay=self.name)

    def stop(self) -> None:
        """End what was started, last first."""
        for child in reversed(self._children):
            child.stop()
        self._children.clear()


def present_display() -> str:
    """The display this session already has, or empty."""
    return os.environ.get("DISPLAY", "")


def _free_display_number() -> int:
    """Pick a display number nobody uses; the process id spreads parallel demos."""
    start = 100 + os.getpid() % 400
    for number in range(start, start + 100):
        if not (SOCKET_FOLDER / f"X{number}").exists():
            return number
    raise DidNotStart(f"no free X display at {time.time():.0f}")
