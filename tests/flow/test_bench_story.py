"""From a bare board to a box that scans at its place, by `tram` alone: what a technician does, in the same order."""

import zxingcpp
from PIL import Image

from scripts.tram import exits
from tests.tram.training import Sim, Terminal

CUT_AT_BYTES = 400_000


def test_a_bare_board_becomes_a_box_at_its_place_with_a_pulled_cable_on_the_way(tmp_path):
    practice = tmp_path / "home" / "practice"
    key = Terminal(tmp_path / "home").tram("keys", "make", practice / "fleet.pem", "--no-passphrase", "--yes")
    bench = Terminal(practice)
    with Sim(tmp_path / "home", "place", "--board", "esp32c3") as sim:
        bench.tram("box", "gateways", "add", sim.facts["url"], typed=sim.facts["access"] + "\n")
        box = flashed_at_the_second_try(bench, sim)
        code = made_code(bench, sim, tmp_path, key)
        sim.type(f"@{code}")
        assert sim.says(event="enrolled")["said"]["box_id"] == box
        sim.says(event="link", state="up")
        sim.says(face="ready")
        for visitor in ("first visitor", "second visitor"):
            since = len(sim.events)
            sim.type(visitor)
            sim.says(since=since, face="stored", length=len(visitor))
        sim.says(face="delivered", complete_to=2)
        told = bench.tram("doctor")
        assert [one["key"] for one in told["findings"] if one["level"] == "bad"] == []
        keys = {one["key"] for one in told["findings"]}
        assert {"program_box", "reader_ready", "spool_ok", "wifi_up", "gateway_up", "enrolled"} <= keys
        [listed] = bench.tram("box", "list")["boxes"]
        assert (listed["box"], listed["gate"], listed["waiting"]) == (box, "cong-1", 0)
        assert listed["port"] == sim.until(lambda one: one.get("mode") == "app")["device"]


def flashed_at_the_second_try(bench, sim):
    """The cable is pulled, and put back elsewhere; what is half-written is not called done. -> the box's id"""
    sim.type(f"/fault cut {CUT_AT_BYTES}")
    assert bench.tram("flash", code=exits.CUT)["ok"] is False
    sim.until(lambda one: one.get("mode") == "off")
    assert bench.tram("flash", code=exits.NO_DEVICE)["error"]["code"] == "no_port"
    since = len(sim.events)
    sim.type("/plug elsewhere")
    sim.until(lambda one: one.get("mode") == "blank", since=since)
    done = bench.tram("flash")
    assert done["wrong"] == []
    assert done["written_bytes"] > 0
    assert done["label"].endswith(f"{done['box']}.pdf")
    assert done["chip_id"].replace(":", "") in done["box"]
    return done["box"]


def made_code(bench, sim, folder, key):
    """A set-up code as a picture, read as a reader would. -> the file with what it says"""
    picture = folder / "code.png"
    wifi = sim.facts["wifi"]
    made = bench.tram("provision", "code", "--gate", "cong-1", "--wifi-file", wifi, "--out", picture)
    assert made["codes"][0]["gate"] == "cong-1"
    assert key["fleet"]
    [read] = zxingcpp.read_barcodes(Image.open(picture), formats=zxingcpp.BarcodeFormat.QRCode)
    code = folder / "code.txt"
    code.write_bytes(read.bytes)
    return code
