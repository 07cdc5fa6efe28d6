"""What the API's bench does that a whole gateway does not show: long looks, full disks."""

import asyncio
import threading
from types import SimpleNamespace

import pytest

from gateway import workbench
from gateway.tech.types import Refused
from gateway.workbench import Workbench


def bench(tmp_path, min_free_bytes=0):
    config = SimpleNamespace(buffer=SimpleNamespace(min_free_bytes=min_free_bytes))
    return Workbench(SimpleNamespace(config=config, data_dir=tmp_path, store=SimpleNamespace(add=None)))


async def test_a_doctor_that_takes_long_is_asked_again_and_looks_once(tmp_path, monkeypatch):
    go_on, looks = threading.Event(), []

    def findings(_config):
        looks.append(1)
        go_on.wait(20)
        return [{"key": "gateway_up"}]

    monkeypatch.setattr(workbench, "_findings", findings)
    monkeypatch.setattr(workbench, "DOCTOR_S", 0.02)
    made = bench(tmp_path)
    for _ in range(3):
        with pytest.raises(Refused) as found:
            await made.doctor()
        assert (found.value.code, found.value.what) == ("no_answer", "doctor")
    go_on.set()
    while True:
        try:
            assert await made.doctor() == [{"key": "gateway_up"}]
            break
        except Refused:
            continue
    assert len(looks) == 1


async def test_a_doctor_that_fails_is_not_asked_for_ever(tmp_path, monkeypatch):
    def findings(_config):
        raise ValueError("once")

    monkeypatch.setattr(workbench, "_findings", findings)
    made = bench(tmp_path)
    for _ in range(2):
        with pytest.raises(ValueError, match="once"):
            await made.doctor()


async def test_on_a_disk_that_scans_need_no_firmware_is_unpacked(tmp_path):
    async def pieces():
        yield b"x"

    with pytest.raises(Refused) as found:
        await bench(tmp_path, min_free_bytes=1 << 60).take_in(pieces())
    assert found.value.code == "no_room"
    assert list(tmp_path.iterdir()) == []


async def test_two_bundles_at_once_are_one_after_the_other(tmp_path):
    began, go_on = asyncio.Event(), asyncio.Event()

    async def slow():
        began.set()
        await go_on.wait()
        yield b"no tar"

    async def quick():
        yield b"no tar"

    made = bench(tmp_path)
    first = asyncio.create_task(made.take_in(slow()))
    await began.wait()
    with pytest.raises(Refused) as found:
        await made.take_in(quick())
    assert found.value.code == "no_turn"
    go_on.set()
    with pytest.raises(Refused) as found:
        await first
    assert found.value.code == "no_bundle"
    assert list(tmp_path.iterdir()) == []
