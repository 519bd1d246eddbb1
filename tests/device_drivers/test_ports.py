"""The one text by which a device is reached."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device_drivers.ports import Port, Scheme


@pytest.mark.parametrize(
    ("text", "port"),
    [
        ("serial:/dev/kiosk/id_card", Port(Scheme.SERIAL, "/dev/kiosk/id_card")),
        ("tcp:127.0.0.1:9100", Port(Scheme.TCP, "127.0.0.1", 9100)),
        ("tcp:[::1]:9100", Port(Scheme.TCP, "::1", 9100)),
        ("pcsc:Virtual PCD 00 00", Port(Scheme.PCSC, "Virtual PCD 00 00")),
        ("pcsc:Reader: with a colon", Port(Scheme.PCSC, "Reader: with a colon")),
        ("images:pictures/样本", Port(Scheme.IMAGES, "pictures/样本")),
        ("v4l2:/dev/video0", Port(Scheme.V4L2, "/dev/video0")),
        ("usb:0400:c35a", Port(Scheme.USB, "0400:c35a")),
        ("evdev:/dev/kiosk/qr_scanner", Port(Scheme.EVDEV, "/dev/kiosk/qr_scanner")),
        ("cups:document_printer", Port(Scheme.CUPS, "document_printer")),
        ("nut:kiosk@127.0.0.1:3493", Port(Scheme.NUT, "kiosk@127.0.0.1:3493")),
    ],
)
def test_reads_each_kind_and_writes_it_back(text: str, port: Port) -> None:
    assert Port.parse(text) == port
    assert str(port) == text


@pytest.mark.parametrize(
    "rubbish",
    [
        "",
        "serial",
        "serial:",
        "serial: ",
        "serial:ttyUSB0",
        "Serial:/dev/ttyS0",
        "usb:1234",
        "usb:0400:C35A",
        "evdev:event3",
        "cups:two words",
        "nut:127.0.0.1",
        "nut:kiosk@127.0.0.1:99999",
        "tcp:host",
        "tcp::9100",
        "tcp:host:0",
        "tcp:host:65536",
        "tcp:host:9x",
        "tcp:host:９１００",
        "tcp:::1:9100",
        "v4l2:0",
        "images:a\nb",
        "pcsc: leading",
    ],
)
def test_refuses_rubbish(rubbish: str) -> None:
    with pytest.raises(ValueError, match="port "):
        Port.parse(rubbish)


@settings(max_examples=100)
@given(st.text())
def test_any_text_is_a_port_that_reads_back_or_a_value_error(text: str) -> None:
    try:
        port = Port.parse(text)
    except ValueError:
        return
    assert Port.parse(str(port)) == port
