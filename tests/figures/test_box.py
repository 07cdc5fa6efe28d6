"""The parts of the box's figures that run on the interpreter, in small."""

import asyncio

import pytest

from scripts.figures import box
from scripts.figures.box_gate import ESP32, Flash, Gate


def test_a_chips_latencies_are_felt_by_every_append(tmp_path):
    slow = box.fill(tmp_path / "slow.img", 20, Flash("slow", 0, 5_000))
    assert slow["spool"]["p50_us"] >= 5_000
    assert slow["plain"]["p50_us"] >= 5_000


def test_an_image_keeps_the_scans_that_were_put_in(tmp_path):
    said = box.fill(tmp_path / "flash.img", 50)
    assert (tmp_path / "flash.img").stat().st_size == box.IMAGE_BYTES
    assert said["spool"]["erases"] < said["plain"]["erases"]


def test_an_image_of_another_size_is_refused_by_name(tmp_path):
    (tmp_path / "flash.img").write_bytes(b"\xff" * 4096)
    with pytest.raises(RuntimeError, match="image_size"):
        box.fill(tmp_path / "flash.img", 10)


def test_at_a_gate_with_a_slow_flash_every_code_gets_its_sign_and_its_light(tmp_path):
    async def day():
        async with Gate(tmp_path / "gate", ESP32) as gate:
            return await gate.visit(4, 2.0), await gate.account()

    run, report = asyncio.run(day())
    assert (run.shown, run.missed, len(run.signal_ms)) == (4, 0, 4)
    assert all(signal <= green for signal, green in zip(run.signal_ms, run.green_ms))
    assert report["stored"] == 4
