"""A screen for the kiosk: the one that is there if it is large enough, else a virtual one.

A browser can see and touch the virtual one.
"""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import Image, ImageGrab

from device_drivers.emulation.free_port import free_port
from provisioning.demo.processes import Child, DidNotStart, answers, wait_until

WIDTH_PX: Final = 1080
HEIGHT_PX: Final = 1920
"""The kiosk's panel, portrait."""

ANSWER_S: Final = 5.0
"""A display answers in milliseconds; one that hangs is none."""

NOVNC_FOLDER = Path("/usr/share/novnc")
"""Where Debian's package puts its pages."""


class Display:
    """A virtual X display of 1080×1920, its name, and a picture of what it shows."""

    def __init__(self, *, log_folder: Path, with_browser: bool) -> None:
        self._log_folder = log_folder
        self._with_browser = with_browser
        self._children: list[Child] = []
        self.name = ""
        self.browser_url = ""

    def start(self) -> None:
        """Start Xvfb (and VNC for a browser). Raises DidNotStart."""
        # the server itself takes a number nobody has and says it once it serves: whoever picked one
        # beforehand would, of two demos that start at once, end up on the other's screen
        server = Child(
            "xvfb",
            ["Xvfb", "-displayfd", "1", "-screen", "0", f"{WIDTH_PX}x{HEIGHT_PX}x24"]
            + ["-nolisten", "tcp", "-noreset"],
            log_folder=self._log_folder,
        )
        server.log_file.unlink(missing_ok=True)
        self._children.append(server)
        server.start()
        wait_until(lambda: bool(_number_said(server)), server, within_s=30)
        self.name = f":{_number_said(server)}"
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


@dataclass(frozen=True, slots=True)
class PresentDisplay:
    """The X display this session already has: somebody sits before it."""

    name: str
    width_px: int
    height_px: int

    @property
    def holds_the_kiosk(self) -> bool:
        """Does the kiosk's window fit, so that every button can be seen and touched?"""
        return self.width_px >= WIDTH_PX and self.height_px >= HEIGHT_PX


def present_display() -> PresentDisplay | None:
    """Ask the display named by `DISPLAY` how large it is; None where there is none or no answer."""
    name = os.environ.get("DISPLAY", "")
    if not name:
        return None
    try:
        asked = subprocess.run(
            ["xdotool", "getdisplaygeometry"],
            capture_output=True,
            text=True,
            timeout=ANSWER_S,
            check=True,
        )
        width, height = asked.stdout.split()
        return PresentDisplay(name, int(width), int(height))
    except (OSError, subprocess.SubprocessError, ValueError):
        return None


def _number_said(server: Child) -> str:
    """The display number in its output; empty before it serves."""
    said = re.search(r"^(\d+)$", server.log_tail(), re.MULTILINE)
    return said[1] if said else ""
