# Runs on MicroPython: the log, on a system volume in memory.

import json

import told
from cuts import fresh

from firmware.log import PATHS, SAME_MS, WAIT_BYTES, WAIT_MS, Log, is_whole, keep_crash


class Box:
    def __init__(self, limit_bytes=16384, quiet=None):
        self.flash, self.files = fresh()
        self.now = 0
        self.limit_bytes = limit_bytes
        self.quiet = quiet
        self.boot = 0
        self.start()

    def start(self):
        self.boot += 1
        self.log = Log(self.files, self.boot, lambda: self.now, self.limit_bytes, self.quiet)
        return self.log

    def lines(self):
        found = []
        for path in PATHS:
            data = self.files.read_plain(path)
            for line in (data or b"").split(b"\n")[:-1]:
                assert is_whole(line + b"\n"), line
                _crc, boot, uptime_ms, word, facts = line.decode().split(" ", 4)
                found.append((int(boot), int(uptime_ms), word, json.loads(facts)))
        return found

    def words(self):
        return [line[2] for line in self.lines()]

    def pass_time(self, ms):
        for _ in range(ms // 1000):
            self.now += 1000
            self.log.tick()


async def what_is_urgent_is_written_at_once():
    box = Box()
    box.now = 77
    box.log.add("cause", {"cause": "watchdog"}, True)
    assert box.lines() == [(1, 77, "cause", {"cause": "watchdog"})]


async def what_is_not_urgent_waits_and_is_written_together():
    box = Box()
    for number in range(5):
        box.log.add("event", {"number": str(number)})
    box.pass_time(WAIT_MS - 1000)
    assert box.lines() == []
    assert box.log.writes == 0
    box.pass_time(1000)
    assert len(box.lines()) == 5
    assert box.log.writes == 1


async def a_full_batch_does_not_wait():
    box = Box()
    box.log.add("event", {"text": "x" * 350})
    box.log.add("event", {"text": "y" * 350})
    assert box.log._waiting_bytes > WAIT_BYTES
    box.pass_time(1000)
    assert len(box.lines()) == 2


async def a_write_waits_while_the_box_is_busy_but_not_for_ever():
    busy = []
    box = Box(quiet=lambda: not busy)
    busy.append(1)
    box.log.add("event", {})
    box.pass_time(WAIT_MS + WAIT_MS)
    assert box.lines() == []
    box.pass_time(1000)
    assert box.words() == ["event"]


async def it_survives_a_restart_and_goes_on():
    box = Box()
    box.log.add("first", {}, True)
    box.start()
    box.log.add("second", {}, True)
    assert [(line[0], line[2]) for line in box.lines()] == [(1, "first"), (2, "second")]


async def it_never_holds_more_than_its_limit_and_the_newest_is_always_there():
    box = Box(limit_bytes=4096)
    for number in range(300):
        box.log.add("event", {"number": number, "text": "x" * (number % 90)}, True)
        held = sum([len(box.files.read_plain(path) or b"") for path in PATHS])
        assert held <= 4096
        assert held == box.log.size_bytes
    numbers = [line[3]["number"] for line in box.lines()]
    assert numbers == list(range(numbers[0], 300))
    assert len(numbers) > 20


async def a_restart_between_two_files_knows_how_full_the_first_is():
    box = Box(limit_bytes=4096)
    for number in range(300):
        if number % 7 == 0:
            box.start()
        box.log.add("event", {"number": number}, True)
        assert box.log.size_bytes <= 4096
    assert box.lines()[-1][3]["number"] == 299


async def what_repeats_itself_is_one_line_that_says_how_often():
    box = Box()
    for _ in range(100):
        box.log.add("link", {"state": "down", "reason": "connect_failed", "retry_ms": box.now})
        box.log.add("link", {"state": "up"})
        box.pass_time(2000)
    box.pass_time(SAME_MS + WAIT_MS)
    facts = [line[3] for line in box.lines()]
    assert [one["state"] for one in facts] == ["down", "up", "down", "up"]
    assert [one.get("again") for one in facts] == [None, None, 99, 99]
    assert box.lines()[2][1] == 198000


async def what_differs_is_no_repetition():
    box = Box()
    for number in range(40):
        box.log.add("reader", {"state": "s" + str(number)})
    box.log.flush()
    assert len(box.lines()) == 40
    assert len(box.log._same) <= 12


async def the_secrets_are_masked_whoever_hands_them_in():
    box = Box()
    secret = "never-to-be-shown"
    box.log.add("config", {"password": secret, "wifi": [["Cho", secret]], "token": secret, "control_key": secret}, True)
    box.log.add("rotate", {"old": secret, "new": secret, "argument": {"x": secret}, "box_id": "box-1"}, True)
    assert secret.encode() not in bytes(box.flash.image)
    assert box.lines()[1][3] == {"old": "***", "new": "***", "argument": "***", "box_id": "box-1"}


async def what_is_too_long_is_cut():
    box = Box()
    box.log.add("task", {"trace": "x" * 5000}, True)
    box.log.add("counters", {"counters": {"counter_" + str(number): number for number in range(100)}}, True)
    assert len(box.lines()[0][3]["trace"]) == 400
    assert list(box.lines()[1][3]) == ["cut"]


async def a_line_end_in_a_text_is_no_line_end_of_the_log():
    box = Box()
    box.log.add("task", {"reason": "a\nb\r\n1 2 boot {}"}, True)
    assert box.lines()[0][3] == {"reason": "a\nb\r\n1 2 boot {}"}


async def a_crash_is_found_by_the_next_start_and_told_once():
    box = Box()
    keep_crash(box.files, "app.py:12 run; spool/held.py:9 append MemoryError")
    box.start()
    assert box.lines() == [(2, 0, "crash", {"trace": "app.py:12 run; spool/held.py:9 append MemoryError"})]
    box.start()
    assert len(box.lines()) == 1


async def a_flash_that_takes_nothing_stops_nobody_and_the_newest_lines_are_kept():
    box = Box()
    box.flash.fails = True
    for number in range(100):
        box.log.add("event", {"number": str(number)}, True)
    assert box.log.errors == 100
    assert box.log._waiting_bytes <= 2048
    assert box.log.dropped > 0
    box.flash.fails = False
    box.pass_time(2 * WAIT_MS)
    assert box.lines()[-1][3] == {"number": "99"}
    assert len(box.lines()) + box.log.dropped == 100


async def it_costs_less_than_a_block_per_batch():
    box = Box()
    before = box.flash.erases
    for number in range(1000):
        box.log.add("event", {"number": str(number), "text": "x" * 60})
        box.pass_time(10000)
    erases = box.flash.erases - before
    assert box.log.writes <= 1000 * 10000 // WAIT_MS + 1
    assert erases <= 2 * box.log.writes, (erases, box.log.writes)


told.run(globals())
