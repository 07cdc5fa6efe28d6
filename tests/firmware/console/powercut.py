# Runs on MicroPython: powercut.py PROG_BYTES MODE,MODE… [shut]   A box is made new, with a power cut at every flash
# operation of that: whatever is left, the next start finishes it, and nobody becomes a new box with old secrets.
# shut: the spool cannot be opened. What lies elsewhere goes all the same, and the wipe is not over before it can be.

import json
import sys
import time

import cuts
from cuts import every_cut
from ramflash import RamFlash

from firmware import wipe

KEPT = ("/slot", "/board")
GONE = ("/id.a", "/id.b", "/set/good", "/cmd/done", "/log/now", "/log/old", "/config.json")
CONTENT = b'{"password": "never-to-be-shown", "wifi": [["Cho", "mat-khau-wifi"]]}' * 12
wipe._SPARE_BLOCKS = 6
cuts.OURS.pop("/id.a")


class Refused(Exception):
    def __init__(self, code, **facts):
        super().__init__(code)
        self.code = code


class Reset(Exception):
    pass


class Board:
    has_screen = False
    ticks_ms = time.ticks_ms
    ticks_diff = time.ticks_diff

    def light(self, red, green, blue):
        pass

    def tone(self, hz):
        pass

    def draw(self, outcome, signal, facts):
        pass

    def say(self, event, facts):
        pass

    def watchdog(self, timeout_ms):
        return self

    def feed(self):
        pass

    def reset(self):
        raise Reset


class Box:
    def __init__(self, files):
        self.files, self.board, self.config = files, Board(), self
        self.box_id = "box-1"


def before(files):
    for folder in ("/set", "/cmd", "/log", "/a"):
        files.make_folder(folder)
    for path in GONE + KEPT:
        files.write(path, CONTENT)
    files.write("/a/manifest", b"1 manifest 7")


def is_begun(files):
    return files.read(wipe.MARK) is not None


def until_reset(do, *what):
    try:
        do(*what)
    except Reset:
        return
    raise AssertionError("no reset")


def story(files):
    argument = {"box": "box-1", "unsent": 3}
    until_reset(wipe.begin, Box(files), 3, argument, Refused, lambda: None)
    until_reset(wipe.run, Board(), files, spool())


def shut_story(files):
    argument = {"box": "box-1", "unsent": 3}
    until_reset(wipe.begin, Box(files), 3, argument, Refused, lambda: None)
    assert not wipe.run(Board(), files, None)
    assert is_begun(files)


def check_shut(files, cut):
    if is_begun(files):
        wipe.run(Board(), files, None)
        for path in GONE:
            assert files.read(path) is None, path
        assert is_begun(files)
    check(files, cut)


def spool():
    flash = RamFlash(4, 4096)
    flash.writeblocks(2, b"1 scan box-1 someone" + b" " * 12)
    return flash


def check(files, cut):
    assert files.read("/a/manifest") == b"1 manifest 7"
    for path in KEPT:
        assert files.read(path) == CONTENT, path
    if not is_begun(files):
        there = [path for path in GONE if files.read(path) is not None]
        assert there in ([], list(GONE)), there
        if there:
            return  # it had not been decided
    else:
        last = spool()
        until_reset(wipe.run, Board(), files, last)
        assert last.image.count(b"\xff") == len(last.image)
    for path in GONE:
        assert files.read(path) is None, path
    assert not is_begun(files)
    assert [entry[0] for entry in files.fs.ilistdir("/") if entry[0] in ("wipe", "wipe.fill", "set", "log")] == []


if __name__ == "__main__":
    stories = (shut_story, check_shut) if sys.argv[3:] else (story, check)
    operations, images = every_cut(before, *stories, int(sys.argv[1]), sys.argv[2].split(","))
    print(json.dumps({"operations": operations, "images": images}))
