"""A number is given to one scan, once, for ever: whatever dies, is copied, forgets, or comes back from a backup."""

import random
from pathlib import Path

import pytest

from firmware.wire.ack import Ack
from firmware.wire.fields import U32_MAX
from gateway.readers import identity
from gateway.readers.identity import RESERVE, Ledger, Numbers, box_id_of, goes_on, opened
from tests.gateway.deaths import dies_at

EPOCH, LIFE = "aabbccddeeff", "machine-boot"
IDLE = Ledger(EPOCH, 3, 40, 40, LIFE, True, "usb-x", "1-1")
BUSY = IDLE._replace(given_to=104)


def held(complete_to: int, highest: int | None = None) -> Ack:
    return Ack("box", EPOCH, complete_to, complete_to if highest is None else highest, [])


@pytest.mark.parametrize("gateway", ["gw-1", "a" * 32, "market-of-a-very-long-name-12345"])
def test_a_box_id_is_of_the_wire_and_stays(gateway):
    found = box_id_of(gateway, "usb-Reader_0001-if00")
    assert found == box_id_of(gateway, "usb-Reader_0001-if00")
    assert 3 <= len(found) <= 32
    assert not found.strip("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert "-r-" in found
    assert found != box_id_of(gateway, "usb-Reader_0002-if00")


def test_two_gateways_whose_long_names_begin_alike_do_not_share_a_box():
    assert box_id_of("a" * 31 + "1", "usb-x") != box_id_of("a" * 31 + "2", "usb-x")


@pytest.mark.parametrize(
    "ledger, ack, life, why",
    [
        (IDLE, held(40), LIFE, "nothing was under way"),
        (IDLE, held(40), "machine-other", "nothing was under way when the power went"),
        (BUSY, held(40), LIFE, "only the program died"),
        (BUSY, held(77), LIFE, "only the program died, and had kept some"),
        (BUSY, held(104), LIFE, "all that was reserved is kept"),
    ],
)
def test_the_epoch_goes_on_where_that_cannot_break(ledger, ack, life, why):
    assert goes_on(ledger, ack, life, True), why
    after = opened(ledger, ack, life, True, "usb-x", "1-1")
    assert after.epoch == EPOCH
    assert after.boot == 4
    assert after.given_to == after.kept_to == ack.highest


@pytest.mark.parametrize(
    "ledger, ack, life, is_whole, why",
    [
        (None, held(0), LIFE, True, "no file"),
        (IDLE, None, LIFE, True, "nobody could be asked"),
        (IDLE, held(40), LIFE, False, "the buffer was salvaged"),
        (IDLE, held(39), LIFE, True, "the buffer has forgotten one"),
        (IDLE, held(41), LIFE, True, "the file is older than the buffer"),
        (BUSY, held(105), LIFE, True, "the file is older than the buffer"),
        (BUSY, held(39), LIFE, True, "the buffer came from a backup"),
        (BUSY, held(0), LIFE, True, "the buffer is a new one"),
        (BUSY, held(41, 43), LIFE, True, "a hole"),
        (IDLE, held(39, 40), LIFE, True, "a hole"),
        (BUSY, held(77), "machine-after", True, "the power went while scans were under way"),
        (BUSY, held(77), "copy-boot", True, "the card was copied to another machine"),
        (IDLE._replace(boot=U32_MAX), held(40), LIFE, True, "no boots left"),
        (IDLE._replace(given_to=U32_MAX, kept_to=U32_MAX), held(U32_MAX), LIFE, True, "no numbers left"),
    ],
)
def test_in_any_other_case_a_new_epoch_begins(ledger, ack, life, is_whole, why):
    after = opened(ledger, ack, life, is_whole, "usb-x", "1-1")
    assert after.epoch != EPOCH, why
    assert (after.boot, after.given_to, after.kept_to) == (1, 0, 0)
    assert after.is_told == (ledger is not None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        '{"v": 1}',
        '{"v": 2, "epoch": "aabbccddeeff", "boot": 1, "given_to": 0, "kept_to": 0, "life": "", "is_told": true,'
        ' "device": "", "port": ""}',
        '{"v": 1, "epoch": "AABBCCDDEEFF", "boot": 1, "given_to": 0, "kept_to": 0, "life": "", "is_told": true,'
        ' "device": "", "port": ""}',
        '{"v": 1, "epoch": "aabbccddeeff", "boot": 0, "given_to": 0, "kept_to": 0, "life": "", "is_told": true,'
        ' "device": "", "port": ""}',
        '{"v": 1, "epoch": "aabbccddeeff", "boot": 1, "given_to": 3, "kept_to": 4, "life": "", "is_told": true,'
        ' "device": "", "port": ""}',
        '{"v": 1, "epoch": "aabbccddeeff", "boot": true, "given_to": 0, "kept_to": 0, "life": "", "is_told": true,'
        ' "device": "", "port": ""}',
        '{"v": 1, "epoch": "aabbccddeeff", "boot": 1, "given_to": "9", "kept_to": 0, "life": "", "is_told": true,'
        ' "device": "", "port": ""}',
        '{"v": 1, "epoch": "aabbccddeeff", "boot": 1, "given_to": 5000000000, "kept_to": 0, "life": "",'
        ' "is_told": true, "device": "", "port": ""}',
        "\x00" * 4096,
    ],
)
def test_a_file_that_cannot_be_believed_is_no_file(tmp_path, text):
    (tmp_path / "one.json").write_text(text)
    assert identity.read(tmp_path / "one.json") is None


def test_what_was_written_is_read(tmp_path):
    identity.write(tmp_path / "one.json", BUSY)
    assert identity.read(tmp_path / "one.json") == BUSY
    assert (tmp_path / "one.json").stat().st_mode & 0o777 == 0o600


def test_a_number_is_on_the_disk_as_reserved_before_it_is_given(tmp_path):
    path = tmp_path / "one.json"
    identity.write(path, IDLE)
    numbers = Numbers(path, IDLE)
    for expected in range(41, 300):
        assert numbers.next() == numbers.next() == expected
        on_disk = identity.read(path)
        assert on_disk is not None
        assert on_disk.given_to >= expected
        assert on_disk.given_to < expected + RESERVE
        numbers.kept()


def test_at_rest_nothing_is_reserved(tmp_path):
    path = tmp_path / "one.json"
    numbers = Numbers(path, IDLE)
    numbers.next()
    numbers.kept()
    assert not numbers.is_at_rest
    numbers.rest()
    assert numbers.is_at_rest
    on_disk = identity.read(path)
    assert on_disk is not None
    assert on_disk.given_to == on_disk.kept_to == 41


def test_a_block_that_was_used_up_is_not_at_rest_by_itself(tmp_path):
    path = tmp_path / "one.json"
    numbers = Numbers(path, IDLE)
    for _ in range(RESERVE):
        numbers.next()
        numbers.kept()
    assert not numbers.is_at_rest
    numbers.rest()
    on_disk = identity.read(path)
    assert on_disk is not None
    assert on_disk.given_to == on_disk.kept_to == 40 + RESERVE


@pytest.mark.parametrize("step", range(12))
def test_a_cut_at_any_step_of_the_write_leaves_a_file_that_allows_no_number_twice(tmp_path, step):
    path = tmp_path / "one.json"
    identity.write(path, IDLE)

    def reserve() -> None:
        Numbers(path, IDLE).next()

    dies_at(step, reserve)
    after = identity.read(path)
    assert after in (IDLE, IDLE._replace(given_to=40 + RESERVE))


class Card:
    """A world that forgets: buffer and file each may lose what they confirmed last, as lying cards do."""

    def __init__(self, path: Path, rng: random.Random) -> None:
        self.path = path
        self.rng = rng
        self.buffer: dict[str, list[int]] = {}
        self.life = "m-0"
        self.used: dict[tuple[str, int], int] = {}
        """(epoch, number) -> which scan it was given to, for ever, as the server would know it"""
        self.scan = 0

    def ack(self, epoch: str) -> Ack:
        count = len(self.buffer.get(epoch, []))
        return Ack("box", epoch, count, count, [])

    def start(self, is_whole: bool = True) -> Numbers:
        known = identity.read(self.path)
        ledger = opened(known, self.ack(known.epoch) if known else None, self.life, is_whole, "usb-x", "1-1")
        identity.write(self.path, ledger)
        return Numbers(self.path, ledger)

    def commit(self, numbers: Numbers) -> None:
        """A scan is kept, and goes to the server at once."""
        self.scan += 1
        name = (numbers.ledger.epoch, numbers.next())
        assert self.used.setdefault(name, self.scan) == self.scan, "a number twice"
        self.buffer.setdefault(numbers.ledger.epoch, []).append(self.scan)
        numbers.kept()


@pytest.mark.parametrize("seed", range(16))
def test_no_number_is_ever_given_twice_by_whatever_history(tmp_path, seed):
    """Scans, deaths between number and commit, power cuts with a card that forgets its last commits, buffers that were
    made anew (which the buffer says) or restored after a clean stop, lost files."""
    rng = random.Random(seed)
    card = Card(tmp_path / "one.json", rng)
    is_whole = True
    for boot in range(60):
        numbers = card.start(is_whole and rng.random() < 0.95)
        is_whole = True
        for _ in range(rng.randrange(150)):
            card.commit(numbers)
        ends = ["kill", "kill in flight", "rest", "cut", "cut and forget", "new buffer", "old buffer", "no file"]
        end = rng.choice(ends)
        if end == "kill in flight":
            numbers.next()  # and never committed
        elif end == "rest":
            numbers.rest()
        elif end == "cut":
            card.life = f"m-{boot + 1}"
        elif end == "cut and forget":
            card.life = f"m-{boot + 1}"
            if not numbers.is_at_rest:
                kept = card.buffer[numbers.ledger.epoch]
                del kept[max(numbers.ledger.kept_to, len(kept) - rng.randrange(5)) :]
        elif end == "new buffer":
            card.buffer.clear()
            is_whole = False
        elif end == "old buffer":
            numbers.rest()
            kept = card.buffer.get(numbers.ledger.epoch, [])
            del kept[rng.randrange(len(kept) + 1) :]
        elif end == "no file":
            card.path.unlink()
