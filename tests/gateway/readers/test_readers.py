"""Real-ish readers on ptys, several at once: found, set, pulled, plugged in again, and killed in the middle."""

import asyncio
import contextlib
import os
import pty
import random
import signal
import sys
import time
import tty

import pytest

from gateway.readers import NotKept, Readers, Settings
from gateway.readers.keys import Events
from gateway.readers.wired import KeyboardReader
from scripts.sim.people import any_code
from scripts.sim.reader import SimReader
from scripts.sim.reader_result import Sent
from tests.gateway.brokers import ROOT, eventually
from tests.gateway.readers.store import Store, World
from tests.gateway.readers.typist import ENTER, keys, packed, press, typed

LIMIT_S = 40
WELL = ("ready", "half_configured", "listening")


def mono_ms() -> int:
    return time.monotonic_ns() // 1_000_000


@pytest.fixture
def store(tmp_path):
    one = Store(tmp_path / "store.sqlite")
    yield one
    one.close()


class Place:
    """Readers that run on a folder of links."""

    def __init__(self, folder, store, **house) -> None:
        self.folder = folder
        self.store = store
        self.world = World(folder, store, mono_ms, **house)
        self.changes: list[tuple[str, str]] = []

    @contextlib.asynccontextmanager
    async def open(self, serial=("tty*",), keyboard=(), **more):
        settings = Settings(
            tuple(str(self.folder / one) for one in serial), tuple(str(self.folder / one) for one in keyboard), 0.1
        )
        self.readers = Readers(settings, self.world.house, self._changed, machine_id="m", **more)
        task = asyncio.create_task(self.readers.run())
        try:
            yield self
        finally:
            task.cancel()
            (ended,) = await asyncio.gather(task, return_exceptions=True)
            assert isinstance(ended, asyncio.CancelledError), ended

    def _changed(self, state) -> None:
        self.changes.append((os.path.basename(state.device), state.state))

    def state(self, name: str) -> str:
        return next((one.state for one in self.readers.states() if os.path.basename(one.device) == name), "")

    def reason(self, name: str) -> str:
        return next((one.reason for one in self.readers.states() if os.path.basename(one.device) == name), "")

    async def until(self, name: str, *states: str) -> None:
        await eventually(lambda: self.state(name) in states, LIMIT_S)


@pytest.fixture
def place(tmp_path, store):
    return Place(tmp_path, store)


async def show(reader, store, code: bytes) -> None:
    """Hold a code before the reader again and again, as somebody does who waits for the light."""
    async with asyncio.timeout(LIMIT_S):
        while code not in [scan.code for scan in store.scans()]:
            (result,) = await reader.show_codes([code], hold_ms=800)
            if isinstance(result, Sent):
                await asyncio.sleep(0.3)


async def test_three_makes_at_once_are_found_set_and_read_each_under_its_own_name(place, store, tmp_path):
    draw = random.Random(1)
    async with (
        SimReader(tmp_path / "tty1", "gm65", hurry=5) as one,
        SimReader(tmp_path / "tty2", "de2120", hurry=5) as two,
        SimReader(tmp_path / "tty3", "m5qr", hurry=5) as three,
        place.open(),
    ):
        for name in ("tty1", "tty2", "tty3"):
            await place.until(name, *WELL)
        codes = [any_code(draw)[1] for _ in range(12)]
        codes = [code for code in codes if b"\r" not in code and b"\n" not in code][:9]
        for at, code in enumerate(codes):
            await show((one, two, three)[at % 3], store, code)
    scans = store.scans()
    boxes = {scan.box_id for scan in scans}
    assert len(boxes) == 3
    assert place.world.enrolled.sort() is None
    assert set(place.world.enrolled) == boxes
    for box in boxes:
        numbers = [scan.seq for scan in scans if scan.box_id == box]
        assert numbers == list(range(1, len(numbers) + 1))
    assert [state.model for state in place.readers.states()] == ["gm65", "de2120", "m5qr"]


async def test_a_reader_that_is_pulled_and_plugged_in_again_goes_on_where_it_was(place, store, tmp_path):
    async with place.open(("tty1",)):
        for run in range(2):
            async with SimReader(tmp_path / "tty1", "gm65", hurry=5) as reader:
                await place.until("tty1", *WELL)
                await show(reader, store, b"visitor %d" % run)
            await place.until("tty1", "away")
    first, second = store.scans()
    assert (first.box_id, first.epoch) == (second.box_id, second.epoch)
    assert (first.seq, second.seq) == (1, 2)
    assert (first.boot, second.boot) == (1, 2)


async def test_a_reader_that_is_pulled_in_the_middle_of_a_code_loses_the_half_code_only(place, store, tmp_path):
    async with SimReader(tmp_path / "tty1", "gm65", hurry=5) as reader, place.open():
        await place.until("tty1", *WELL)
        await show(reader, store, b"whole")
        reader.module.baud = 1200
        shown = asyncio.create_task(reader.show_codes([b"h" * 400], hold_ms=1_000))
        await asyncio.sleep(0.3)
        reader.line.unplug()
        await place.until("tty1", "away")
        shown.cancel()
        await asyncio.gather(shown, return_exceptions=True)
    assert [scan.code for scan in store.scans()] == [b"whole"]


class Talker:
    """Something on a pty that talks."""

    def __init__(self, link) -> None:
        self.master, slave = pty.openpty()
        tty.setraw(slave)
        self.name = os.ttyname(slave)
        os.close(slave)
        os.set_blocking(self.master, False)
        link.unlink(missing_ok=True)
        link.symlink_to(self.name)
        self.heard = b""

    def say(self, data: bytes) -> None:
        with contextlib.suppress(BlockingIOError, OSError):
            os.write(self.master, data)

    def hear(self) -> bytes:
        with contextlib.suppress(BlockingIOError, OSError):
            self.heard += os.read(self.master, 4096)
        return self.heard

    def close(self) -> None:
        os.close(self.master)


@contextlib.asynccontextmanager
async def talking(link, every_s, answer):
    """`answer(talker)` is done again and again."""
    talker = Talker(link)

    async def talk() -> None:
        while True:
            answer(talker)
            await asyncio.sleep(every_s)

    task = asyncio.create_task(talk())
    try:
        yield talker
    finally:
        task.cancel()
        talker.close()
        link.unlink(missing_ok=True)


GPS = (
    b"$GPGGA,092750.000,5321.6802,N,00630.3372,W,1,8,1.03,61.7,M,55.2,M,,*76\r\n"
    b"$GPGSA,A,3,10,07,05,02,29,04,08,13,,,,,1.72,1.03,1.38*0A\r\n"
)


async def test_a_satellite_receiver_is_named_asked_nothing_and_gives_no_scan(place, store, tmp_path):
    async with talking(tmp_path / "tty1", 0.1, lambda talker: (talker.hear(), talker.say(GPS))) as gps, place.open():
        await place.until("tty1", "not_a_reader")
        assert place.reason("tty1") == "reader_gps"
        await asyncio.sleep(1)
        assert gps.heard == b""
    assert store.scans() == []


async def test_a_modem_that_echoes_is_named_and_gives_no_scan(place, store, tmp_path):
    said = [0]

    def echo(talker) -> None:
        heard = talker.hear()
        talker.say(heard[said[0] :] + (b"\r\nERROR\r\n" if heard[said[0] :].strip(b"\x00") else b""))
        said[0] = len(heard)

    async with talking(tmp_path / "tty1", 0.02, echo) as modem, place.open():
        await place.until("tty1", "not_a_reader")
        before = len(modem.heard)
        await asyncio.sleep(1)
        assert len(modem.heard) == before
    assert store.scans() == []
    assert place.world.enrolled == []


async def test_a_device_that_floods_is_named_and_its_neighbour_is_read_as_ever(place, store, tmp_path):
    noise = os.urandom(65_536)
    async with (
        talking(tmp_path / "tty1", 0.002, lambda talker: talker.say(noise[: random.randrange(4096, 8192)])),
        SimReader(tmp_path / "tty2", "gm65", hurry=5) as reader,
        place.open(),
    ):
        await place.until("tty2", *WELL)
        await place.until("tty1", "flooding")
        began = time.monotonic()
        await show(reader, store, b"in spite of it")
        assert time.monotonic() - began < 5
    assert [scan.code for scan in store.scans()] == [b"in spite of it"]


async def test_a_device_that_somebody_else_has_is_named_and_taken_when_it_is_free(place, tmp_path):
    import fcntl

    async with SimReader(tmp_path / "tty1", "gm65", hurry=5):
        fd = os.open(tmp_path / "tty1", os.O_RDWR | os.O_NOCTTY)
        fcntl.flock(fd, fcntl.LOCK_EX)
        async with place.open(("tty1",)):
            await place.until("tty1", "in_use")
            os.close(fd)
            await place.until("tty1", *WELL)


async def test_a_module_that_was_left_on_usb_is_found_where_a_person_has_named_its_port(place, tmp_path):
    """It hears and cannot answer until it is told, unasked, to use its UART: that is sent to no device that was only
    guessed to be a reader."""
    async with SimReader(tmp_path / "tty1", "gm861", hurry=5) as reader, place.open(("tty1",)):
        await place.until("tty1", *WELL)
        await show(reader, place.store, b"heard after all")


async def test_what_the_settings_name_and_nobody_has_plugged_in_is_absent(place, tmp_path):
    async with place.open(serial=("ttyAMA0",), keyboard=("event7",)):
        assert [(state.kind, state.state) for state in place.readers.states()] == [
            ("serial", "absent"),
            ("keyboard", "absent"),
        ]


async def test_while_the_disk_is_full_the_reader_says_so_and_takes_nothing(place, store, tmp_path):
    store.trouble = NotKept("disk_full", "64 MB are left")
    async with SimReader(tmp_path / "tty1", "gm65", hurry=5) as reader, place.open(("tty1",)):
        await place.until("tty1", *WELL)
        await reader.show_codes([b"too much"], hold_ms=800)
        await place.until("tty1", "disk_full")
        assert "64 MB" in place.reason("tty1")
        assert place.world.told("stored") == []
        store.trouble = None
        await show(reader, store, b"again")
        await place.until("tty1", *WELL)


async def test_what_the_buffer_raises_ends_all_of_it(tmp_path, store):
    async def keep(*_):
        raise RuntimeError("damaged")

    world = World(tmp_path, store, mono_ms, keep=keep)
    readers = Readers(Settings((str(tmp_path / "tty1"),), look_s=0.1), world.house, machine_id="m")
    async with SimReader(tmp_path / "tty1", "gm65", hurry=5) as reader:
        task = asyncio.create_task(readers.run())
        await eventually(lambda: [one for one in readers.states() if one.state in WELL], LIMIT_S)
        await reader.show_codes([b"x" * 20], hold_ms=800)
        with pytest.raises(RuntimeError):
            await asyncio.wait_for(task, 10)


async def test_a_keyboard_reader_is_taken_alone_and_read(place, store, tmp_path):
    fifo = tmp_path / "event3"
    os.mkfifo(fifo)
    seized: list[int] = []

    def make(*parts):
        return KeyboardReader(*parts, events=Events(64), seize=seized.append)

    async with place.open(serial=(), keyboard=("event*",), make_keyboard=make):
        await place.until("event3", "typing")
        assert len(seized) == 1
        with open(fifo, "wb", buffering=0) as out:
            out.write(packed(keys([*typed("084199000731|TRAN"), *press(ENTER)])))
            await eventually(lambda: len(store.scans()) == 1)
            out.write(packed(keys(typed("half a co"), at_ms=20_000)))
            await eventually(lambda: "truncated" in place.world.told("refused"))
            out.write(packed(keys([*typed("another one"), *press(ENTER)], at_ms=30_000)))
            await eventually(lambda: len(store.scans()) == 2)
        fifo.unlink()
        await place.until("event3", "away")
    assert [scan.code for scan in store.scans()] == [b"084199000731|TRAN", b"another one"]
    assert {scan.marks for scan in store.scans()} == {"dir=in,gate=north,hid=us"}


class Process:
    """gatehouse.py as a process."""

    def __init__(self, folder, slow_s: float) -> None:
        self._command = [
            sys.executable,
            "-m",
            "tests.gateway.readers.gatehouse",
            str(folder),
            str(folder / "tty*"),
            str(slow_s),
        ]
        self.lines: list[str] = []

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(*self._command, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
        self._listening = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        assert self._process.stdout
        while line := await self._process.stdout.readline():
            self.lines.append(line.decode().strip())

    async def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        await self._process.wait()
        await self._listening

    def is_well(self) -> bool:
        return any(line.split()[-1] in WELL for line in self.lines)

    def stored(self) -> int:
        return sum(line.startswith("stored") for line in self.lines)


async def test_a_kill_at_any_moment_never_gives_a_number_twice_and_never_a_green_without_a_row(tmp_path, store):
    """The commit takes its time, and the process dies before, in and behind it."""
    rng = random.Random(5)
    greens = 0
    async with SimReader(tmp_path / "tty1", "gm65", hurry=4) as reader:
        for run in range(4):
            process = Process(tmp_path, slow_s=0.03)
            await process.start()
            await eventually(process.is_well, LIMIT_S)
            sent = 0
            for number in range(3):
                (result,) = await reader.show_codes([b"run %d visitor %d" % (run, number)], hold_ms=600)
                sent += isinstance(result, Sent)
            await asyncio.sleep(rng.uniform(0, 0.12))  # where in its work it dies is the point
            await process.kill()
            greens += process.stored()
            rows = store.scans()
            assert len(rows) >= greens
    numbers = [(scan.epoch, scan.seq) for scan in store.scans()]
    assert len(set(numbers)) == len(numbers)
    assert len({scan.code for scan in store.scans()}) == len(numbers)
    assert store.conflicts == 0
    assert len({epoch for epoch, _ in numbers}) == 1, "a mere kill costs no epoch"
    assert greens > 0
