"""Words that only newer software knows: the message they stand in still counts."""

import json
from datetime import UTC, datetime

import pytest
from pydantic import JsonValue, ValidationError

from fleet_server.ingest.decode import Understood, decode
from kiosk.contract.devices import DeviceKind, DeviceStatus
from kiosk.contract.downlink import Command, CommandList, RestartApp, SetOutOfService
from kiosk.contract.downlink import UnsupportedOrder as Unsupported
from kiosk.contract.uplink import (
    AppState,
    BirthMessage,
    HeartbeatMessage,
    decode_uplink,
    encode_uplink,
)

DEVICES: dict[str, JsonValue] = {
    "receipt_printer": {"status": "online"},
    "palm_reader": {"status": "online"},
    "qr_scanner": {"status": "potentialFraud"},
}


def said(kind: str, body: dict[str, JsonValue]) -> bytes:
    head = {"v": 1, "e": 1, "i": "0" * 32, "ts": 1, "mt": 1, "t": kind}
    return json.dumps({**head, "d": body}).encode()


def test_a_heartbeat_with_a_device_of_tomorrow_still_says_all_the_rest() -> None:
    message = decode_uplink(said("hb", {"app_state": "idle", "devices": DEVICES}))
    assert isinstance(message, HeartbeatMessage)
    assert message.body.app_state is AppState.IDLE
    statuses = {kind: state.status for kind, state in message.body.devices.items()}
    assert statuses == {
        DeviceKind.RECEIPT_PRINTER: DeviceStatus.ONLINE,
        DeviceKind.QR_SCANNER: DeviceStatus.UNKNOWN,
    }
    assert decode_uplink(encode_uplink(message)) == message


def test_the_ingest_takes_a_birth_with_a_device_of_tomorrow() -> None:
    taken = decode("kf/1/k/hz0042/up/birth", said("birth", {"devices": DEVICES}))
    assert isinstance(taken, Understood)
    assert isinstance(taken.message, BirthMessage)
    assert DeviceKind.RECEIPT_PRINTER in taken.message.body.devices


@pytest.mark.parametrize("devices", [{"receipt_printer": {}}, {"receipt_printer": 1}, ["x"]])
def test_a_device_that_is_known_must_still_be_told_properly(devices: JsonValue) -> None:
    # the control: to leave out what is unknown is not to take whatever comes
    with pytest.raises(ValidationError):
        decode_uplink(said("hb", {"app_state": "idle", "devices": devices}))


def test_one_order_of_tomorrow_does_not_take_its_neighbours_with_it() -> None:
    orders: list[JsonValue] = [
        {"kind": "restart_app"},
        {"kind": "lower_the_blinds", "by_percent": 40},
        {"kind": "set_out_of_service", "on": True, "reason": "检修"},
        {"kind": "set_out_of_service"},
    ]
    at = datetime(2026, 11, 23, tzinfo=UTC).isoformat()
    pulled = json.dumps(
        {
            "commands": [
                {"id": f"c{number}", "number": number, "order": order, "expires_at": at}
                for number, order in enumerate(orders, start=1)
            ]
        }
    )
    commands = CommandList.model_validate_json(pulled).commands
    assert [command.order for command in commands] == [
        RestartApp(),
        Unsupported(kind="lower_the_blinds"),
        SetOutOfService(on=True, reason="检修"),
        Unsupported(kind="set_out_of_service"),
    ]
    assert [Command.model_validate_json(each.model_dump_json()) for each in commands] == list(
        commands
    )
