# Runs on MicroPython: a flash that is damaged at random, opened, emptied into a gateway, and used again.
#
#   damage.py PROG_BYTES FIRST_SEED SEEDS
#
# Whatever the damage: nothing crashes, nothing is invented, what was green is served or declared lost, the spool
# becomes usable again once the gateway has answered, and no number is given twice.

import json
import sys

from ramflash import RamFlash
from runs import BOX, Draw, Story, append, check

from firmware.spool import Spool, SpoolError
from firmware.wire.record import decode
from firmware.wire.spans import Spans

BLOCKS, BLOCK_BYTES = 64, 4096
HURTS = ("bit", "bits", "zero", "erase", "garbage", "page", "end", "many")


class Backlog(Story):
    # Live scans, then a backlog of several segments, partly freed.
    def tell(self):
        draw = self._draw
        self.open()
        for _ in range(20 + draw(20)):
            self.append(60 + draw(120))
            self.ack(self.spool.last_seq)
        for _ in range(30 + draw(120)):
            try:
                self.append()
            except SpoolError as bad:
                check(bad.code == "full", bad.code)
                break
            if draw(40) == 0:
                self.open()
        self.ack(self.spool.first_held + draw(self.spool.waiting))
        for _ in range(draw(12) if self.spool.state == "ok" else 0):
            self.append(150)


class Gateway:
    # Keeps what it is sent, and acks like the real one.
    def __init__(self, acked):
        self.records = {}
        self.declared = {}
        self.spans = {epoch: Spans([[1, seq]]) for epoch, seq in acked.items() if seq}

    def take(self, epoch, seq, data, first_held):
        record = decode(data)
        check((record.epoch, record.seq) == (epoch, seq), "not what it says it is")
        spans = self.spans.setdefault(epoch, Spans())
        if first_held > 1:
            spans.add(1, first_held - 1)
        if len(record) == 5:
            self.declared.setdefault(epoch, []).append((seq, record.last_seq))
            spans.add(seq, seq if record.last_seq is None else record.last_seq)
        else:
            self.records[epoch, seq] = data
            spans.add(seq)

    def ack(self, spool, epoch):
        spans = self.spans[epoch]
        spool.ack(epoch, spans.complete_to(), spans.highest())

    def covers(self, epoch, seq):
        if (epoch, seq) in self.records:
            return True
        for first, last in self.declared.get(epoch, ()):
            if first <= seq and (last is None or seq <= last):
                return True
        # an earlier spool of unknown epoch
        return any((0, 0) in ranges for ranges in self.declared.values())


def hurt(image, kind, draw):
    length = len(image)
    if kind in ("bit", "bits", "many"):
        for _ in range({"bit": 1, "bits": 2 + draw(20), "many": 400}[kind]):
            image[draw(length)] ^= 1 << draw(8)
        return
    if kind == "end":
        at = draw(length)
        image[at:] = b"\xff" * (length - at)
        return
    for _ in range(1 + draw(3)):
        size = 256 if kind == "page" else BLOCK_BYTES
        at = draw(length // size) * size
        fill = {"zero": b"\x00", "erase": b"\xff", "page": b"\x00"}.get(kind)
        image[at : at + size] = fill * size if fill else draw.bytes(size)


def empty(spool, gateway):
    # -> True once nothing is left to be answered
    for _ in range(400):
        others = spool.others()
        touched = []
        for epoch, seq, data in others:
            gateway.take(epoch, seq, data, spool.statement(epoch)[0])
            if epoch not in touched:
                touched.append(epoch)
        for epoch in touched:
            if spool.state != "rescue" or epoch != spool.epoch:
                answer(spool, gateway, epoch)
        # number 0 is answered with the first scan
        busy = bool([seq for _, seq, _ in others if seq])
        for seq, data in spool.pick(spool.first_held, 8000, 40):
            gateway.take(spool.epoch, seq, data, spool.first_held)
            busy = True
        for epoch, seq, data in spool.others():
            gateway.take(epoch, seq, data, spool.statement(epoch)[0])
        if spool.epoch in gateway.spans and spool.state != "rescue":
            answer(spool, gateway, spool.epoch)
        if not busy and not spool.waiting and spool.state != "fault":
            return True
    return False


def answer(spool, gateway, epoch):
    try:
        gateway.ack(spool, epoch)
    except SpoolError as bad:
        # a flash that cannot be written any more goes over into a rescue, and it goes on from there
        if bad.code not in ("flash", "ack_other_epoch"):
            raise


def one(image, story, draw, prog_bytes):
    flash = RamFlash(BLOCKS, BLOCK_BYTES, image, prog_bytes)
    green = {}
    acked = {}
    for event in story.events:
        if event[2] == "append":
            green[event[3], event[4]] = event[5]
        elif event[2] == "ack":
            acked[event[3]] = event[4]
    spool = Spool.open(flash, BOX, draw.bytes)
    state = spool.state
    gateway = Gateway(acked)
    check(empty(spool, gateway), "it does not come to an end in", spool.state)
    for (epoch, seq), data in gateway.records.items():
        check(green.get((epoch, seq)) == data, "invented", epoch, seq)
    for epoch, seq in green:
        check(seq <= acked.get(epoch, 0) or gateway.covers(epoch, seq), "lost without a word", seq)
    for number in range(12):
        seq, _ = append(spool, 7000 + number, 200)
        check((spool.epoch, seq) not in green, "a number given twice", seq)
    check(empty(spool, gateway), "it does not come to an end again")
    check(not spool.lost and spool.state == "ok", "not sound again", spool.state)
    last = spool.epoch, spool.last_seq
    spool = Spool.open(flash, BOX, draw.bytes)
    check((spool.epoch, spool.last_seq) == last, "the new scans are gone")
    saved = len([1 for epoch, seq in green if seq > acked.get(epoch, 0) and (epoch, seq) in gateway.records])
    return state, saved, len([1 for epoch, seq in green if seq > acked.get(epoch, 0)])


def main(prog_bytes, first_seed, seeds):
    counts = {}
    kept = wanted = 0
    for seed in range(first_seed, first_seed + seeds):
        draw = Draw(seed * 7919 + prog_bytes)
        flash = RamFlash(BLOCKS, BLOCK_BYTES, None, prog_bytes)
        story = Backlog(flash, seed)
        for kind in HURTS:
            image = bytearray(flash.image)
            hurt(image, kind, draw)
            try:
                state, saved, green = one(image, story, draw, prog_bytes)
            except Exception:
                print("seed", seed, kind)
                raise
            counts[kind + " " + state] = counts.get(kind + " " + state, 0) + 1
            kept += saved
            wanted += green
        print(f"seed {seed - first_seed + 1} of {seeds}")
    print("counts", sorted(counts.items()))
    print("done", json.dumps({"images": seeds * len(HURTS), "green": wanted, "saved": kept}))


if __name__ == "__main__":
    main(*[int(text) for text in sys.argv[1:4]])
