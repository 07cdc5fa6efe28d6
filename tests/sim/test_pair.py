"""What a town asks of a box and its reader reaches them as files and signals."""

import asyncio
import json
import sys

import pytest

from scripts.sim.evidence import Evidence
from scripts.sim.pair import Box
from scripts.sim.process import ROOT, Process
from scripts.sim.proxy import Proxy
from scripts.sim.witness import Witness

TICKING = "import time\nwhile True:\n    print('{}', flush=True)\n    time.sleep(0.02)"

BELOW = """import os, subprocess, sys
from scripts.sim.process import dies_with
subprocess.run([sys.executable, '-c'"""


@pytest.fixture
def pair(tmp_path):
    link = Proxy("127.0.0.1", 1)
    link.port = 4711
    return Box("box-1", tmp_path, link, ["--baud", "9600"], Witness(Evidence()), lambda name, code: None)


def ticking(pair, tmp_path, code):
    """A process in the place of the box, that prints lines; -> the list of them."""
    lines = []
    pair.box = Process("box-1", [sys.executable, "-c", code], ROOT, tmp_path / "box.log", lines.append)
    return lines


@pytest.mark.parametrize(("of", "text"), [("", "7"), ("system", "system 7")])
def test_the_flash_whose_power_is_to_go_is_named(of, text, pair, tmp_path):
    pair.cut_power_after(7, of)
    assert (tmp_path / "power").read_text() == text


def test_the_world_is_replaced_as_a_whole(pair, tmp_path):
    pair.set_world({"wifi": {"networks": {}}})
    assert json.loads((tmp_path / "world").read_text()) == {"wifi": {"networks": {}}}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["world"]


def test_a_box_with_a_system_is_started_with_it_and_knows_the_broker_by_its_name(tmp_path, pair):
    plain = list(map(str, pair.box.argv))
    assert "--system" not in plain
    assert plain[plain.index("--broker") + 1] == "127.0.0.1:4711"
    link, image = pair.link, tmp_path / "system.img"
    cared = Box("box-1", tmp_path, link, [], Witness(Evidence()), lambda name, code: None, "gateway.local", image)
    argv = list(map(str, cared.box.argv))
    assert argv[argv.index("--broker") + 1] == "gateway.local:4711"
    assert argv[argv.index("--system") + 1] == str(image)


@pytest.mark.parametrize("has_system", [False, True])
async def test_a_box_that_is_frozen_does_nothing_and_then_goes_on(has_system, pair, tmp_path):
    lines = ticking(
        pair, tmp_path, f"{BELOW}, {TICKING!r}], preexec_fn=dies_with(os.getpid()))" if has_system else TICKING
    )
    pair.has_system = has_system
    await pair.box.start()
    try:
        await until(lambda: len(lines) > 3)
        freezing = asyncio.create_task(pair.freeze(0.5))
        await asyncio.sleep(0.2)
        stood_at = len(lines)
        await asyncio.sleep(0.2)
        assert len(lines) == stood_at
        await freezing
        await until(lambda: len(lines) > stood_at + 3)
    finally:
        await pair.box.kill()


async def test_a_box_that_does_not_run_cannot_be_frozen(pair):
    await pair.freeze(0.01)
    assert not pair.box.is_running


async def until(is_so):
    async with asyncio.timeout(10):
        while not is_so():
            await asyncio.sleep(0.01)
