"""Nothing is accepted that is not committed; and what was not may be shown again."""

import asyncio
import contextlib

import pytest

from gateway.readers import NotKept, identity
from gateway.readers.desk import WAITING, Desk
from tests.gateway.brokers import eventually
from tests.gateway.readers.store import Store, World

CARD = "084199000731|334000731|Trần Thị Sen|02031985|Nữ|Xã Mẫu|01022021".encode()


class Clock:
    def __init__(self) -> None:
        self.now_ms = 1_000_000

    def __call__(self) -> int:
        return self.now_ms


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(tmp_path):
    one = Store(tmp_path / "store.sqlite")
    yield one
    one.close()


@pytest.fixture
def world(tmp_path, store, clock):
    return World(tmp_path, store, clock)


@contextlib.asynccontextmanager
async def open_desk(world, key="usb-x"):
    desk = Desk(world.house, key, "1-1", "machine-boot")
    task = asyncio.create_task(desk.run())
    try:
        yield desk
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def kept(world, count: int) -> None:
    await eventually(lambda: len(world.told("stored")) + len(world.told("not_kept")) >= count)


async def test_a_scan_is_stored_with_its_marks_and_its_time(world, store, clock):
    world.utc = (1_800_000_000_000, 1_800_000_000_200)
    async with open_desk(world) as desk:
        clock.now_ms += 5_000
        desk.on_code(CARD, clock.now_ms - 100, "hex")
        await kept(world, 1)
    (scan,) = store.scans()
    assert (scan.box_id, scan.seq, scan.boot, scan.code) == (desk.box_id, 1, 1, CARD)
    assert scan.marks == "dir=in,gate=north,hid=hex"
    assert scan.uptime_ms == 4_900
    assert (scan.utc_ms, scan.bound_ms) == (1_800_000_000_000, 101)
    assert world.enrolled == [desk.box_id]
    assert world.told("stored") == [""]


async def test_where_utc_is_not_known_none_is_claimed(world, store, clock):
    async with open_desk(world) as desk:
        desk.on_code(CARD, clock.now_ms)
        await kept(world, 1)
    assert (store.scans()[0].utc_ms, store.scans()[0].bound_ms) == (None, None)


async def test_the_clock_of_the_box_is_told_when_its_numbers_are_known(world, clock):
    async with open_desk(world) as desk:
        clock.now_ms += 7_000
        desk.on_code(CARD, clock.now_ms)
        await kept(world, 1)
    heard, at_ms = world.heard[0]
    assert (heard.box_id, heard.mono_ms, heard.uptime_heard_ms) == (desk.box_id, at_ms, 7_000)
    assert heard.gateway_boot == world.house.machine_boot


@pytest.mark.parametrize(
    "code, reason",
    [
        (b"x" * 3_073, "too_long"),
        (b"TRAMC1:in:00112233445566778899aabbccddeeff", "control"),
        (b"TRAM1:abc.def", "provision"),
        (b"00020101021138540010A00000072701240006970436011012345678900208QRIBFTTA53037045802VN63041D98", "wrong_kind"),
    ],
)
async def test_what_no_box_would_take_is_refused(world, store, clock, code, reason):
    async with open_desk(world) as desk:
        desk.on_code(code, clock.now_ms)
    assert world.told("refused") == [reason]
    assert store.scans() == []


async def test_a_card_that_is_held_is_one_scan(world, store, clock):
    async with open_desk(world) as desk:
        for _ in range(10):
            desk.on_code(CARD, clock.now_ms)
            clock.now_ms += 300
        await kept(world, 1)
    assert len(store.scans()) == 1
    assert len(world.told("repeat")) == 9


@pytest.mark.parametrize("code", ["disk_full", "io"])
async def test_while_nothing_can_be_kept_nothing_is_accepted_and_the_same_card_counts_later(world, store, clock, code):
    async with open_desk(world) as desk:
        store.trouble = NotKept(code, "no room")
        desk.on_code(CARD, clock.now_ms)
        await kept(world, 1)
        assert world.told("stored") == []
        assert world.told("not_kept") == [code]
        assert desk.trouble == store.trouble
        store.trouble = None
        clock.now_ms += 500
        desk.on_code(CARD, clock.now_ms)
        await eventually(lambda: world.told("stored"))
        assert desk.trouble is None
    assert len(store.scans()) == 1


async def test_after_a_full_disk_the_numbers_go_on_and_after_an_error_they_begin_anew(world, store, clock):
    epochs = []
    async with open_desk(world) as desk:
        for trouble in ("disk_full", "io", None):
            desk.on_code(b"before %d" % len(epochs), clock.now_ms)
            await kept(world, 1)
            epochs.append(store.scans()[-1].epoch)
            store.trouble = NotKept(trouble, "") if trouble else None
            desk.on_code(b"refused %d" % len(epochs), clock.now_ms)
            await eventually(lambda: not desk._waiting.qsize())
            await kept(world, 2)
            store.trouble = None
            world.outcomes.clear()
        desk.on_code(b"after", clock.now_ms)
        await kept(world, 1)
    assert epochs[0] == epochs[1] != epochs[2]
    assert store.conflicts == 0


async def test_a_number_that_is_taken_is_never_green(world, store, clock, tmp_path):
    """As if the file had come from a copy that said too little."""
    async with open_desk(world) as desk:
        desk.on_code(b"one", clock.now_ms)
        await kept(world, 1)
        desk._numbers.last = 0
        desk.on_code(b"two", clock.now_ms)
        await kept(world, 2)
        assert world.told("not_kept") == ["conflict"]
        desk.on_code(b"two", clock.now_ms)
        await kept(world, 3)
    assert [scan.code for scan in store.scans()] == [b"one", b"two"]
    assert len({scan.epoch for scan in store.scans()}) == 2


async def test_numbers_go_on_after_a_restart_in_the_next_boot(world, store, clock):
    for run in range(3):
        async with open_desk(world) as desk:
            desk.on_code(b"run %d" % run, clock.now_ms)
            await kept(world, run + 1)
    found = store.scans()
    assert [scan.seq for scan in found] == [1, 2, 3]
    assert [scan.boot for scan in found] == [1, 2, 3]
    assert len({scan.epoch for scan in found}) == 1
    assert world.enrolled == [desk.box_id]


async def test_after_a_salvage_the_numbers_begin_anew(world, store, clock):
    async with open_desk(world) as desk:
        desk.on_code(b"one", clock.now_ms)
        await kept(world, 1)
    world.house = world.house._replace(is_buffer_whole=False)
    async with open_desk(world) as desk:
        desk.on_code(b"two", clock.now_ms)
        await kept(world, 2)
    assert len({scan.epoch for scan in store.scans()}) == 2


async def test_a_stop_in_the_middle_of_a_commit_gives_no_number_twice(world, store, clock):
    store.slow_s = 0.05
    for run in range(6):
        async with open_desk(world) as desk:
            desk.on_code(b"run %d" % run, clock.now_ms)
            await asyncio.sleep(0.02 * run)
    store.slow_s = 0.0
    async with open_desk(world) as desk:
        desk.on_code(b"last", clock.now_ms)
        await eventually(lambda: any(scan.code == b"last" for scan in store.scans()))
    assert store.conflicts == 0


async def test_a_writer_that_hangs_makes_codes_wait_for_a_bounded_time_in_a_bounded_number(world, store, clock):
    store.slow_s = 0.3
    async with open_desk(world) as desk:
        for number in range(3 * WAITING):
            desk.on_code(b"code %d" % number, clock.now_ms)
        await asyncio.sleep(0)
        busy = world.told("not_kept").count("busy")
        assert busy >= 2 * WAITING - 1
        store.slow_s = 0.0
        await kept(world, 3 * WAITING)
    assert len(store.scans()) == 3 * WAITING - busy


async def test_what_came_whole_before_the_reader_was_pulled_is_kept(world, store, clock):
    store.slow_s = 0.05
    desk = Desk(world.house, "usb-x", "1-1", "machine-boot")
    task = asyncio.create_task(desk.run())
    for number in range(5):
        desk.on_code(b"code %d" % number, clock.now_ms)
    await desk.close()
    await asyncio.wait_for(task, 10)
    assert len(store.scans()) == 5
    ledger = identity.read(world.house.folder / f"{desk.box_id}.json")
    assert ledger is not None
    assert ledger.given_to == ledger.kept_to == 5


async def test_a_folder_that_cannot_be_written_accepts_nothing_and_is_named(world, store, clock, tmp_path):
    world.house = world.house._replace(folder=tmp_path / "missing")
    async with open_desk(world) as desk:
        desk.on_code(CARD, clock.now_ms)
        await kept(world, 1)
        assert desk.trouble is not None
        assert desk.trouble.code == "disk_full"
    assert store.scans() == []


async def test_what_the_buffer_raises_is_not_swallowed(world, clock):
    async def keep(*_):
        raise RuntimeError("damaged")

    desk = Desk(world.house._replace(keep=keep), "usb-x", "1-1", "machine-boot")
    task = asyncio.create_task(desk.run())
    desk.on_code(CARD, clock.now_ms)
    with pytest.raises(RuntimeError):
        await asyncio.wait_for(task, 5)


async def test_a_box_is_told_of_again_until_that_is_written_down(world, store, clock):
    asked = []

    async def fails(box_id):
        asked.append(box_id)
        raise OSError(28, "No space left on device")

    house = world.house
    world.house = house._replace(on_enrolled=fails)
    async with open_desk(world) as desk:
        desk.on_code(b"one", clock.now_ms)
        await kept(world, 1)
        assert desk.trouble is not None
        assert world.told("not_kept") == ["disk_full"]
        desk.on_code(b"one", clock.now_ms)
        await kept(world, 2)
        assert world.told("stored") == []
    world.house = house
    async with open_desk(world) as desk:
        desk.on_code(b"one", clock.now_ms)
        await kept(world, 3)
    assert asked == [desk.box_id] * 2
    assert world.enrolled == [desk.box_id]
    assert len(store.scans()) == 1
