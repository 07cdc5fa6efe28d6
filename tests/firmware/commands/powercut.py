# Runs on MicroPython: powercut.py PROG_BYTES MODE,MODE…   Commands, with a power cut at every flash operation of
# theirs: none is executed twice, and none that was executed is unknown to the box that starts after the cut.

import json
import sys

from cuts import every_cut, journal

from firmware.commands.done import MOST, Done
from firmware.wire.command import Command

BOOT = "3fa2b1c0d9e8"
COUNT = 12
reached = []  # (operation at which it was reached, id, what)


def command(number):
    return Command("box-1", f"{number:012x}", BOOT, 10000 + number, "drop_wifi", b"")


def before(files):
    for number in range(MOST - 4):
        Done(files).put(command(number), "done", b'{"wrong": []}')


def story(files):
    # as work.py does it: begun, executed, done
    for number in range(100, 100 + COUNT):
        Done(files).put(command(number), "begun")
        reached.append((len(journal), number, "executed"))
        Done(files).put(command(number), "done", b'{"wrong": []}' * 8)
        reached.append((len(journal), number, "answered"))


def check(files, cut):
    done = Done(files)
    for at, number, what in reached:
        if at <= cut:
            known = done.find(f"{number:012x}")
            assert known is not None, (number, what)
            assert what == "executed" or known[0] == "done", (number, known)
    begun = done.begun()
    assert len(begun) <= 1, begun
    for command_id, _ in begun:
        done.settle(command_id, "interrupted")
    assert Done(files).begun() == []


if __name__ == "__main__":
    operations, images = every_cut(before, story, check, int(sys.argv[1]), sys.argv[2].split(","))
    print(json.dumps({"operations": operations, "images": images, "reached": len(reached)}))
