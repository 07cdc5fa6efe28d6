# Runs on MicroPython: succession_cuts.py GIVEN PROG_BYTES   Another key of the fleet's is taken, with a power cut at
# every flash operation of that, in every way of tearing; and so at every one of what goes on from there.

import asyncio
import json
import sys
from binascii import hexlify, unhexlify

import cuts
from cuts import every_cut

from firmware.provision import succession

cuts.OURS.pop("/fleet.key")
KEPT = {"/id.b": b'{"box_id": "box-1"}', "/slot": b"{}"}

with open(sys.argv[1]) as file:
    given = json.loads(file.read())
OLD, NEW = unhexlify(given["old"]), unhexlify(given["new"])
TEXT, BACK = given["text"].encode(), given["back"].encode()


def take(files, data):
    return asyncio.run(succession.take(files, data, None))


def key(files):
    return unhexlify(files.read_plain(succession.KEY))


def names(files):
    return [entry[0] for entry in files.fs.ilistdir("/")]


def before(files):
    files.write_plain(succession.KEY, hexlify(OLD))
    for path, data in KEPT.items():
        files.write(path, data)


def before_decided(files):
    # cut off after the first step
    before(files)
    files.write(succession.NEXT, TEXT)


def before_changed(files):
    # cut off after the second one
    before_decided(files)
    files.write_plain(succession.KEY, hexlify(NEW))


def check(files, cut):
    for path, data in KEPT.items():
        assert files.read(path) == data, path
    assert key(files) in (OLD, NEW)
    is_new = key(files) == NEW
    if is_new:  # never without its number
        assert TEXT in (files.read(succession.NEXT), files.read(succession.LAST))
    succession.finish(files)
    assert key(files) == NEW or not is_new
    assert succession.NEXT[1:] not in names(files)
    if key(files) == NEW:
        assert take(files, BACK) == "key_replayed"
    assert take(files, TEXT) is None
    assert key(files) == NEW
    assert files.read(succession.LAST) == TEXT
    assert take(files, BACK) == "key_replayed"
    assert key(files) == NEW


if __name__ == "__main__":
    operations = images = 0
    stories = (
        (before, lambda files: take(files, TEXT)),
        (before_decided, succession.finish),
        (before_changed, succession.finish),
    )
    for begin, story in stories:
        told = every_cut(begin, story, check, int(sys.argv[2]))
        operations, images = operations + told[0], images + told[1]
    print(json.dumps({"operations": operations, "images": images}))
