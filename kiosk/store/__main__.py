"""`python -m kiosk.store journal FILE`: what happened on this kiosk, for who stands before it."""

import argparse
import json
import sys
from pathlib import Path

from kiosk.store.database import NewerSchema, Store, StoreError
from kiosk.store.journal import Journal, load_catalogue

_PAGE = 500


def main(arguments: list[str] | None = None) -> int:
    """0 with one JSON object per entry, oldest first; 2 where there is no store that can be read.

    The journal's table is the same in every schema so far, so a kiosk not yet migrated is read.
    """
    parser = argparse.ArgumentParser(prog="python -m kiosk.store", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    journal = commands.add_parser("journal", help="the journal's entries, oldest first")
    journal.add_argument("file", type=Path, help="the kiosk's store, such as data/kiosk.sqlite")
    journal.add_argument(
        "--after", type=_number, default=0, metavar="N", help="only above number N"
    )
    chosen = parser.parse_args(arguments)
    if not chosen.file.is_file():
        print(f"{chosen.file}: no such store", file=sys.stderr)
        return 2
    try:
        store = Store.open_to_read(chosen.file)
    except NewerSchema as error:
        print(f"{error}; ask the release that runs on that kiosk", file=sys.stderr)
        return 2
    except StoreError as error:
        print(error, file=sys.stderr)
        return 2
    try:
        _print(Journal(store), chosen.after)
    except StoreError as error:
        print(error, file=sys.stderr)
        return 2
    finally:
        store.close()
    return 0


def _number(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no entry's number")
    return int(text)


def _print(journal: Journal, after: int) -> None:
    catalogue = load_catalogue()
    while entries := journal.entries(after=after, limit=_PAGE):
        for entry in entries:
            known = catalogue.get(entry.kind)
            line = {
                "n": entry.n,
                "at": entry.at.isoformat(),
                "kind": entry.kind,
                "level": "info" if known is None else known.level,
                "facts": dict(entry.facts),
            }
            print(json.dumps(line, ensure_ascii=False))
        after = entries[-1].n


if __name__ == "__main__":
    sys.exit(main())
