"""The world is what the store says, and a bad bundle changes nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kiosk.config import DeviceConfig, KioskConfig, PlaceConfig, ServerConfig
from kiosk.contract.content import ContentBundle
from kiosk.contract.devices import DeviceKind
from kiosk.contract.downlink import BackendState, BackendStatus
from kiosk.interrupted import Interruption
from kiosk.services.loader import ContentRefused, load_folder
from kiosk.store.database import Store
from kiosk.store.shared_state import (
    ActiveContent,
    AgentAlive,
    Backends,
    LinkState,
    OutOfService,
    SharedState,
)
from kiosk.surroundings import Surroundings

ASSETS = Path(__file__).resolve().parents[2] / "assets"
TAX = "tax-payment-certificate"


def config(folder: Path, devices: dict[DeviceKind, DeviceConfig] | None = None) -> KioskConfig:
    """A kiosk whose server is not there."""
    return KioskConfig(
        id="hz0042",
        data=folder,
        place=PlaceConfig(
            county="桓台县",
            hall="桓台县政务服务中心",
            name="01 号终端",
            help_phone="0533-8210000",
            staffed_hours="周一至周五 9:00–17:00",
        ),
        server=ServerConfig(
            api_url="https://127.0.0.1:8443",
            broker_host="127.0.0.1",
            broker_port=8883,
            ca_file=folder / "ca.pem",
            key_file=folder / "kiosk.key",
            certificate_file=folder / "kiosk.pem",
            sealing_key_file=folder / "sealing.key",
            content_root_file=folder / "root.json",
        ),
        devices=devices or {},
    )


def renamed(title: str) -> ContentBundle:
    """What ships, with another title."""
    plain = load_folder(ASSETS).model_dump(mode="json")
    plain["services"][TAX]["texts"]["zh-CN"]["title"] = title
    return ContentBundle.model_validate(plain)


def put_content(shared: SharedState, folder: Path, bundle: ContentBundle) -> None:
    """As the agent does after it has verified a release."""
    path = folder / f"{bundle.hash}.json"
    path.write_bytes(bundle.canonical())
    shared.put(ActiveContent(hash=bundle.hash, path=path, release=2))


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[SharedState]:
    store = Store.open(tmp_path / "kiosk.sqlite")
    yield SharedState(store)
    store.close()


@pytest.fixture
def refusals() -> list[tuple[str, str]]:
    return []


@pytest.fixture
def around(tmp_path: Path, shared: SharedState, refusals: list[tuple[str, str]]) -> Surroundings:
    def refused(content: str, why: ContentRefused) -> None:
        refusals.append((content, str(why)))

    return Surroundings(config(tmp_path), ASSETS, shared, dict, on_refused=refused)


def test_a_new_kiosk_shows_what_came_with_the_software(around: Surroundings) -> None:
    world = around.look()
    assert world.content.hash == load_folder(ASSETS).hash
    assert not world.server_reachable
    assert world.out_of_service is None


@pytest.mark.parametrize(("gone_s", "told"), [(20, "c" * 32), (600, None)])
def test_whoever_was_cut_off_a_moment_ago_is_told_for_a_while(
    tmp_path: Path, shared: SharedState, gone_s: float, told: str | None
) -> None:
    now = datetime(2026, 11, 23, 3, 12, tzinfo=UTC)
    around = Surroundings(
        config(tmp_path),
        ASSETS,
        shared,
        dict,
        on_refused=lambda _content, _why: None,
        interruption=Interruption(now - timedelta(seconds=gone_s), case_id="c" * 32),
        clock=lambda: now,
    )
    assert around.look().cut_off_case == told
    now += timedelta(minutes=3)
    assert around.refresh() == (told is not None)
    assert around.look().cut_off_case is None


def test_a_new_release_is_taken_and_noticed_once(
    around: Surroundings, shared: SharedState, tmp_path: Path
) -> None:
    bundle = renamed("完税证明自助打印")
    put_content(shared, tmp_path, bundle)
    assert around.refresh()
    assert around.look().content.hash == bundle.hash
    assert not around.refresh()


def test_a_bad_release_is_refused_by_name_once_and_the_old_one_stays(
    around: Surroundings, shared: SharedState, tmp_path: Path, refusals: list[tuple[str, str]]
) -> None:
    before = around.look().content
    plain = renamed("x").model_dump(mode="json")
    plain["services"][TAX]["definition"]["steps"]["scan"]["then"] = "nowhere"
    bad = ContentBundle.model_validate(plain)
    put_content(shared, tmp_path, bad)
    around.refresh()
    around.refresh()
    assert around.look().content == before
    assert len(refusals) == 1
    assert refusals[0][0] == bad.hash
    assert "undefined_step" in refusals[0][1]
    good = renamed("又好了")
    put_content(shared, tmp_path, good)
    assert around.refresh()
    assert around.look().content.hash == good.hash


def test_the_link_counts_only_while_the_agent_lives(
    around: Surroundings, shared: SharedState
) -> None:
    now = datetime.now(UTC)
    shared.put(LinkState(server_reachable=True, broker_reachable=True, since=now))
    around.refresh()
    assert not around.look().server_reachable
    shared.put(AgentAlive(at=now))
    assert around.refresh()
    assert around.look().server_reachable


def test_departments_and_closing_come_from_the_store(
    around: Surroundings, shared: SharedState
) -> None:
    down = BackendState(status=BackendStatus.DOWN, since=datetime.now(UTC), reason="timeout")
    shared.put(Backends(backends={"tax": down}))
    shared.put(OutOfService(on=True, reason="检修"))
    assert around.refresh()
    assert around.look().backends == {"tax": down}
    assert around.look().out_of_service == "检修"
    shared.put(OutOfService(on=False, reason=""))
    assert around.refresh()
    assert around.look().out_of_service is None


def test_a_slip_leads_to_the_public_page_and_never_to_the_kiosks_own_interface(
    tmp_path: Path, shared: SharedState
) -> None:
    told = config(tmp_path)
    public = "https://banshi.example"
    server = told.server.model_copy(update={"public_url": public})
    told = told.model_copy(update={"server": server})
    world = Surroundings(told, ASSETS, shared, dict, on_refused=lambda *_: None).look()
    assert world.verify_base == public


def test_a_file_from_before_there_was_a_public_address_still_starts(around: Surroundings) -> None:
    assert around.look().verify_base == "https://127.0.0.1:8443"
