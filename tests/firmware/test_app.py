"""The whole box: from the reader's line to the gateway, and what it shows on the way."""

import asyncio
import json
import os
import signal

import pytest

from firmware.wire import beacon, topics
from scripts.sim.reader import SimReader
from tests.firmware.link.rig import BOX, Broker, Gateway, free_port
from tests.firmware.rig import PASSWORD, Box, crc, gate

CODES = [
    b"084199000001||NGUY\xe1\xbb\x84N V\xc4\x82N A|05081999|Nam|H\xc3\xa0 N\xe1\xbb\x99i|20052021",
    bytes(range(256)),
]


async def test_green_comes_after_the_flash_and_delivered_after_the_ack(tmp_path):
    async with gate(tmp_path) as (_, gateway, reader, box):
        boot = await box.event("boot")
        gateway.acks = False
        for seq, code in enumerate(CODES, 1):
            sent = await reader.show_codes([code])
            green = await box.face("stored", seq=seq)
            assert green["crc"] == crc(code)
            assert green["length"] == len(code)
            assert green["epoch"] == boot["epoch"]
            assert green["at_ms"] >= sent[0].last_byte_ms
            assert 0 <= green["took_ms"] < 5000
        await gateway.until(lambda: len(gateway.scans) == 2)
        assert gateway.scans == {1: CODES[0], 2: CODES[1]}
        assert box.faces("delivered") == []
        gateway.acks = True
        gateway.ack()
        delivered = await box.face("delivered")
        assert (delivered["epoch"], delivered["complete_to"]) == (boot["epoch"], 2)


async def test_the_largest_code_passes_and_a_larger_one_is_refused(tmp_path):
    async with gate(tmp_path, accept={"max_bytes": 2900}) as (_, gateway, reader, box):
        largest = bytes(range(256)) * 11 + b"x" * 84
        await reader.show_codes([largest])
        await box.face("stored", seq=1)
        await reader.show_codes([b"y" * 2901])
        await box.face("too_long")
        await gateway.until(lambda: len(gateway.scans) == 1)
        assert gateway.scans[1] == largest


async def test_the_same_code_within_the_window_is_a_repeat_and_no_scan(tmp_path):
    async with gate(tmp_path, accept={"repeat_window_ms": 60000}) as (_, _gateway, reader, box):
        await reader.show_codes([CODES[0]])
        await box.face("stored")
        await reader.show_codes([CODES[1]])
        await box.face("stored", times=2)
        await reader.show_codes([CODES[0]])
        repeat = await box.face("repeat")
        assert repeat["crc"] == crc(CODES[0])
        assert len(box.faces("stored")) == 2


async def test_the_first_boot_needs_no_broker(tmp_path):
    async with gate(tmp_path, broker_runs=False, link={"no_gateway_after_ms": 500}) as (broker, _, reader, box):
        for seq, code in enumerate(CODES, 1):
            await reader.show_codes([code])
            await box.face("stored", seq=seq)
        await box.face("no_gateway")
        await broker.start()
        gateway = await Gateway(broker.port).ready()
        gateway.beacon()
        await box.face("delivered", complete_to=2)
        assert gateway.scans == {1: CODES[0], 2: CODES[1]}
        await box.face("ready", times=2)
        gateway.close()


async def test_a_kill_loses_nothing_that_was_green_and_numbers_go_on(tmp_path):
    async with gate(tmp_path, broker_runs=False) as (broker, _, reader, box):
        first = await box.event("boot")
        await reader.show_codes([CODES[0]])
        await box.face("stored", seq=1)
        await box.kill()
        await box.start()
        second = await box.event("boot")
        assert second["epoch"] == first["epoch"]
        assert (second["boot"], second["first_held"], second["last_seq"]) == (2, 1, 1)
        await box.event("reader", state="ready")
        await reader.show_codes([CODES[1]])
        await box.face("stored", seq=2)
        await broker.start()
        gateway = await Gateway(broker.port).ready()
        gateway.beacon()
        await box.face("delivered", complete_to=2)
        assert [gateway.records[seq].boot for seq in (1, 2)] == [1, 2]
        gateway.close()


@pytest.mark.parametrize("operations", [1, 2, 5])
async def test_a_power_cut_on_command_ends_the_box_with_87_and_it_comes_back(tmp_path, operations):
    async with gate(tmp_path) as (_, gateway, reader, box):
        await reader.show_codes([CODES[0]])
        await box.face("stored", seq=1)
        box.cut_after(operations)
        while box.process.returncode is None and len(box.faces("stored")) < 20:
            await reader.show_codes([b"code %d" % len(box.faces("stored"))], hold_ms=1500)
        assert await box.ended() == 87
        green = {line["seq"]: line["crc"] for line in box.faces("stored")}
        await box.start()
        boot = await box.event("boot")
        assert boot["last_seq"] >= max(green)
        await gateway.until(lambda: set(green) <= set(gateway.scans))
        assert {seq: crc(gateway.scans[seq]) for seq in green} == green


async def test_a_full_spool_says_so_keeps_the_link_and_goes_on_after_an_ack(tmp_path):
    async with gate(tmp_path, flash={"limit_bytes": 8192}) as (_, gateway, reader, box):
        gateway.acks = False
        for number in range(8):
            await reader.show_codes([b"%d" % number * 2000])
            await box.until(lambda n=number: len(box.faces("stored")) + len(box.faces("spool_full")) > n)
            if box.faces("spool_full"):
                break
        full = await box.face("spool_full")
        assert full["length"] == 2000
        assert len(box.faces("stored")) >= 2
        await gateway.until(lambda: any(seen.get("spool") == "full" for seen in gateway.statuses))
        gateway.acks = True
        gateway.ack()
        await box.face("delivered", complete_to=len(box.faces("stored")))
        stored = len(box.faces("stored"))
        await reader.show_codes([b"after"])
        await box.face("stored", times=stored + 1)


@pytest.mark.parametrize("damaged_blocks", [2, 32, 256])
async def test_a_damaged_image_keeps_the_link_and_answers_for_every_green_scan(tmp_path, damaged_blocks):
    async with gate(tmp_path, broker_runs=False) as (broker, _, reader, box):
        for seq, code in enumerate(CODES, 1):
            await reader.show_codes([code])
            green = await box.face("stored", seq=seq)
        await box.kill()
        image = bytearray(box.flash.read_bytes())
        image[: damaged_blocks * 4096] = os.urandom(damaged_blocks * 4096)
        box.flash.write_bytes(image)
        await broker.start()
        gateway = await Gateway(broker.port).ready()
        await box.start()
        assert (await box.event("boot"))["spool"] in ("rescue", "damaged", "ok")
        await box.event("reader", state="ready")
        gateway.beacon()

        def is_answered_for(seq: int) -> bool:
            declared = [
                lost for lost in gateway.lost if lost.seq in (0, seq) or lost.seq <= seq <= (lost.last_seq or seq)
            ]
            return gateway.kept.get((green["epoch"], seq)) == CODES[seq - 1] or bool(declared)

        await gateway.until(lambda: is_answered_for(1) and is_answered_for(2))
        while not box.faces("stored"):
            await reader.show_codes([b"after the rescue"], hold_ms=1000)
        again = await box.face("stored")
        assert (again["epoch"], again["seq"]) not in [(green["epoch"], 1), (green["epoch"], 2)]
        await gateway.until(lambda: (again["epoch"], again["seq"]) in gateway.kept)
        gateway.close()


async def test_a_reader_that_is_unplugged_is_a_state_and_comes_back(tmp_path):
    async with gate(tmp_path) as (_, gateway, reader, box):
        await reader.show_codes([CODES[0]])
        await box.face("stored", seq=1)
        reader.line.unplug()
        await box.event("reader", state="dead")
        await box.face("reader_fault")
        reader.line.plug()
        await box.event("reader", times=2, state="ready")
        await reader.show_codes([CODES[1]])
        await box.face("stored", seq=2)
        await gateway.until(lambda: len(gateway.scans) == 2)


async def test_a_box_without_a_reader_still_sends_what_it_holds(tmp_path):
    async with gate(tmp_path, broker_runs=False) as (broker, _, reader, box):
        await reader.show_codes([CODES[0]])
        await box.face("stored", seq=1)
        await box.kill()
        reader.line.unplug()
        await box.start()
        await box.event("reader", state="dead")
        await broker.start()
        gateway = await Gateway(broker.port).ready()
        gateway.beacon()
        await box.face("delivered", complete_to=1)
        assert gateway.scans == {1: CODES[0]}
        gateway.close()


async def test_sigterm_ends_it_cleanly_and_says_gone(tmp_path):
    async with gate(tmp_path) as (_, gateway, _reader, box):
        await gateway.until(lambda: bool(gateway.statuses))
        box.process.send_signal(signal.SIGTERM)
        assert await box.ended() == 0
        await gateway.until(lambda: gateway.statuses[-1]["state"] == "gone")
        assert box.lines[-1]["event"] == "stopped"


async def test_a_closed_standard_output_ends_nothing(tmp_path):
    broker = Broker(tmp_path)
    await broker.start()
    gateway = await Gateway(broker.port).ready()
    box = Box(tmp_path, broker.port)
    read_end, write_end = os.pipe()
    try:
        async with SimReader(box.tty) as reader:
            await box.start(stdout=write_end)
            os.close(write_end)
            os.close(read_end)
            async with asyncio.timeout(30):
                while not gateway.scans:
                    await reader.show_codes([CODES[0]])
            await gateway.until(lambda: bool(gateway.scans))
            assert box.process.returncode is None
    finally:
        await box.kill()
        gateway.close()
        await broker.kill()


async def test_an_output_that_nobody_reads_holds_nothing_up_for_long(tmp_path):
    broker = Broker(tmp_path)
    await broker.start()
    gateway = await Gateway(broker.port).ready()
    box = Box(tmp_path, broker.port)
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    try:
        while True:
            os.write(write_end, b"x" * 4096)
    except BlockingIOError:
        os.set_blocking(write_end, True)
    try:
        async with SimReader(box.tty) as reader:
            await box.start(stdout=write_end)
            async with asyncio.timeout(30):
                while not gateway.scans:
                    await reader.show_codes([CODES[0]])
            assert gateway.scans[1] == CODES[0]
    finally:
        await box.kill()
        os.close(write_end)
        os.close(read_end)
        gateway.close()
        await broker.kill()


async def test_time_is_unknown_until_told_and_then_bounded(tmp_path):
    async with gate(tmp_path) as (_, gateway, reader, _box):
        await reader.show_codes([CODES[0]])
        await gateway.until(lambda: 1 in gateway.records)
        assert gateway.records[1].utc_ms is None
        gateway.beacon(mono_ms=77)
        await gateway.until(lambda: bool(gateway.heard))
        heard = beacon.decode_heard(gateway.heard[0])
        assert (heard.box_id, heard.mono_ms, heard.gateway_boot) == (BOX, 77, "00000000000a")
        assert heard.uptime_heard_ms <= heard.uptime_sent_ms
        utc_ms = 1_700_000_000_000
        told = beacon.Time(BOX, heard.epoch, heard.boot, heard.uptime_heard_ms, utc_ms, utc_ms + 20)
        gateway.publish("time", beacon.encode_time(told))
        await gateway.until(lambda: any(seen.get("clock_bound_ms") for seen in gateway.statuses))
        await reader.show_codes([CODES[1]])
        await gateway.until(lambda: 2 in gateway.records)
        scan = gateway.records[2]
        passed_ms = scan.uptime_ms - heard.uptime_heard_ms
        assert abs(scan.utc_ms - (utc_ms + 10 + passed_ms)) <= scan.bound_ms
        assert 10 <= scan.bound_ms <= 20 + passed_ms // 1000


async def test_the_heap_is_that_of_a_board_and_there_is_room_left(tmp_path):
    async with gate(tmp_path) as (_, _gateway, reader, box):
        await reader.show_codes([b"x" * 2900])
        await box.face("stored")
        heap = await box.event("heap", times=2)
        assert heap["limit"] <= 320 * 1024
        assert heap["kept"] <= heap["peak"] < heap["limit"] - 32 * 1024


async def test_a_broker_by_name_is_looked_up_anew_at_each_attempt(tmp_path):
    hosts = tmp_path / "hosts"
    hosts.write_text("# nothing yet\n")
    link = {"hosts_file": str(hosts), "name_server": f"127.0.0.1:{free_port()}", "resolve_ms": 200}
    broker = Broker(tmp_path)
    await broker.start()
    box = Box(tmp_path, broker.port, host="gateway-of-test", link=link)
    try:
        await box.start()
        down = await box.event("link", state="down")
        assert down["reason"].startswith("name_")
        hosts.write_text("127.0.0.1 localhost gateway-of-test\n")
        await box.event("link", state="up")
    finally:
        await box.kill()
        await broker.kill()


@pytest.mark.parametrize(
    "change, named",
    [
        ({"keepalve_s": 5}, "config_unknown: keepalve_s (line"),
        ({"link": {"keepalve_s": 5}}, "config_unknown: link.keepalve_s (line"),
        ({"link": {"keepalive_s": "5"}}, "config_type: link.keepalive_s"),
        ({"link": {"keepalive_s": True}}, "config_type: link.keepalive_s"),
        ({"link": {"port": 65536}}, "config_range: link.port"),
        ({"link": []}, "config_type: link"),
        ({"box_id": "No Such Id"}, "config_form: box_id"),
        ({"box_id": "x"}, "config_range: box_id"),
        ({"box_id": None}, "config_missing: box_id"),
        ({"marks": "dir"}, "config_form: marks"),
        ({"password": 5}, "config_type: password"),
        ({"accept": {"min_bytes": 9, "max_bytes": 8}}, "config_range: accept.min_bytes"),
        ({"flash": {"size_bytes": 1048577}}, "config_range: flash.size_bytes"),
        ({"reader": {"colour": "red"}}, "unknown: colour"),
        ({"reader": {"baud": 1}}, "value: baud"),
    ],
)
async def test_a_wrong_setting_refuses_to_start_and_is_named(tmp_path, change, named):
    box = Box(tmp_path, free_port())
    box.config.write_text(json.dumps({"box_id": BOX, "password": PASSWORD, **change}, indent=1))
    await box.start()
    assert await box.ended() == 78
    assert named in box.errors
    assert PASSWORD not in box.errors
    assert not box.flash.exists()


async def test_a_flash_image_of_another_size_is_refused_and_not_touched(tmp_path):
    box = Box(tmp_path, free_port())
    box.flash.write_bytes(b"something else")
    await box.start()
    assert await box.ended() == 78
    assert box.lines[-1]["code"] == "image_size"
    assert box.flash.read_bytes() == b"something else"


async def test_the_password_is_shown_nowhere(tmp_path):
    async with gate(tmp_path) as (_, gateway, _reader, box):
        await gateway.until(lambda: bool(gateway.statuses))
        assert PASSWORD not in json.dumps(box.lines)
        assert PASSWORD not in json.dumps(gateway.statuses)
        assert PASSWORD.encode() not in (await asyncio.to_thread(_command_line, box.process.pid))


def _command_line(pid: int) -> bytes:
    with open(f"/proc/{pid}/cmdline", "rb") as file:
        return file.read()


def test_topics_are_those_of_the_specification():
    assert topics.scan(BOX) == "tram/1/box/box-1/scan"
