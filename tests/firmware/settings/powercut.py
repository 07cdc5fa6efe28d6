# Runs on MicroPython: powercut.py STORY PROG_BYTES MODE,MODE…   A change of settings, cut at every flash operation.
# After each the box starts with the old settings or the new ones, whole, and goes on from there to where it would have
# got without the cut.

import json
import sys

from cuts import every_cut

from firmware import config
from firmware.settings.choose import MOST_STARTS, choose
from firmware.settings.store import Store

BASE = {"box_id": "box-1", "password": "never-to-be-shown", "gate": {"place": "cho-tra-vinh", "gate": "cong-1"}}
WISHES = {
    0: "{}",
    1: json.dumps({"marks": "v=1", "gate": {"name": "Cổng 1", "direction": "in"}, "accept": {"min_bytes": 1}}),
    2: json.dumps({"marks": "v=2", "gate": {"name": "Cổng 2" + "x" * 40}, "accept": {"repeat_window_ms": 2222}}),
}
LONG = 5000  # so long that it is in blocks of its own


def read(text):
    return config.read(BASE) if text is None else config.settle(BASE, text)


WHOLE = {version: repr(read(WISHES[version])) for version in WISHES}


def start(files, allowed):
    # a start of the box: whole settings of one version, never a mix
    version, chosen, reader_before, refused = choose(files, read)
    assert version in allowed, version
    assert repr(chosen) == WHOLE[version], version
    return version, reader_before is not None, refused


def good_1(files):
    Store(files).try_out(1, "ready", WISHES[1], 1)
    Store(files).confirm()


def to_the_end(files, version, on_trial):
    if on_trial:
        Store(files).confirm()
        on_trial = False
    if version == 1:  # the wish was not kept: the gateway says it again
        Store(files).try_out(2, "ready", WISHES[2])
        version, on_trial, _ = start(files, (2,))
        return to_the_end(files, version, on_trial)
    assert start(files, (2,)) == (2, False, None)


def confirmed(files):
    Store(files).try_out(2, "ready", WISHES[2])
    start(files, (2,))
    Store(files).confirm()


def check_confirmed(files, cut):
    version, on_trial, refused = start(files, (1, 2))
    assert refused is None
    to_the_end(files, version, on_trial)


def given_up(files):
    Store(files).try_out(2, "ready", WISHES[2])
    start(files, (2,))
    Store(files).give_up(2, "cut_off")


def check_given_up(files, cut):
    version, on_trial, refused = start(files, (1, 2))
    assert on_trial == (version == 2)
    if on_trial:
        Store(files).give_up(2, "cut_off")
        version, on_trial, refused = start(files, (1,))
    assert (version, on_trial) == (1, False)
    assert refused in (None, (2, "cut_off", ""))
    assert start(files, (1,)) == (1, False, refused)


def starts_again_and_again(files):
    Store(files).try_out(2, "ready", WISHES[2])
    for _ in range(MOST_STARTS + 1):
        start(files, (1, 2))


def check_starts(files, cut):
    for _ in range(MOST_STARTS + 1):
        version, on_trial, refused = start(files, (1, 2))
    assert (version, on_trial) == (1, False)
    assert refused in (None, (2, "starts", ""))


def first_wish(files):
    Store(files).try_out(1, "ready", WISHES[1])
    start(files, (1,))
    Store(files).confirm()


def check_first(files, cut):
    version, on_trial, refused = start(files, (0, 1))
    assert on_trial or version == 0 or Store(files).good()[0] == 1
    assert refused is None


def nothing(files):
    pass


STORIES = {
    "confirmed": (good_1, confirmed, check_confirmed),
    "given_up": (good_1, given_up, check_given_up),
    "starts": (good_1, starts_again_and_again, check_starts),
    "first": (nothing, first_wish, check_first),
}

if __name__ == "__main__":
    if sys.argv[4:] == ["long"]:
        for version in (1, 2):
            WISHES[version] = WISHES[version][:-1] + " " * LONG + "}"
    operations, images = every_cut(*STORIES[sys.argv[1]], int(sys.argv[2]), sys.argv[3].split(","))
    print(json.dumps({"operations": operations, "images": images}))
