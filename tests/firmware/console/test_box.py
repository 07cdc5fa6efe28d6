"""What a technician asks a box at its console: a whole box, which goes on with its work meanwhile."""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest

from firmware.wire.record import decode
from tests.firmware.console.asking import Laptop
from tests.firmware.link.rig import BOX
from tests.firmware.rig import PASSWORD
from tests.firmware.settings.boxes import place

SSID, WIFI_PASSWORD = "Chợ Bến Thành", "mat-khau-wifi-bi-mat"
CONTROL_KEY = "0123456789abcdef0123456789abcdef"
NETWORKS = {SSID: {"password": WIFI_PASSWORD, "rssi": -48}, "Nhà bên": {"rssi": -81}}


@asynccontextmanager
async def bench(folder, **settings):
    """A box at its place, and a laptop on its console."""
    laptop = Laptop()
    (folder / "world.json").write_text(json.dumps({"wifi": {"networks": NETWORKS}}))
    test = {"console": laptop.line.path, "world": str(folder / "world.json"), "control": str(folder / "cut")}
    settings = {"wifi": [[SSID, WIFI_PASSWORD]], "gate": {"control_key": CONTROL_KEY}, "test": test, **settings}
    try:
        async with place(folder, **settings) as there:
            yield there, laptop
    finally:
        laptop.line.close()


async def test_every_word_is_answered_by_a_box_that_scans_and_no_secret_is_in_any_answer(tmp_path):
    async with bench(tmp_path) as (there, laptop):
        hello = await laptop.meet()
        assert (hello["program"], hello["box_id"], hello["board"], hello["provisioned"]) == ("box", BOX, "linux", True)
        assert hello["firmware"] == {"version": 1, "name": "test"}
        said = {word: await laptop.ask(word) for word in hello["words"] if word not in ("hello", "wipe", "reboot")}
        mqtt = await there.status(reader="ready")
        told = said["status"]
        assert set(mqtt) - {"session", "state", "retained", "temperature_c", "heap_block", "boot"} <= set(told)
        assert (told["epoch"], told["reader_model"], told["wifi"]["ssid"]) == (mqtt["epoch"], "gm861", SSID)
        assert said["self_test"]["wrong"] == [] or said["self_test"]["wrong"] == ["clock"]
        assert said["self_test"]["reader_test"]["answered"] is True
        assert said["wifi"]["networks"] == [{"ssid": SSID, "in_use": True}]
        assert (said["wifi"]["state"], said["wifi"]["rssi"], said["wifi"]["address"]) == ("up", -60, "192.0.2.77")
        assert (said["link"]["state"], said["link"]["tls"]) == ("up", False)
        assert said["reader"]["wanted"]["baud"] == said["reader"]["baud"] == 115200
        assert said["firmware"]["running"] == "a"
        assert set(said["firmware"]["slots"]) == {"a", "s"}
        assert said["settings"]["link"]["host"] == "127.0.0.1"
        assert said["settings"]["wifi"] == [[SSID, "***"]]
        assert (said["settings"]["password"], said["settings"]["gate"]["control_key"]) == ("***", "***")
        assert [line.split(" ")[3] for line in said["log"]["log"]][-1] == "boot"
        assert said["unsent"] == {
            "epoch": mqtt["epoch"], "state": "ok", "waiting": 0, "first": 1, "last": 0, "lost": 0, "oldest_s": 0,
        }  # fmt: skip
        await there.box.face("identify")
        for secret in (PASSWORD, WIFI_PASSWORD, CONTROL_KEY):
            assert secret.encode() not in laptop.line.heard
        heap = await there.box.event("heap", times=2)
        assert heap["kept"] < heap["limit"] - 64 * 1024


async def test_networks_in_the_air_are_told_with_their_strength_and_a_person_at_the_gate_comes_first(tmp_path):
    async with bench(tmp_path) as (there, laptop):
        await there.reader.show_codes([b"somebody"])
        await there.box.face("stored")
        asked_ms = (await laptop.ask("hello"))["uptime_ms"]
        seen = (await laptop.ask("wifi", timeout_s=40, scan=True))["seen"]
        assert [(one["ssid"], one["rssi"], one["channel"]) for one in seen] == [(SSID, -48, 6), ("Nhà bên", -81, 6)]
        assert (await laptop.ask("hello"))["uptime_ms"] - asked_ms > 1500  # it has waited until the gate was quiet


BAD = [
    (b"tram", b"-> form"),
    (b"TRAM1:abc.def", b"-> form"),
]
BAD_QUESTIONS = [
    (b"tram a", {"ok": False, "code": "form"}, b"-"),
    (b"tram  hello", {"ok": False, "code": "form"}, b"-"),
    (b"tram A hello", {"ok": False, "code": "form"}, b"-"),
    (b"tram 123456789 hello", {"ok": False, "code": "form"}, b"-"),
    (b"tram a\xc3\xa9 hello", {"ok": False, "code": "form"}, b"-"),
    (b"tram a h\xff", {"ok": False, "code": "form"}, b"a"),
    (b"tram a hallo", {"ok": False, "code": "unknown_word"}, b"a"),
    (b"tram a WORDS", {"ok": False, "code": "unknown_word"}, b"a"),
    (b"tram a __name__", {"ok": False, "code": "unknown_word"}, b"a"),
    (b"tram a parts", {"ok": False, "code": "unknown_word"}, b"a"),
    (b"tram a hello {", {"ok": False, "code": "argument_form"}, b"a"),
    (b"tram a hello []", {"ok": False, "code": "argument_form"}, b"a"),
    (b"tram a hello " + b'{"a":' * 150, {"ok": False, "code": "argument_form"}, b"a"),
    (b'tram a hello {"x": 1}', {"ok": False, "code": "argument_unknown", "key": "x"}, b"a"),
    (b'tram a log {"lines": 0}', {"ok": False, "code": "argument_range", "key": "lines"}, b"a"),
    (b'tram a log {"lines": "9"}', {"ok": False, "code": "argument_type", "key": "lines"}, b"a"),
    (b'tram a log {"lines": true}', {"ok": False, "code": "argument_type", "key": "lines"}, b"a"),
    (b'tram a wifi {"scan": 1}', {"ok": False, "code": "argument_type", "key": "scan"}, b"a"),
    (b'tram a unsent {"after": 4294967296}', {"ok": False, "code": "argument_range", "key": "after"}, b"a"),
    (b"tram a wipe", {"ok": False, "code": "argument_missing"}, b"a"),
    (b'tram a wipe {"box": "box-1"}', {"ok": False, "code": "argument_missing", "key": "unsent"}, b"a"),
    (b'tram a wipe {"box": "box-1", "unsent": null}', {"ok": False, "code": "argument_missing"}, b"a"),
    (b'tram a wipe {"box": "box-2", "unsent": 0}', {"ok": False, "code": "other_box"}, b"a"),
    (b'tram a wipe {"box": "box-1", "unsent": 7}', {"ok": False, "code": "unsent_differs", "waiting": 0}, b"a"),
]


async def test_a_question_that_is_not_in_its_form_is_refused_by_name_and_changes_nothing(tmp_path):
    async with bench(tmp_path) as (there, laptop):
        await laptop.meet()
        before = [path.read_bytes() for path in (there.box.system, there.box.flash)]
        for line, refusal, name in BAD_QUESTIONS:
            head, _, end = (await laptop.typed(line)).partition(b" end ")
            assert head == b"tram " + name, line
            assert refusal.items() <= json.loads(end).items(), line
        good = await laptop.typed(b'\r\n \r\ntram 1 unsent { "most" : 3 } \r')
        assert json.loads(good.partition(b" end ")[2])["ok"] is True
        assert [path.read_bytes() for path in (there.box.system, there.box.flash)] == before
        for line, verdict in BAD:
            laptop.line.write(line + b"\r\n")
            while verdict not in laptop.line.heard:
                laptop.line.read(4096)
                await asyncio.sleep(0.01)


async def test_what_is_unsent_comes_out_bit_for_bit_while_people_go_on_scanning(tmp_path):
    codes = [bytes(range(256)), b"084199012345||someone|05081999", b"\xff" * 3000, "Nguyễn Văn Ạ".encode(), b"x" * 385]
    async with bench(tmp_path) as (there, laptop):
        there.gateway.acks = False
        for code in codes:
            await there.reader.show_codes([code])
        await there.box.face("stored", times=len(codes))
        reading = asyncio.create_task(laptop.records())
        await there.reader.show_codes([b"meanwhile"])
        late = await there.box.face("stored", seq=len(codes) + 1)
        assert late["took_ms"] < 1500
        found = await reading
        assert [decode(one.data).code for one in found][: len(codes)] == codes
        assert [one.seq for one in found] == list(range(1, len(found) + 1))
        assert (await laptop.ask("unsent"))["waiting"] == len(codes) + 1
        there.gateway.acks = True
        there.gateway.ack()
        await there.gateway.until(lambda: len(there.gateway.scans) == len(codes) + 1)
        for one in found:
            assert there.gateway.scans[one.seq] == decode(one.data).code
        await there.box.face("delivered", complete_to=len(codes) + 1)
        assert await laptop.records() == []


async def test_nobody_wipes_a_box_by_accident_and_one_that_is_wiped_keeps_nothing(tmp_path):
    async with bench(tmp_path) as (there, laptop):
        there.gateway.acks = False
        await there.reader.show_codes([b"084199012345||someone|05081999"])
        await there.box.face("stored", seq=1)
        shown = (await laptop.ask("unsent"))["waiting"]
        await there.reader.show_codes([b"and somebody else"])
        await there.box.face("stored", seq=2)
        refused = await laptop.refusal(laptop.wipe, BOX, shown)
        assert refused == {"code": "unsent_differs", "waiting": 2}
        assert await laptop.refusal(laptop.wipe, "box-2", 2) == {"code": "other_box"}
        assert len(await laptop.records()) == 2
        await laptop.wipe(BOX, 2)
        await there.box.event("wipe", state="done")
        again = await laptop.meet()
        assert again["reset_cause"] == "soft"
        told = await laptop.ask("unsent")
        assert (told["waiting"], told["last"]) == (0, 0)
        await there.box.kill()
        for place_of_secrets in (there.box.system, there.box.flash):
            image = place_of_secrets.read_bytes()
            for secret in (b"084199012345", b"and somebody else"):
                assert secret not in image


@pytest.mark.parametrize("cut", ["12", "system 3", "system 60"])
async def test_a_wipe_that_is_cut_off_is_finished_at_the_next_start(tmp_path, cut):
    async with bench(tmp_path) as (there, laptop):
        there.gateway.acks = False
        codes = [b"code %d " % number + b"y" * 900 for number in range(9)]
        await there.reader.show_codes(codes, hold_ms=20000)
        await there.box.face("stored", times=9)
        config = json.loads(there.box.config.read_text())
        where, _, number = cut.rpartition(" ")
        name = "system_cut_after_ops" if where else "cut_after_ops"
        cutting = {**config, "test": {**config["test"], name: int(number)}}
        there.box.config.write_text(json.dumps(cutting))  # read at the next start: that of the wiping
        await laptop.wipe(BOX, 9)
        assert await there.box.ended() == 87
        assert "wipe" not in [line.get("event") for line in there.box.lines]
        there.box.config.write_text(json.dumps(config))
        await there.box.start()
        await there.box.event("wipe", state="done")
        assert (await laptop.meet())["program"] == "box"
        assert (await laptop.ask("unsent"))["waiting"] == 0
        assert b"yyyyyyyyyyyyyyyy" not in there.box.flash.read_bytes()
