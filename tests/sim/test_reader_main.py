"""`scripts/simreader`, as a program."""

import asyncio
import json
from asyncio.subprocess import PIPE, Process
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest

from scripts.firmware_build import ROOT
from scripts.sim import pictures
from tests.sim.host import Host

SIMREADER = ROOT / "scripts" / "simreader"


@asynccontextmanager
async def simreader(tty: Path, *args: object) -> AsyncIterator[Process]:
    command = [str(SIMREADER), "--tty-link", str(tty), *map(str, args)]
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
    try:
        assert "ready" in await said(process)
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def said(process: Process) -> dict[str, Any]:
    assert process.stdout
    line = await asyncio.wait_for(process.stdout.readline(), 30)
    answer = json.loads(line)
    assert isinstance(answer, dict)
    return answer


async def told(process: Process, order: object) -> dict[str, Any]:
    assert process.stdin
    process.stdin.write((order if isinstance(order, str) else json.dumps(order)).encode() + b"\n")
    return await said(process)


async def test_it_says_what_became_of_each_code_that_was_shown(tmp_path: Path) -> None:
    code = bytes(range(256))
    picture = pictures.draw_codes([code], tmp_path / "code.png")
    async with simreader(tmp_path / "tty", "--model", "gm65") as process:
        with Host(tmp_path / "tty") as host:
            answer = await told(process, {"show": str(picture), "id": 7})
            assert (answer["sent"]["crc"], answer["sent"]["length"], answer["id"]) == (f"{crc32(code):08x}", 256, 7)
            assert await host.read(257) == code + b"\r"
            answer = await told(process, {"show_code_base64": b64encode(b"abc").decode()})
            assert answer["sent"]["length"] == 3


@pytest.mark.parametrize(
    "order, error",
    [
        ("not JSON", "json"),
        ("[]", "order"),
        ({"shew": "x"}, "order"),
        ({"power": "half"}, "order"),
        ({"show": "/nowhere.png"}, "no_file"),
        ({"show": __file__}, "no_picture"),
        ({"show_code_base64": "***"}, "base64"),
        ({"show_code_base64": 7}, "base64"),
        ({"show": "x.png", "hold_ms": -1}, "option"),
        ({"fault": "sulk"}, "fault"),
        ({"swap": "gm1"}, "option"),
        ({"swap": "de2120", "baud": 1}, "option"),
        ({"fault": "noise", "times": "many"}, "option"),
    ],
)
async def test_a_wrong_order_is_named_and_the_next_one_is_obeyed(tmp_path: Path, order: object, error: str) -> None:
    async with simreader(tmp_path / "tty") as process:
        assert (await told(process, order))["error"] == error
        assert "zones" in await told(process, {"zones": True})


@pytest.mark.parametrize("model", ["de2120", "m5qr"])
async def test_it_is_any_of_the_models_and_another_one_on_order(tmp_path: Path, model: str) -> None:
    async with simreader(tmp_path / "tty", "--model", model, "--tx-only") as process:
        assert (await told(process, {"zones": True}))["zones"]["baud"] == 115_200
        assert (await told(process, {"swap": "gm65"}))["event"] == "power"


async def test_it_takes_orders_on_a_socket_too(tmp_path: Path) -> None:
    async with simreader(tmp_path / "tty", "--model", "gm65", "--control", tmp_path / "control") as process:
        assert process.stdin
        process.stdin.close()
        reader, writer = await asyncio.open_unix_connection(tmp_path / "control")
        writer.write(b'{"show_code_base64": "YQ==", "hold_ms": 0}\n')
        assert json.loads(await reader.readline())["not_read"] == "no_host"
        writer.write(b'{"quit": true}\n')
        assert await asyncio.wait_for(process.wait(), 30) == 0


async def test_it_ends_with_its_input_and_takes_the_link_away(tmp_path: Path) -> None:
    async with simreader(tmp_path / "tty") as process:
        assert (tmp_path / "tty").exists()
        assert process.stdin
        process.stdin.close()
        assert await asyncio.wait_for(process.wait(), 30) == 0
        assert not (tmp_path / "tty").is_symlink()


@pytest.mark.parametrize("args", [["--model", "gm1"], ["--baud", "123"], ["--faults", "sulk"], []])
async def test_a_wrong_option_is_named(tmp_path: Path, args: list[str]) -> None:
    link = ["--tty-link", str(tmp_path / ("tty" if args else "no/where"))]
    process = await asyncio.create_subprocess_exec(SIMREADER, *link, *args, stderr=PIPE, stdout=PIPE)
    _, errors = await process.communicate()
    assert process.returncode
    assert (args[0] if args else "--tty-link").encode() in errors
