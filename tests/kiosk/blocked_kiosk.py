"""The real app whose window stops answering while a file named `block` lies beside its config."""

import signal
import sys
import time
from pathlib import Path

from kiosk.config import load
from kiosk.main import KioskApp
from kiosk.store.database import Store


def main(config_file: Path) -> None:
    """Run until ended; raises what the app raises."""
    config = load(config_file)
    store = Store.open(config.store_file)
    told = config_file.with_name("block")

    def block() -> None:
        while told.exists():
            time.sleep(0.05)

    try:
        app = KioskApp(config, store)
        signal.signal(signal.SIGTERM, lambda *_: app.stop())
        app.screen.every(0.1, block)
        app.run()
    finally:
        store.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
