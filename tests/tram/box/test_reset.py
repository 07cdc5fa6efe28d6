"""A box is made a new one over the cable, and nothing that it still held is lost: a real box, a real gateway."""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest

from firmware.wire import record
from scripts.tram.gateways import save
from tests.firmware.link.rig import BOX
from tests.firmware.settings.boxes import place
from tests.gateway.tech.station import Station
from tests.tram.box.cable import Cable
from tests.tram.box.calling import Tram

CODES = [b"084199012345||Nguyen Van A|05081999|Nam|Ha Noi|01012022", b"\xff\x00" * 1200, b"x" * 300]
PASSPHRASE = "mot cau rat dai de nho"


@pytest.fixture
def station(tmp_path):
    made = Station(tmp_path / "station", boxes=(BOX,)).start()
    yield made
    made.stop()


@asynccontextmanager
async def unsent_box(folder, cable):
    """A box on the cable that holds CODES: its own gateway acknowledges nothing."""
    (folder / "world.json").write_text("{}")
    test = {"console": cable.box_end, "world": str(folder / "world.json"), "control": str(folder / "cut")}
    async with place(folder, test=test) as there:
        there.gateway.acks = False
        for number, code in enumerate(CODES, 1):
            await there.reader.show_codes([code])
            await there.box.face("stored", seq=number)
        yield there


def laptop(tmp_path, station=None, monkeypatch=None) -> Tram:
    tram = Tram(tmp_path / "home", tmp_path)
    if station is not None:
        monkeypatch.setenv("TRAM_HOME", str(tram.home))
        save(station.card())
    return tram


async def test_what_is_unsent_goes_to_the_gateway_before_the_box_is_wiped(tmp_path, station, monkeypatch):
    with Cable() as cable:
        async with unsent_box(tmp_path, cable) as there:
            tram = laptop(tmp_path, station, monkeypatch)
            said = await asyncio.to_thread(tram, "box", "reset", "--port", cable.laptop_end, "--yes", "--json")
            assert (said.code, said.end["wiped"], said.end["delivered"]) == (0, True, 3), said
            shown = said.event("unsent")
            assert (shown["waiting"], sum(shown["kinds"].values())) == (3, 3)
            await there.box.event("wipe", state="done")
    kept = {record.decode(one).seq: record.decode(one).code for one in station.gateway.records()}
    assert kept == dict(enumerate(CODES, 1))
    for code in CODES:
        assert code.decode("latin-1")[:20] not in said.out + said.err
    assert list(tmp_path.glob("*.tramsafe")) == []


async def test_without_a_gateway_it_goes_into_a_file_that_only_the_passphrase_opens(tmp_path, station, monkeypatch):
    with Cable() as cable:
        async with unsent_box(tmp_path, cable) as there:
            tram = laptop(tmp_path)
            words = ("box", "reset", "--port", cable.laptop_end, "--yes", "--json")
            short = await asyncio.to_thread(tram, *words, given="too short\n")
            assert (short.code, short.end["error"]["code"]) == (2, "passphrase_short")
            said = await asyncio.to_thread(tram, *words, given=PASSPHRASE + "\n")
            assert (said.code, said.end["saved"], said.end["delivered"]) == (0, 3, 0), said
            await there.box.event("wipe", state="done")
    file = tmp_path / said.end["file"]
    content = file.read_bytes()
    assert content.startswith(b"TRAMSAFE 1 " + BOX.encode() + b" 3 ")
    assert all(code not in content for code in CODES)
    tram = laptop(tmp_path, station, monkeypatch)
    wrong = await asyncio.to_thread(tram, "box", "deliver", file, "--json", given="not the passphrase\n")
    assert (wrong.code, wrong.end["error"]["code"]) == (4, "passphrase_wrong")
    for stored, duplicates in ((3, 0), (0, 3)):  # brought twice it is the same once
        said = await asyncio.to_thread(tram, "box", "deliver", file, "--json", given=PASSPHRASE + "\n")
        assert (said.code, said.end["stored"], said.end["duplicates"]) == (0, stored, duplicates), said
    assert {record.decode(one).code for one in station.gateway.records()} == set(CODES)


async def test_a_box_on_a_cable_is_listed_blinks_and_tells_its_log_and_settings(tmp_path):
    with Cable() as cable:
        async with unsent_box(tmp_path, cable) as there:
            tram = laptop(tmp_path)
            (tram.home / "ports.json").write_text(json.dumps([{"device": cable.laptop_end, "kind": "esp"}]))

            async def call(*words):
                said = await asyncio.to_thread(tram, "box", *words, "--json")
                assert said.code == 0, said
                return said.end

            (one,) = (await call("list"))["boxes"]
            assert (one["box"], one["program"], one["port"]) == (BOX, "box", cable.laptop_end)
            assert (await call("identify", "--seconds", "1"))["box"] == BOX
            await there.box.face("identify")
            assert " boot " in (await call("logs"))["log"][0]
            found = await call("settings", "get")
            assert (found["box"], found["settings"]["password"]) == (BOX, "***")


async def test_nobody_wipes_by_accident(tmp_path):
    with Cable() as cable:
        async with unsent_box(tmp_path, cable) as there:
            tram = laptop(tmp_path)
            before = there.box.flash.read_bytes()
            words = ("box", "reset", "--port", cable.laptop_end)
            asked = await asyncio.to_thread(tram, *words, given=PASSPHRASE + "\n")  # nobody there to say yes
            assert (asked.code, "--yes" in asked.err) == (2, True)
            other = await asyncio.to_thread(tram, "box", "reset", "box-other", *words[2:], "--yes", "--json")
            assert (other.code, other.end["error"]["code"]) == (5, "other_box")
            kept = next(tmp_path.glob("*.tramsafe"))
            again = await asyncio.to_thread(
                tram, *words, "--save", kept.name, "--yes", "--json", given=PASSPHRASE + "\n"
            )
            assert (again.code, again.end["error"]["code"], again.end["error"]["file"]) == (5, "safe_there", kept.name)
            assert there.box.flash.read_bytes() == before
            lost = await asyncio.to_thread(tram, *words, "--lose", "--yes", "--json")
            assert (lost.code, lost.end["wiped"], lost.end["saved"]) == (0, True, 0)
            await there.box.event("wipe", state="done")
    assert json.loads(there.box.config.read_text())  # the box's own settings of the test: it could start anew
