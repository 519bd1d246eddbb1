"""A small program for a private room: answers, complains, babbles, dawdles, dies, or stays."""

import json
import os
import socket
import sys
import time
from pathlib import Path


def reply(why: str = "") -> None:
    sys.stdout.write(json.dumps({"ok": not why, "error": why}) + "\n")
    sys.stdout.flush()


def babble() -> None:
    sys.stdout.write("Segmentation fault\n")
    sys.stdout.flush()


def main() -> None:
    folder = Path(sys.argv[1])
    (folder / "pid").write_text(str(os.getpid()))
    if (folder / "babble").exists():
        babble()
        time.sleep(60)
    if (folder / "refuse").exists():
        reply("no such reader")
        return
    (folder / "hosts").write_text(" ".join(name for _, name in socket.if_nameindex()))
    reply()
    stays = False
    for line in sys.stdin:
        request = json.loads(line)
        (folder / "arrived").touch()
        if request["do"] == "die":
            return
        stays = stays or request["do"] == "stay"
        if request["do"] == "babble":
            babble()
            continue
        time.sleep(request.get("dawdle_s", 0))
        reply("" if request["do"] in {"work", "stay"} else "what?")
    while stays:
        time.sleep(60)


if __name__ == "__main__":
    main()
