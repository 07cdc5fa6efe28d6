"""What happens to a code on the whole box: taken, refused by its kind, or meant for the box itself."""

import json

from firmware.gate.control import make
from tests.firmware.rig import crc, gate

CARD = "084301012345||TRẦN THỊ MẪU|05082001|Nữ|Ấp Chợ, Xã Mẫu|20052021".encode()
PAYMENT = b"00020101021138570010A00000072701270006970403011300110123456780208QRIBFTTA53037045802VN63049E6F"
POSTER = b"https://tokhaiyte.vn/?page=Group.checkin&groupId=0123456789abcdef01234567"
KEY = "00112233445566778899aabbccddeeff"
GATE = {"gate": "cong-1", "place": "cho-mau", "direction": "in", "control_key": KEY, "toggle_s": 10}


async def test_a_payment_code_is_refused_by_its_kind_counted_and_neither_kept_nor_sent(tmp_path):
    async with gate(tmp_path) as (_, gateway, reader, box):
        await reader.show_codes([PAYMENT])
        refused = await box.face("wrong_kind")
        assert (refused["kind"], refused["crc"], refused["length"]) == ("vietqr", crc(PAYMENT), len(PAYMENT))
        await reader.show_codes([POSTER])
        assert (await box.face("wrong_kind", kind="place"))["crc"] == crc(POSTER)
        await reader.show_codes([CARD])
        await box.face("stored", seq=1)
        await gateway.until(lambda: any("refused_vietqr" in seen.get("counters", {}) for seen in gateway.statuses))
        await gateway.until(lambda: gateway.statuses[-1]["counters"].get("accepted_citizen_card_2021") == 1)
        counters = gateway.statuses[-1]["counters"]
        assert (counters["refused_vietqr"], counters["refused_place"]) == (1, 1)
        assert gateway.scans == {1: CARD}
        for code in (PAYMENT, POSTER):
            assert code not in box.flash.read_bytes()
            assert code.decode() not in json.dumps(box.lines) + json.dumps(gateway.statuses)


async def test_somebody_gets_a_sign_before_the_flash_is_touched_and_it_is_not_green(tmp_path):
    async with gate(tmp_path, test={"control": str(tmp_path / "cut"), "erase_ms": 400}) as (_, _gateway, reader, box):
        await reader.show_codes([CARD])
        stored = await box.face("stored", seq=1)
        seen = await box.face("seen")
        assert box.lines.index(seen) < box.lines.index(stored)
        assert seen["at_ms"] <= stored["at_ms"]


async def test_a_gate_takes_only_the_kinds_that_are_set(tmp_path):
    async with gate(tmp_path, kinds={"take": ["citizen_card_2021"]}) as (_, gateway, reader, box):
        await reader.show_codes([b"a token of some sort"])
        await box.face("wrong_kind", kind="other")
        await reader.show_codes([CARD])
        await box.face("stored", seq=1)
        await gateway.until(lambda: gateway.scans == {1: CARD})


async def test_a_control_code_turns_the_gate_and_the_records_say_so_and_it_comes_back_by_itself(tmp_path):
    async with gate(tmp_path, gate=GATE) as (_, gateway, reader, box):
        await reader.show_codes([CARD])
        await box.face("stored", seq=1)
        await reader.show_codes([make(KEY, "out").encode()])
        await box.face("direction", direction="out")
        await reader.show_codes([b"somebody who leaves"])
        await box.face("stored", seq=2)
        await box.face("direction", direction="in", limit_s=20)
        await reader.show_codes([b"somebody who comes"])
        await box.face("stored", seq=3)
        await gateway.until(lambda: len(gateway.records) == 3)
        assert [gateway.records[seq].marks for seq in (1, 2, 3)] == [
            "dir=in,gate=cong-1,place=cho-mau",
            "dir=out,gate=cong-1,place=cho-mau",
            "dir=in,gate=cong-1,place=cho-mau",
        ]


async def test_a_forged_control_code_is_refused_and_nothing_of_it_is_kept(tmp_path):
    forged = make("ff" * 16, "out").encode()
    async with gate(tmp_path, gate=GATE) as (_, gateway, reader, box):
        await reader.show_codes([forged])
        assert (await box.face("wrong_kind", kind="control"))["reason"] == "tag"
        await reader.show_codes([CARD])
        await box.face("stored", seq=1)
        await gateway.until(lambda: 1 in gateway.records)
        assert gateway.records[1].marks.startswith("dir=in,")
        assert box.faces("direction") == []
        assert forged[-32:].decode() not in json.dumps(box.lines) + json.dumps(gateway.statuses)


async def test_a_set_up_code_is_no_scan_and_is_told_so(tmp_path):
    async with gate(tmp_path) as (_, gateway, reader, box):
        await reader.show_codes([b"TRAM1:eyJ2IjoxfQ.AAAA"])
        await box.face("provision_refused")
        await reader.show_codes([CARD])
        await box.face("stored", seq=1)
        await gateway.until(lambda: gateway.scans == {1: CARD})
