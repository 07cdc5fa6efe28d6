# Runs on MicroPython: a power cut at every flash operation of a run, in every tearing mode, and cuts in the recovery.
#
#   powercut.py RUN PROG_BYTES SEED STRIDE OFFSET NESTED MODE,MODE…
#
# The run is made once, with a journal of its flash operations. Then, for every STRIDE-th operation from OFFSET on and
# for every mode, the image is made in which that operation is torn, opened, and checked; NESTED operations of that
# recovery are torn in turn. Prints `cut N of M` lines and at the end `done {"cuts": …}`; the first broken rule ends it
# with a traceback.

import json
import sys

from ramflash import RamFlash, apply, torn
from runs import BOX, RUNS, Draw, append, check

from firmware.spool import Spool
from firmware.spool.carve import Carver
from firmware.spool.flash import Flash

BLOCKS, BLOCK_BYTES = 64, 4096


class Truth:
    # What may and what must be on the flash when operation `cut` is torn.
    def __init__(self, story, cut):
        self.must = {}  # (epoch, seq) -> record: was green
        self.may = {}  # what append was busy with
        self.acked = {}  # epoch -> highest ack that was begun
        self.epochs = []  # of opens that returned
        self.boots = {}
        for event in story.events:
            begun, ended, kind = event[:3]
            if begun > cut:
                break
            returned = ended <= cut
            if kind == "append":
                (self.must if returned else self.may)[event[3], event[4]] = event[5]
            elif kind == "ack":
                self.acked[event[3]] = max(self.acked.get(event[3], 0), event[4])
            elif kind == "open" and returned:
                if event[3] not in self.epochs:
                    self.epochs.append(event[3])
                self.boots[event[3]] = event[4]

    def known(self, epoch, seq):
        return self.must.get((epoch, seq)) or self.may.get((epoch, seq))


def served(spool):
    # -> {(epoch, seq): record} of everything that the spool gives
    found = {}
    first = spool.first_held
    while True:
        picked = spool.pick(first, 6000, 50)
        for seq, record in picked:
            check((spool.epoch, seq) not in found, "given twice", seq)
            found[spool.epoch, seq] = record
        if not picked:
            break
        first = picked[-1][0] + 1
    if spool.state == "rescue":
        quiet = 0
        while quiet < 3:
            fresh = 0
            for epoch, seq, record in spool.others():
                if record.startswith(b"1 scan") and (epoch, seq) not in found:
                    found[epoch, seq] = record
                    fresh += 1
            quiet = 0 if fresh else quiet + 1
    return found


def check_opened(flash, truth, story, depth):
    spool = Spool.open(flash, BOX, Draw(depth + 77).bytes, story.limit_bytes)
    found = served(spool)
    for (epoch, seq), record in found.items():
        check(truth.known(epoch, seq) == record, "invented", epoch, seq, depth)
    for epoch, seq in truth.must:
        check(seq <= truth.acked.get(epoch, 0) or (epoch, seq) in found, "lost a green scan", epoch, seq, depth)
    story.check_state(spool, truth)
    if spool.state == "ok" and truth.epochs and spool.epoch == truth.epochs[-1]:
        check(spool.boot > truth.boots[spool.epoch], "boot", spool.boot)
        given = [seq for epoch, seq in truth.must if epoch == spool.epoch]
        tried = [seq for epoch, seq in truth.may if epoch == spool.epoch]
        check(max(given or [0]) <= spool.last_seq <= max(given + tried + [0]), "last_seq", spool.last_seq)
        check(spool.first_held <= truth.acked.get(spool.epoch, 0) + 1, "first_held", spool.first_held)
    return spool, found


def check_goes_on(spool, flash, truth, story):
    # The next scan gets a number that nobody has, and the flash holds no other bytes under any number.
    if spool.state == "rescue":
        story.finish_rescue(spool)
    epoch = spool.epoch
    bytes_of = {}
    for number in range(2):
        seq, record = append(spool, 9000 + number, 150)
        check((epoch, seq) not in truth.must, "a number given twice", seq)
        bytes_of[seq] = record
    boot = spool.boot
    spool = Spool.open(flash, BOX, Draw(5).bytes, story.limit_bytes)
    check(spool.epoch == epoch and spool.boot == boot + 1 and spool.state != "rescue", "after", spool.state)
    for seq, record in bytes_of.items():
        check(spool.read(seq) == record, "a new scan is gone", seq)
    carver = Carver(Flash(flash), BLOCKS - 2, BOX)
    for number in range(BLOCKS - 2):
        for found_epoch, seq, record in carver.block(number):
            right = bytes_of.get(seq) if found_epoch == epoch and seq in bytes_of else truth.known(found_epoch, seq)
            check(right == record, "two contents under one number", found_epoch, seq)


def recover(image, truth, story, nested, modes, prog_bytes, draw):
    # -> how many images were checked
    flash = RamFlash(BLOCKS, BLOCK_BYTES, image, prog_bytes)
    flash.journal = journal = []
    spool, _ = check_opened(flash, truth, story, 0)
    flash.journal = None
    check_goes_on(spool, flash, truth, story)
    count = 1
    if not nested or not journal:
        return count
    points = range(len(journal)) if len(journal) <= nested else sorted([draw(len(journal)) for _ in range(nested)])
    for point in points:
        again = bytearray(image)
        for operation in journal[:point]:
            apply(again, operation, BLOCK_BYTES)
        torn(again, journal[point], BLOCK_BYTES, modes[draw(len(modes))], draw)
        flash = RamFlash(BLOCKS, BLOCK_BYTES, again, prog_bytes)
        spool, _ = check_opened(flash, truth, story, 1)
        check_goes_on(spool, flash, truth, story)
        count += 1
    return count


def main(name, prog_bytes, seed, stride, offset, nested, modes):
    flash = RamFlash(BLOCKS, BLOCK_BYTES, None, prog_bytes)
    story = RUNS[name](flash, seed)
    journal, image = story.journal, story.before
    draw = Draw(seed + 1)
    images = cuts = 0
    for cut in range(len(journal)):
        if cut % stride == offset:
            truth = Truth(story, cut)
            for mode in modes:
                broken = bytearray(image)
                torn(broken, journal[cut], BLOCK_BYTES, mode, draw)
                try:
                    images += recover(broken, truth, story, nested, modes, prog_bytes, draw)
                except Exception:
                    print("cut", cut, "of", len(journal), "mode", mode)
                    raise
            cuts += 1
            print(f"cut {cut + 1} of {len(journal)}")
        apply(image, journal[cut], BLOCK_BYTES)
    print("done", json.dumps({"operations": len(journal), "cuts": cuts, "images": images}))


if __name__ == "__main__":
    main(sys.argv[1], *[int(text) for text in sys.argv[2:7]], sys.argv[7].split(","))
