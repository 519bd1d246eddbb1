"""`python -m kiosk.agent --config kiosk.toml`: runs until SIGTERM or SIGINT."""

import argparse
import asyncio
import logging
import signal
import sys
from pathlib import Path

from kiosk.agent.agent import Agent
from kiosk.agent.identity import BadIdentity
from kiosk.config import BadConfig, KioskConfig, load
from kiosk.store.database import NewerSchema, Store, StoreError

EXIT_BAD_CONFIG = 78
"""EX_CONFIG of sysexits(3): trying again will not help."""
EXIT_STORE_FAILED = 1
"""A full or a busy disk: the supervisor tries again."""


def main(arguments: list[str] | None = None) -> int:
    """0 after an orderly stop, 78 where configuration, identity or store are not for us.

    1 where the store cannot be used now: trying again may help.
    """
    parser = argparse.ArgumentParser(prog="python -m kiosk.agent", description=__doc__)
    parser.add_argument("--config", type=Path, required=True, help="kiosk.toml")
    chosen = parser.parse_args(arguments)
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    for noisy in ("httpx", "httpcore", "tuf", "urllib3"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    try:
        config = load(chosen.config)
        store = Store.open(config.store_file)
    except (BadConfig, NewerSchema) as error:
        print(error, file=sys.stderr)
        return EXIT_BAD_CONFIG
    except StoreError as error:
        print(error, file=sys.stderr)
        return EXIT_STORE_FAILED
    try:
        asyncio.run(_run(config, store))
    except BadIdentity as error:
        print(error, file=sys.stderr)
        return EXIT_BAD_CONFIG
    except StoreError as error:
        print(error, file=sys.stderr)
        return EXIT_STORE_FAILED
    finally:
        store.close()
    return 0


async def _run(config: KioskConfig, store: Store) -> None:
    agent = Agent(config, store)
    task = asyncio.create_task(agent.run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        logging.getLogger(__name__).info("stopped")


if __name__ == "__main__":
    sys.exit(main())
