"""`python -m provisioning.demo`: start everything, send four citizens, then stay until Ctrl-C."""

import argparse
import fcntl
import json
import shutil
import signal
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import FrameType
from typing import Final

from provisioning.demo.citizens import ERRANDS, Citizen
from provisioning.demo.fingers import Fingers, Lost
from provisioning.demo.gallery import Gallery, codes_on
from provisioning.demo.keeping import Keeper
from provisioning.demo.processes import DidNotStart
from provisioning.demo.system import Ports, System

FOLDER: Final = Path(".run/demo")
LOCK: Final = FOLDER.with_name("demo.lock")
"""Held while a demo runs: a second one would begin by removing the first one's folder."""
READING_S: Final = 5.0
"""To read two lines, and to press Ctrl-C."""


class Stop(Exception):
    """Ctrl-C or SIGTERM."""


def main() -> int:
    """0 when every citizen got their receipt (and, without --once, the demo was stopped).

    2 where a demo runs in this folder already: nothing of it is touched.
    """
    arguments = argparse.ArgumentParser(prog="python -m provisioning.demo")
    arguments.add_argument("--once", action="store_true", help="end after the scripted citizens")
    arguments.add_argument("--no-citizens", action="store_true", help="only start the system")
    arguments.add_argument("--any-ports", action="store_true", help="not 8080 and its neighbours")
    chosen = arguments.parse_args()
    FOLDER.parent.mkdir(exist_ok=True)
    with LOCK.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("a demo runs in this folder already; end it first (Ctrl-C where it was started)")
            return 2
        return _run(chosen)


def _run(chosen: argparse.Namespace) -> int:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    shutil.rmtree(FOLDER, ignore_errors=True)
    system = System(
        FOLDER.resolve(),
        Ports.pick(well_known=not chosen.any_ports),
        with_browser=not chosen.once,
        use_present_display=not chosen.once,
    )
    with Keeper(system, say) as keeper:
        try:
            return _serve(system, keeper, chosen)
        except Stop:
            say("stopping …")
            return 0
        except DidNotStart as error:
            say(str(error))
            return 1
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_IGN)
            keeper.rest()
            system.stop()


def _serve(system: System, keeper: Keeper, chosen: argparse.Namespace) -> int:
    """Start everything, keep it running, send the citizens. Raises DidNotStart, Stop."""
    say("starting server, departments, devices and kiosk …")
    system.start()
    keeper.begin()
    _tell_addresses(system)
    if system.display is None and not chosen.no_citizens:
        say("Four scripted citizens now move THIS screen's pointer, for a minute or two;")
        say("hands off the mouse until they are done (--no-citizens sends none).")
        time.sleep(READING_S)
    failures = 0 if chosen.no_citizens else send_citizens(system, FOLDER)
    if chosen.once:
        return 1 if failures else 0
    say("The demo runs until Ctrl-C.")
    say(f"ended on its own: {', '.join(keeper.wait_until_broken())}; see {FOLDER}/logs")
    return 1


def send_citizens(system: System, folder: Path) -> int:
    """Send one citizen per department; the number who left without a good receipt."""
    fingers = Fingers(system.touch_map, system.screen_name)
    gallery = Gallery(folder, system.display)
    failures = 0
    for errand in ERRANDS:
        citizen = Citizen(errand, fingers, system.hand, on_page=gallery.keep_page)
        began = time.monotonic()
        try:
            png = citizen.run()
            path = gallery.keep_receipt(errand.name, png)
            prove(png, errand.name)
        except Lost as error:
            failures += 1
            citizen.leave()
            say(f"✗ {errand.name}: {error}")
            continue
        say(f"✓ {errand.name}: {path} after {time.monotonic() - began:.1f} s")
    return failures


def prove(png: bytes, name: str) -> None:
    """Read the receipt's code back and see that the server knows it. Raises Lost."""
    links = [text for text in codes_on(png) if "/v/" in text]
    if not links:
        raise Lost(f"no code on the receipt of {name} can be read back")
    try:
        with urllib.request.urlopen(links[0], timeout=10):
            pass
    except urllib.error.HTTPError as error:
        with error:
            raise Lost(f"the code on the receipt of {name} leads nowhere: {error}") from error
    except OSError as error:
        raise Lost(f"the code on the receipt of {name} leads nowhere: {error}") from error


def _tell_addresses(system: System) -> None:
    addresses = {
        "console": system.console_url,
        "sign_in": "admin",
        "one_time_password": system.admin_password,
        "bench": system.bench_url,
        "kiosk_screen": system.display.browser_url if system.display else system.screen_name,
        "openapi": f"{system.console_url}/openapi.json",
    }
    (system.folder / "addresses.json").write_text(json.dumps(addresses, indent=1), "utf-8")
    say("")
    for name, address in addresses.items():
        if address:
            say(f"  {name:<18} {address}")
    say("")


def say(words: str) -> None:
    """Tell the person at the terminal."""
    sys.stderr.write(words + "\n")


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise Stop


if __name__ == "__main__":
    sys.exit(main())
