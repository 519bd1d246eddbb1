"""A kiosk as the server meets it: enrolled over HTTP, speaking MQTT with its own certificate.

It uses the kiosk's own envelopes and a real mutual-TLS connection; only screen and devices are
absent, so that a test can say what they would.
"""

import ssl
import threading
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from kiosk.agent.envelope import Envelopes
from kiosk.agent.epoch import raise_epoch
from kiosk.contract.cases import SealedCase
from kiosk.contract.devices import DeviceKind, DeviceState, DeviceStatus
from kiosk.contract.downlink import CommandList, Desired
from kiosk.contract.topics import Channel, Direction, Topic
from kiosk.contract.uplink import AppState, Heartbeat, Reported, UplinkEvent
from provisioning.program import version_of

WELL = {
    kind: DeviceState(status=DeviceStatus.ONLINE)
    for kind in (
        DeviceKind.ID_CARD_READER,
        DeviceKind.SOCIAL_SECURITY_CARD,
        DeviceKind.QR_SCANNER,
        DeviceKind.DOCUMENT_CAMERA,
        DeviceKind.RECEIPT_PRINTER,
    )
}
"""What `provisioning/site.example.toml` names: a kiosk tells of no device it does not have."""


class WireKiosk:
    """One connected kiosk. `close()` it."""

    def __init__(self, folder: Path, *, api: str, token: str) -> None:
        """Enrol with a one-time token and connect. Raises httpx errors, TimeoutError."""
        self.key = ec.generate_private_key(ec.SECP256R1())
        common_name = x509.NameAttribute(NameOID.COMMON_NAME, "kiosk")
        request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([common_name]))
        pem = request.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        self.http = httpx.Client(base_url=api, trust_env=False, timeout=20)
        answer = self.http.post("/v1/enrol", json={"token": token, "csr_pem": pem.decode()})
        answer.raise_for_status()
        said = answer.json()
        self.kiosk_id = str(said["kiosk_id"])
        self.content: str | None = None
        self.drawn: str | None = None
        self.app_state = AppState.IDLE
        self.cases_waiting = 0
        self.devices: dict[DeviceKind, DeviceState] = dict(WELL)
        self.software = version_of()
        folder.mkdir(parents=True, exist_ok=True)
        self._envelopes = Envelopes(
            epoch=raise_epoch(folder / f"{self.kiosk_id}-epoch"),
            inst=uuid.uuid4().hex,
            software=self.software,
        )
        self._n = 0
        self._client = self._connect(folder, said)

    def _connect(self, folder: Path, said: Mapping[str, Any]) -> mqtt.Client:
        paths = {name: folder / f"{self.kiosk_id}-{name}.pem" for name in ("ca", "own", "key")}
        paths["ca"].write_text(said["ca_pem"])
        paths["own"].write_text(said["certificate_pem"])
        paths["key"].write_bytes(
            self.key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        context = ssl.create_default_context(cafile=str(paths["ca"]))
        context.load_cert_chain(paths["own"], paths["key"])
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=self.kiosk_id)
        client.tls_set_context(context)
        client.will_set(self._topic(Channel.WILL), self._envelopes.will(), qos=1)
        connected = threading.Event()

        def on_connect(*_said: object) -> None:
            connected.set()

        client.on_connect = on_connect
        client.connect_async(said["broker_host"], said["broker_port"], 30)
        client.loop_start()
        if not connected.wait(20):
            client.loop_stop()
            raise TimeoutError("the broker did not take the kiosk")
        return client

    def close(self) -> None:
        """Leave politely."""
        self._client.disconnect()
        self._client.loop_stop()
        self.http.close()

    def say(self, channel: Channel, payload: bytes) -> None:
        """Any bytes on a topic of its own; waits until the broker has them."""
        self._client.publish(self._topic(channel), payload, qos=1).wait_for_publish(20)

    def birth(self) -> None:
        """Just connected."""
        self.say(Channel.BIRTH, self._envelopes.birth(self.devices))

    def heartbeat(self) -> None:
        """What it is, right now."""
        body = Heartbeat(
            app_state=self.app_state,
            active_content=self.content,
            drawn_content=self.drawn,
            cases_waiting=self.cases_waiting,
            devices=self.devices,
            software=self.software,
        )
        time.sleep(0.002)  # news are told apart by milliseconds of the monotonic clock
        self.say(Channel.HEARTBEAT, self._envelopes.heartbeat(body))

    def tell(self, kind: type[UplinkEvent], **facts: object) -> None:
        """One event."""
        self._n += 1
        event = kind.model_validate({"n": self._n, "happened_at": datetime.now(UTC), **facts})
        payload = self._envelopes.events((event,), after=self._n - 1, historical=False)
        self.say(Channel.EVENTS, payload)

    def break_device(self, device: DeviceKind, fault: str, **parts: str) -> None:
        """A device needs a technician from now on."""
        state = DeviceState(status=DeviceStatus.HARDWARE_ERROR, fault=fault, parts=parts)
        self.devices = {**self.devices, device: state}

    def desired(self) -> Desired:
        """Pull what it shall be."""
        answer = self.http.get("/v1/desired", headers=self.headers())
        return Desired.model_validate_json(answer.raise_for_status().content)

    def draw_desired(self) -> str:
        """Take on the published content, as if it were on the glass; returns its hash."""
        desired = self.desired()
        assert desired.content is not None
        self.content = self.drawn = desired.content.hash
        reported = Reported(desired_version=desired.version, content="applied")
        self.say(Channel.REPORTED, self._envelopes.reported(reported))
        self.heartbeat()
        return desired.content.hash

    def commands(self) -> CommandList:
        """Pull what it shall do."""
        answer = self.http.get("/v1/commands", headers=self.headers())
        return CommandList.model_validate_json(answer.raise_for_status().content)

    def submit(self, case: SealedCase) -> None:
        """Post one sealed case."""
        headers = {**self.headers(), "Content-Type": "application/json"}
        self.http.post(
            "/v1/cases", content=case.model_dump_json(), headers=headers
        ).raise_for_status()

    def headers(self) -> dict[str, str]:
        """A fresh request token (`DECISIONS.md` 6)."""
        now = int(time.time())
        claims = {"sub": self.kiosk_id, "aud": "yichuang", "iat": now, "exp": now + 60}
        return {"Authorization": f"Bearer {jwt.encode(claims, self.key, algorithm='ES256')}"}

    def _topic(self, channel: Channel) -> str:
        return str(Topic(self.kiosk_id, Direction.UP, channel))
