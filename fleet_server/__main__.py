"""The command line of the server: init, run, enrol-token, revoke, check."""

import argparse
import asyncio
import json
import logging
import sys
from datetime import timedelta
from pathlib import Path
from typing import Final

import httpx
from pydantic import BaseModel, ValidationError

from fleet_server.app import create_app
from fleet_server.broker.mosquitto import BrokerFailed
from fleet_server.clock import SystemClock
from fleet_server.database import Database, DatabaseBusy, DatabaseUnusable
from fleet_server.enrolment.schemas import Revoked, RevokeRequest, TokenAnswer, TokenRequest
from fleet_server.enrolment.service import make_token, withdraw
from fleet_server.errors import FleetError
from fleet_server.initialise import FIRST_ADMIN, initialise, local_secret
from fleet_server.inspection import inspect
from fleet_server.key_files import check_key_files
from fleet_server.pki import Authority
from fleet_server.run import serve
from fleet_server.schema import SchemaFromTheFuture, migrate
from fleet_server.settings import BadSettings, Settings, load

_FAULT: Final = 1
_BAD_ARGUMENTS: Final = 2


def main() -> int:
    """Run one command; exit code 0 done, 1 it cannot be, 2 bad arguments or configuration."""
    arguments = _parser().parse_args()
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    try:
        return int(arguments.command(arguments))
    except BadSettings as error:
        print(error, file=sys.stderr)
        return _BAD_ARGUMENTS
    except ValidationError as error:
        wrong = "; ".join(f"{item['loc'][0]}: {item['msg']}" for item in error.errors())
        print(wrong, file=sys.stderr)
        return _BAD_ARGUMENTS
    except FleetError as error:
        print(f"{error.code}: {error.detail}", file=sys.stderr)
        return _FAULT
    except DatabaseUnusable as error:
        print(error, file=sys.stderr)
        return _FAULT
    except (BrokerFailed, DatabaseBusy, SchemaFromTheFuture, httpx.HTTPError, OSError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return _FAULT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="fleet-server", description=__doc__)
    commands = parser.add_subparsers(required=True)

    init = commands.add_parser("init", help="make a server folder; safe to run again")
    init.add_argument("folder", type=Path)
    init.add_argument("--public-url", help="what citizens' phones open (default: the HTTP address)")
    init.add_argument("--kiosk-host", default="127.0.0.1", help="where kiosks reach us")
    init.add_argument("--listen", default="127.0.0.1", help="address of HTTPS and the broker")
    for name, default in (("http", 8080), ("https", 8443), ("broker", 8883), ("link", 18830)):
        init.add_argument(f"--{name}-port", type=int, default=default)
    init.add_argument(
        "--department", action="append", default=[], metavar="ID=URL", help="may be repeated"
    )
    init.set_defaults(command=_init)

    run = commands.add_parser("run", help="serve until Ctrl-C")
    run.add_argument("folder", type=Path)
    run.set_defaults(command=_run)

    token = commands.add_parser("enrol-token", help="a one-time token for one kiosk")
    token.add_argument("folder", type=Path)
    token.add_argument("--kiosk", required=True, help="6 to 24 of a-z and 0-9")
    token.add_argument("--name", required=True)
    token.add_argument("--hall", required=True)
    token.set_defaults(command=_enrol_token)

    cut = commands.add_parser("revoke", help="take a kiosk's certificates and cut it off, now")
    cut.add_argument("folder", type=Path)
    cut.add_argument("kiosk", help="its id")
    cut.add_argument("--reason", required=True, help="for the audit trail, such as stolen")
    cut.set_defaults(command=_revoke)

    check = commands.add_parser("check", help="is everything here, and does it answer?")
    check.add_argument("folder", type=Path)
    check.set_defaults(command=_check)
    return parser


def _init(arguments: argparse.Namespace) -> int:
    made = initialise(arguments.folder, config=_first_config(arguments), now=SystemClock().now())
    settings = made.settings
    told = {
        "folder": str(settings.folder),
        "console": f"http://{settings.http.host}:{settings.http.port}/",
        "api": settings.api_url,
        "ca_fingerprint": made.fingerprint,
    }
    if made.password is not None:
        told |= {"account": FIRST_ADMIN, "one_time_password": made.password}
    print(json.dumps(told, ensure_ascii=False))
    return 0


def _first_config(arguments: argparse.Namespace) -> str:
    http, https, broker, link = (
        arguments.__dict__[f"{name}_port"] for name in ("http", "https", "broker", "link")
    )
    public_url = arguments.public_url or f"http://127.0.0.1:{http}"
    lines = [
        f"public_url = {json.dumps(public_url)}",
        f"kiosk_host = {json.dumps(arguments.kiosk_host)}",
        f"\n[http]\nport = {http}",
        f"\n[https]\nhost = {json.dumps(arguments.listen)}\nport = {https}",
        f"\n[broker]\nhost = {json.dumps(arguments.listen)}\nport = {broker}",
        f"server_port = {link}",
    ]
    for department in arguments.department:
        name, _, url = department.partition("=")
        lines.append(f"\n[departments.{json.dumps(name)}]\nbase_url = {json.dumps(url)}")
    return "\n".join(lines) + "\n"


def _run(arguments: argparse.Namespace) -> int:
    settings = load(arguments.folder)
    check_key_files(settings.keys)
    asyncio.run(serve(create_app(settings), settings))
    return 0


def _enrol_token(arguments: argparse.Namespace) -> int:
    settings = load(arguments.folder)
    check_key_files(settings.keys)
    asked = TokenRequest(kiosk_id=arguments.kiosk, name=arguments.name, hall=arguments.hall)
    try:
        answer = _token_here(settings, asked)
    except DatabaseBusy:  # a server is running and owns the database: it shall make the token
        answer = TokenAnswer.model_validate_json(_ask_server(settings, "enrol-tokens", asked))
    print(answer.model_dump_json())
    return 0


def _token_here(settings: Settings, asked: TokenRequest) -> TokenAnswer:
    database = Database(settings.database_file)
    try:
        migrate(database)
        with database.write() as session:
            token = make_token(
                session,
                kiosk_id=asked.kiosk_id,
                name=asked.name,
                hall=asked.hall,
                actor="server",
                now=SystemClock().now(),
                life=timedelta(minutes=settings.enrolment.token_minutes),
            )
    finally:
        database.close()
    return TokenAnswer(
        token=token,
        ca_fingerprint=Authority(settings.keys).fingerprint,
        server=settings.api_url,
        kiosk_id=asked.kiosk_id,
    )


def _revoke(arguments: argparse.Namespace) -> int:
    settings = load(arguments.folder)
    check_key_files(settings.keys)
    asked = RevokeRequest(kiosk_id=arguments.kiosk, reason=arguments.reason.strip())
    try:
        answer = _revoke_here(settings, asked)
    except DatabaseBusy:  # a server is running: it shall also cut the connection
        answer = Revoked.model_validate_json(_ask_server(settings, "revocations", asked))
    print(answer.model_dump_json())
    return 0


def _revoke_here(settings: Settings, asked: RevokeRequest) -> Revoked:
    """Without a server nobody is connected, and its broker reads the list when it starts."""
    database = Database(settings.database_file)
    try:
        migrate(database)
        with database.write() as session:
            count = withdraw(
                session,
                kiosk_id=asked.kiosk_id,
                reason=asked.reason,
                actor="server",
                now=SystemClock().now(),
            )
    finally:
        database.close()
    return Revoked(kiosk_id=asked.kiosk_id, certificates=count)


def _ask_server(settings: Settings, what: str, asked: BaseModel) -> bytes:
    """Raises FleetError with the server's own code where it refuses."""
    answer = httpx.post(
        f"http://{settings.http.host}:{settings.http.port}/local/{what}",
        json=asked.model_dump(),
        headers={"X-Local-Secret": local_secret(settings)},
        timeout=10,
    )
    if answer.is_client_error:
        told = answer.json()
        raise FleetError(told["detail"], code=told["code"], status=answer.status_code)
    return answer.raise_for_status().content


def _check(arguments: argparse.Namespace) -> int:
    findings = inspect(load(arguments.folder))
    for finding in findings:
        print(json.dumps({"check": finding.check, "ok": finding.ok, "detail": finding.detail}))
    return 0 if all(finding.ok for finding in findings) else _FAULT


if __name__ == "__main__":
    sys.exit(main())
