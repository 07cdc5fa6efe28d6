# Runs on MicroPython: log_powercut.py PROG_BYTES MODE,MODE…   A log that fills its files and changes them, cut at every
# flash operation: after each it opens, what was written before is there as far as it may be, and it goes on.

import json
import sys

from cuts import every_cut, journal

from firmware.log import PATHS, Log, is_whole, keep_crash

LIMIT_BYTES = 4096
written = []  # (operation behind it, number)


def before(files):
    log = Log(files, 1, lambda: 0, LIMIT_BYTES)
    for number in range(30):
        log.add("event", {"number": number, "text": "x" * 40}, True)
    keep_crash(files, "app.py:12 run MemoryError")


def story(files):
    log = Log(files, 2, lambda: 0, LIMIT_BYTES)
    written.append((len(journal), 0))
    for number in range(1, 80):
        log.add("event", {"number": number, "text": "x" * (number * 7 % 90)}, True)
        written.append((len(journal), number))


def numbers(files):
    found = []
    size = 0
    for path in PATHS:
        data = files.read_plain(path) or b""
        size += len(data)
        for line in data.split(b"\n")[:-1]:
            assert is_whole(line + b"\n"), line
            _, boot, _, word, facts = line.decode().split(" ", 4)
            if boot == "2" and word == "event":
                found.append(json.loads(facts)["number"])
    assert size <= LIMIT_BYTES, size
    return found


def check(files, cut):
    kept = [number for at, number in written if at <= cut]
    found = numbers(files)
    newest = max(kept or [0])
    assert found == list(range(found[0], found[0] + len(found))) if found else newest == 0, found
    assert newest == 0 or newest in found, (newest, found)
    assert not found or found[-1] in (newest, newest + 1), (newest, found)
    log = Log(files, 3, lambda: 0, LIMIT_BYTES)
    log.add("after", {}, True)
    assert b" after {}\n" in files.read_plain(PATHS[1])
    assert (files.read_plain(PATHS[0]) or b"").count(b" crash ") + files.read_plain(PATHS[1]).count(b" crash ") <= 2
    assert files.read("/log/crash") is None


if __name__ == "__main__":
    operations, images = every_cut(before, story, check, int(sys.argv[1]), sys.argv[2].split(","))
    print(json.dumps({"operations": operations, "images": images}))
