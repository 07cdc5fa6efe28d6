"""What a technician asks a box that has no place yet: above all why it does not get to its gateway."""

import asyncio
import json

import pytest

from scripts.sim.reader import SimReader
from tests.firmware.console.asking import Laptop
from tests.firmware.link.rig import BOX, Broker
from tests.firmware.provision.rig import WIFI_PASSWORD, code_for, workshop
from tests.firmware.rig import PASSWORD
from tests.firmware.settings.boxes import SystemBox

SSID = "Chợ Mới"


@pytest.fixture
def laptop():
    there = Laptop()
    yield there
    there.line.close()


async def test_a_new_box_answers_every_word_of_its_own_and_has_nothing_to_lose(tmp_path, laptop):
    async with workshop(tmp_path, console=laptop.line.path) as (box, _, _gateway, _key):
        await box.start()
        await box.event("reader", state="ready")
        hello = await laptop.meet()
        assert (hello["program"], hello["provisioned"]) == ("newcomer", False)
        said = {
            word: await laptop.ask(word) for word in hello["words"] if word not in ("hello", "wipe", "wifi", "reboot")
        }
        assert (said["status"]["reader"], said["status"]["busy"]) == ("ready", False)
        assert said["self_test"]["wrong"] == []
        assert said["unsent"] == {"state": "blank", "waiting": 0}
        assert said["link"] == {"state": "down"}
        assert said["reader"]["model"] == "gm861"
        await box.face("identify")
        assert await laptop.refusal(laptop.ask, "wifi") == {"code": "not_here"}  # this world knows no Wi-Fi
        assert await laptop.refusal(laptop.wipe, "box-000001", 1) == {"code": "unsent_differs", "waiting": 0}


@pytest.mark.parametrize(
    "network, reason",
    [
        ({"password": "another-password"}, "wrong_password"),
        ({"password": WIFI_PASSWORD, "state": "away"}, "no_ap"),
        ({"password": WIFI_PASSWORD, "state": "no_dhcp"}, "no_address"),
    ],
)
async def test_a_wrong_password_no_network_and_no_address_are_told_apart(tmp_path, laptop, network, reason):
    async with workshop(tmp_path, console=laptop.line.path) as (box, _, gateway, key):
        box.set_world(wifi={"networks": {SSID: {"rssi": -70, **network}, "khác": {}}, "faster": 60})
        await box.start()
        await laptop.meet()
        code = code_for(box, key, gateway, wifi=[[SSID, WIFI_PASSWORD]])
        assert await asyncio.to_thread(laptop.console.type_code, code) == "taken"
        await box.event("wifi", state="down", reason=reason, limit_s=60)
        told = await laptop.ask("wifi", timeout_s=60, scan=True)
        assert told["networks"] == [{"ssid": SSID, "in_use": False, "reason": reason}]
        assert {one["ssid"] for one in told["seen"]} == {"khác", SSID} - ({SSID} if reason == "no_ap" else set())
        link = await laptop.ask("link")
        assert (link["host"], link["gateway"], link["state"]) == ("127.0.0.1", "gw-1", "down")
        assert WIFI_PASSWORD.encode() not in laptop.line.heard
        assert code not in laptop.line.heard


async def test_why_enrolment_fails_is_told_by_its_code(tmp_path, laptop):
    async with workshop(tmp_path, console=laptop.line.path) as (box, _, gateway, key):
        await gateway.stop()
        await box.start()
        await laptop.meet()
        assert await asyncio.to_thread(laptop.console.type_code, b"TRAM1:no.code") == "form"
        await asyncio.to_thread(laptop.console.type_code, code_for(box, key, gateway))
        failed = await box.event("enrol", state="failed")
        assert (await laptop.ask("link"))["reason"] == (await laptop.ask("status"))["enrol"] == failed["code"]
        assert (await laptop.ask("status"))["busy"] is True


async def scanning_box(folder, broker, laptop, **settings) -> SystemBox:
    box = SystemBox(folder, broker.port, test={"console": laptop.line.path}, **settings)
    await box.start()
    await box.event("reader", state="ready")
    return box


async def test_what_the_box_held_before_it_lost_its_place_is_counted_read_and_only_then_wiped(tmp_path, laptop):
    broker = Broker(tmp_path)
    async with SimReader(tmp_path / "tty") as reader:
        box = await scanning_box(tmp_path, broker, laptop)
        codes = [b"code %d " % number * 99 for number in range(11)]
        await reader.show_codes(codes, hold_ms=20000)
        await box.face("stored", times=11)
        await box.kill()
        config = json.loads(box.config.read_text())
        del config["password"]
        box.config.write_text(json.dumps(config))
        await box.start()
        assert (await laptop.meet())["program"] == "newcomer"
        told = await laptop.ask("unsent")
        assert (told["state"], told["waiting"], told["first"], told["last"]) == ("closed", 11, 1, 11)
        found = await laptop.records()
        assert [(one.seq, codes[one.seq - 1] in one.data) for one in found] == [(seq, True) for seq in range(1, 12)]
        assert await laptop.refusal(laptop.wipe, BOX, 0) == {"code": "unsent_differs", "waiting": 11}
        await laptop.wipe(BOX, 11)
        await box.event("wipe", state="done")
        await laptop.meet()
        assert await laptop.ask("unsent") == {"state": "blank", "waiting": 0}
        await box.kill()
        assert set(box.flash.read_bytes()) == {0xFF}


async def test_a_spool_that_is_damaged_is_counted_as_far_as_it_can_be_read_and_wiped_by_that_number(tmp_path, laptop):
    broker = Broker(tmp_path)
    async with SimReader(tmp_path / "tty") as reader:
        box = await scanning_box(tmp_path, broker, laptop)
        await reader.show_codes([b"somebody", b"and another"])
        await box.face("stored", times=2)
        await box.kill()
        image = bytearray(box.flash.read_bytes())
        image[: 2 * 4096] = b"\x00" * (2 * 4096)
        box.flash.write_bytes(image)
        config = json.loads(box.config.read_text())
        del config["password"]
        box.config.write_text(json.dumps(config))
        await box.start()
        await laptop.meet()
        told = await laptop.ask("unsent")
        assert (told["state"], told["waiting"]) == ("rescue", 2)
        assert {record.seq for record in await laptop.records()} == {1, 2}
        assert await laptop.refusal(laptop.wipe, BOX, 0) == {"code": "unsent_differs", "waiting": 2}
        await laptop.wipe(BOX, 2)
        await box.event("wipe", state="done")
        await box.kill()
        assert PASSWORD.encode() not in box.system.read_bytes()
        assert set(box.flash.read_bytes()) == {0xFF}


async def test_a_spool_of_another_box_has_no_number_and_is_wiped_only_by_who_says_that_he_knows(tmp_path, laptop):
    broker = Broker(tmp_path)
    async with SimReader(tmp_path / "tty") as reader:
        box = await scanning_box(tmp_path, broker, laptop)
        await reader.show_codes([b"somebody"])
        await box.face("stored")
        await box.kill()
        config = json.loads(box.config.read_text())
        del config["password"]
        box.config.write_text(json.dumps({**config, "box_id": "box-other"}))
        before = box.flash.read_bytes()
        await box.start()
        await laptop.meet()
        assert await laptop.ask("unsent") == {"state": "unreadable", "waiting": None}
        assert await laptop.refusal(laptop.wipe, "box-other", 0) == {"code": "unsent_differs", "waiting": -1}
        assert box.flash.read_bytes() == before
        await laptop.wipe("box-other", None)
        await box.event("wipe", state="done")
        await box.kill()
        assert set(box.flash.read_bytes()) == {0xFF}
