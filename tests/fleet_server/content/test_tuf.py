"""The running server against the reference TUF client: good releases pass, attacks do not."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import text
from tuf.api.exceptions import (
    BadVersionNumberError,
    DownloadHTTPError,
    ExpiredMetadataError,
    RepositoryError,
    UnsignedMetadataError,
)
from tuf.ngclient import FetcherInterface, Updater

from fleet_server.app import create_app
from fleet_server.content.editing import set_text
from fleet_server.content.releases import publish_draft, restore_release
from fleet_server.content.repository import signed_role
from fleet_server.content.signing import ContentSigner, init_keys
from fleet_server.content.tables import SignedRole
from fleet_server.fleet import Fleet
from kiosk.contract.content import ContentBundle
from kiosk.contract.downlink import Desired
from tests.fleet_server.small_hall import Hall, TestKiosk, make_hall, serving

pytestmark = pytest.mark.slow


class Fetcher(FetcherInterface):
    """Fetches with a kiosk's token."""

    def __init__(self, kiosk: TestKiosk, client: httpx.Client) -> None:
        self.kiosk, self.client = kiosk, client

    def _fetch(self, url: str) -> Iterator[bytes]:
        answer = self.client.get(urlsplit(url).path, headers=self.kiosk.headers())
        if answer.status_code != 200:
            raise DownloadHTTPError(url, answer.status_code)
        return iter([answer.content])


class Place:
    """A running server and what one kiosk keeps of it."""

    def __init__(self, hall: Hall, kiosk: TestKiosk, client: httpx.Client, kept: Path) -> None:
        self.hall, self.kiosk, self.client, self.kept = hall, kiosk, client, kept
        self.app = create_app(hall.settings)

    @property
    def fleet(self) -> Fleet:
        fleet: Fleet = self.app.state.fleet
        return fleet

    def desired(self) -> Desired:
        answer = self.client.get("/v1/desired", headers=self.kiosk.headers())
        return Desired.model_validate_json(answer.content)

    def updater(self, root: bytes | None = None) -> Updater:
        (self.kept / "targets").mkdir(parents=True, exist_ok=True)
        pinned = root or (self.hall.settings.keys / "content-root.json").read_bytes()
        return Updater(
            str(self.kept / "metadata"),
            f"{self.hall.url}/v1/content/metadata/",
            str(self.kept / "targets"),
            f"{self.hall.url}/v1/content/targets/",
            fetcher=Fetcher(self.kiosk, self.client),
            bootstrap=pinned,
        )

    def pull(self) -> ContentBundle:
        wanted = self.desired().content
        assert wanted is not None
        updater = self.updater()
        updater.refresh()
        target = updater.get_targetinfo(wanted.target)
        assert target is not None
        path = updater.download_target(target, str(self.kept / "bundle.json"))
        return ContentBundle.model_validate_json(Path(path).read_bytes())

    def retitle(self, title: str) -> None:
        with self.fleet.database.write() as session:
            set_text(
                session,
                service_id="tax-payment-certificate",
                language="zh-CN",
                key="title",
                text=title,
                actor="bianji",
                now=self.fleet.clock.now(),
            )
        publish_draft(self.fleet, actor="bianji", why="改标题")

    def metadata(self) -> dict[str, bytes]:
        with self.fleet.database.read() as session:
            return {
                role: session.get_one(SignedRole, role).metadata_bytes
                for role in ("targets", "snapshot", "timestamp")
            }

    def put_metadata(self, metadata: dict[str, bytes]) -> None:
        """What somebody in control of the server's database could do."""
        with self.fleet.database.write() as session:
            for role, content in metadata.items():
                session.execute(
                    text("UPDATE signed_role SET metadata = :content WHERE role = :role"),
                    {"role": role, "content": content},
                )


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    hall = make_hall(tmp_path / "server", departments=())
    kiosk = hall.enrol("hz0001")
    with httpx.Client(base_url=hall.url, trust_env=False) as client:
        found = Place(hall, kiosk, client, tmp_path / "kiosk")
        with serving(found.app, hall.settings.http.port):
            yield found


def test_a_kiosk_proves_and_gets_what_is_published(place: Place) -> None:
    bundle = place.pull()
    wanted = place.desired().content
    assert wanted is not None
    assert bundle.hash == wanted.hash


def test_a_new_release_follows_an_old_one_and_a_roll_back_follows_both(place: Place) -> None:
    first = place.pull()
    before = place.desired()
    place.retitle("完税证明自助打印")
    second = place.pull()
    assert second.services["tax-payment-certificate"].texts["zh-CN"]["title"] == "完税证明自助打印"
    assert place.desired().version > before.version
    restore_release(place.fleet, release=1, actor="bianji", why="写错了")
    assert place.pull().hash == first.hash
    wanted = place.desired().content
    assert wanted is not None
    assert wanted.release == 3


def test_old_metadata_put_back_is_a_roll_back_attack(place: Place) -> None:
    place.pull()
    old = place.metadata()
    place.retitle("完税证明自助打印")
    place.pull()
    place.put_metadata(old)
    with pytest.raises(BadVersionNumberError):
        place.updater().refresh()


def test_a_bundle_changed_on_the_way_is_refused(place: Place) -> None:
    updater = place.updater()
    updater.refresh()
    wanted = place.desired().content
    assert wanted is not None
    target = updater.get_targetinfo(wanted.target)
    assert target is not None
    with place.fleet.database.write() as session:
        session.execute(text("DROP TRIGGER publication_no_update"))
        session.execute(text("UPDATE publication SET bundle = replace(bundle, '税', '费')"))
    with pytest.raises(RepositoryError):
        updater.download_target(target, str(place.kept / "bundle.json"))


def test_metadata_changed_without_the_key_is_refused(place: Place) -> None:
    changed = json.loads(place.metadata()["timestamp"])
    changed["signed"]["version"] += 1
    place.put_metadata({"timestamp": json.dumps(changed).encode()})
    with pytest.raises(UnsignedMetadataError):
        place.updater().refresh()


def test_an_expired_timestamp_is_refused_and_a_renewed_one_is_not(place: Place) -> None:
    good = place.metadata()
    signer = place.fleet.content.signer
    long_ago = datetime.now(UTC) - timedelta(hours=25)
    with place.fleet.database.read() as session:
        snapshot = signed_role(session, "snapshot")
    assert snapshot is not None
    place.put_metadata({"timestamp": signer.timestamp(1, snapshot, long_ago).content})
    with pytest.raises(ExpiredMetadataError):
        place.updater().refresh()
    place.put_metadata(good)
    place.updater().refresh()


def test_another_servers_root_does_not_prove_ours(place: Place, tmp_path: Path) -> None:
    keys = tmp_path / "other"
    keys.mkdir()
    init_keys(keys, now=datetime.now(UTC))
    ContentSigner.open(keys)
    with pytest.raises(UnsignedMetadataError):
        place.updater(root=(keys / "content-root.json").read_bytes()).refresh()


def test_nobody_without_a_token_reads_content(place: Place) -> None:
    assert place.client.get("/v1/content/metadata/timestamp.json").status_code == 401


def test_private_keys_are_not_readable_by_others(place: Place) -> None:
    keys = place.hall.settings.keys
    modes = {path.stat().st_mode & 0o077 for path in keys.glob("content-*.key")}
    assert modes == {0}
