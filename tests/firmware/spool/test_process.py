"""The spool on a flash image in a file: the process killed, the power cut, the size of a real backlog."""

import json
import random
import time

import pytest

from tests.firmware.spool.rig import Driver, Ended

EXIT_CUT = 87


def check_after(image, green):
    """Everything that was green is there, bit for bit, and at most one scan more."""
    with Driver(image, blocks=256) as box:
        facts = box("open", limit_bytes=300000)
        assert facts["lost"] == []
        held = box.all_held()
    assert [seq for seq, _ in held] == list(range(facts["first_held"], facts["last_seq"] + 1))
    assert held[: len(green)] == green
    assert len(green) <= facts["last_seq"] <= len(green) + 1
    return held


@pytest.mark.parametrize("seed", range(4))
def test_a_process_that_is_killed_again_and_again_loses_no_green_scan(tmp_path, seed):
    draw = random.Random(seed)
    image, green = tmp_path / "flash.img", []
    for _ in range(5):
        with Driver(image, blocks=256) as box:
            box("open", limit_bytes=300000)
            box.say("fill", count=100000, length=draw.choice([90, 150, 900]))
            wanted = draw.randrange(1, 60)
            while len(box.green) < wanted:
                line = box.process.stdout.readline()
                box.green += [json.loads(line)["green"]]
            time.sleep(draw.random() / 100)
            box.process.kill()
            said = box.process.stdout.readlines()
            box.green += [json.loads(line)["green"] for line in said if line.endswith("\n")]
        green = check_after(image, green + box.green)


@pytest.mark.parametrize("mode", ["nothing", "half", "other_half", "bits", "all"])
def test_a_power_cut_ends_the_process_at_once_and_loses_no_green_scan(tmp_path, mode):
    draw = random.Random(mode)
    image, green = tmp_path / "flash.img", []
    for _ in range(6):
        with Driver(image, blocks=256) as box:
            box("open", limit_bytes=300000)
            box("cut", after=draw.randrange(1, 150), mode=mode)
            with pytest.raises(Ended) as ended:
                box("fill", count=1000, length=draw.choice([90, 150, 900]))
            assert ended.value.returncode == EXIT_CUT
        green = check_after(image, green + box.green)


@pytest.mark.parametrize("after", [1, 2, 5, 9, 14, 20])
def test_a_power_cut_in_the_first_start_leaves_a_flash_that_starts(tmp_path, after):
    image = tmp_path / "flash.img"
    with Driver(image, blocks=256) as box:
        box("cut", after=after, mode="half")
        with pytest.raises(Ended) as ended:
            box("open")
        assert ended.value.returncode == EXIT_CUT
    with Driver(image, blocks=256) as box:
        facts = box("open")
        assert (facts["state"], facts["last_seq"], facts["lost"]) == ("ok", 0, [])


@pytest.mark.slow
def test_twenty_thousand_scans_are_held_opened_and_drained_in_the_memory_of_a_box(tmp_path):
    image = tmp_path / "flash.img"
    with Driver(image, blocks=2048, heap="320K", quick=True) as box:
        empty = box("open")["heap"]
        for _ in range(20):
            box("fill", count=1000, length=110)
    with Driver(image, blocks=2048, heap="320K", quick=True) as box:
        facts = box("open")
        assert facts["waiting"] == 20000
        assert facts["took_ms"] < 5000
        assert facts["heap"] < empty + 16384
        for seq in (1, 9999, 10000, 12345, 20000):
            assert box("read", seq=seq)
        assert box("append", length=3072)[0] == 20001
        count, took_ms, _ = box("drain", leave=0)
        assert count == 20001
        assert count * 1000 / took_ms > 500
