"""What a fleet hands out: an image that boots, bundles that the gateway takes, wishes that count up."""

import json
from zlib import crc32

import pytest

from gateway.downlink.store import Store
from scripts.sim import settings
from scripts.sim.fleet import BOARD, FINAL_VERSION, SSID, VERSIONS, Fleet, OrderRefused


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a fleet's files and a gateway that does not run."""
    folder = tmp_path_factory.mktemp("fleet")
    fleet = Fleet(folder, ["box-1"])
    fleet.prepare()
    (folder / "gateway").mkdir()
    known = settings.new_secrets(["box-1"])
    broker, more = fleet.gateway_settings
    settings.write_gateway(
        folder / "gateway" / "gateway.toml", (1, 0), "http://127.0.0.1:1", known, "always", broker, more
    )
    fleet.write_key()
    fleet.image = fleet.furnish(folder)
    fleet.folder = folder
    return fleet


async def test_every_bundle_is_taken_by_the_gateway_and_each_is_another_one(place):
    await place.take_in()
    key = int((place.folder / "gateway" / "fleet.key").read_text(), 16).to_bytes(256, "big")
    bundles = Store(place.folder / "gateway" / "data" / "downlink", key).wishes().bundles
    assert sorted(bundles) == sorted(VERSIONS)
    fillers = [(place.folder / "release" / f"{BOARD}-{version}" / "filler.bin").read_bytes() for version in VERSIONS]
    assert len({crc32(filler) for filler in fillers}) == len(VERSIONS)


async def test_wishes_count_up_and_the_last_good_one_is_known(place):
    await place.take_in()
    assert [
        await place.set("box-1", {"marks": "a=1"}, nature) for nature in ("good", "invalid", "good", "cutting")
    ] == [1, 2, 3, 4]
    assert place.last_good("box-1", "settings") == 3
    assert await place.want("box-1", 2) == 2
    assert await place.want("box-1", 3) == 3
    assert await place.want("box-1", None) == 2
    assert place.last_good("box-1", "firmware") == 2
    assert place.last_good("box-2", "firmware") is None


@pytest.mark.parametrize("words", [("firmware", "want", 99), ("firmware", "add", "/no/such/folder"), ("wash",)])
async def test_what_the_gateway_refuses_is_told(words, place):
    with pytest.raises(OrderRefused):
        await place.order(*words)


def test_the_image_is_as_large_as_the_flash_of_that_board(place):
    assert place.image.stat().st_size == 4 << 20


def test_the_world_of_a_box_has_its_network_in_that_state(place, tmp_path):
    [(name, network)] = place.world("hang")["wifi"]["networks"].items()
    assert (name, network["state"]) == (SSID, "hang")
    assert place.box_settings(tmp_path)["wifi"] == [[SSID, network["password"]]]
    assert json.dumps(place.box_settings(tmp_path))


def test_the_last_version_is_none_that_is_wanted_on_the_way():
    assert max(VERSIONS) == FINAL_VERSION
