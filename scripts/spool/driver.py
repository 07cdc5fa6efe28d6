# Runs on MicroPython: a spool behind lines of JSON, one command a line, one answer a line.
#
#   driver.py IMAGE|- BLOCKS PROG_BYTES [quick]      -: a flash in memory. quick: sync costs nothing, nothing is cut.
#  {"do": "open", "limit_bytes": n} {"do": "append", "length": n} {"do": "read", "seq": n} {"do": "pick", "first": n, …}
# {"do": "ack", …} {"do": "others"} {"do": "facts"} {"do": "fill", "count": n, "length": n} {"do": "put", "at": n,
# "hex": …} {"do": "cut", "after": n, "mode": …} {"do": "blank"} {"do": "seen"}. An answer is {"ok": …} or {"error":
# code}.

import gc
import json
import os
import sys
import time
from binascii import crc32, unhexlify

from ramflash import RamFlash
from runs import BOX, append

from firmware.boards.flash_image import FlashImage
from firmware.spool import Spool, SpoolError
from firmware.spool.birth import MARKER_BLOCKS
from firmware.spool.volume import Volume

BLOCK_BYTES = 4096


class QuickImage(FlashImage):
    def ioctl(self, operation, argument):
        return 0 if operation == 3 else super().ioctl(operation, argument)


class Driver:
    def __init__(self, image, blocks, prog_bytes, quick):
        self.blocks, self.prog_bytes = blocks, prog_bytes
        self.image = image
        self.quick = quick
        self.box_id = BOX
        self.salt = 0
        self.logged = []
        self.spool = self.flash = None
        self.blank()

    def blank(self):
        if self.image == "-":
            self.flash = RamFlash(self.blocks, BLOCK_BYTES, None, self.prog_bytes)
        else:
            kind = QuickImage if self.quick else FlashImage
            self.flash = kind(self.image, self.blocks * BLOCK_BYTES, BLOCK_BYTES, self.prog_bytes)

    def open(self, box_id=BOX, limit_bytes=None, blocks=0):
        self.spool = None
        if blocks:
            self.flash.blocks = blocks
        began_ms = time.ticks_ms()
        self.spool = Spool.open(self.flash, box_id, os.urandom, limit_bytes, self.log)
        return dict(self.facts(), took_ms=time.ticks_diff(time.ticks_ms(), began_ms))

    def log(self, event, **facts):
        self.logged.append(event)

    def seen(self):
        seen, self.logged = self.logged, []
        return seen

    def facts(self):
        spool = self.spool
        gc.collect()
        return {
            "epoch": spool.epoch,
            "boot": spool.boot,
            "first_held": spool.first_held,
            "last_seq": spool.last_seq,
            "state": spool.state,
            "waiting": spool.waiting,
            "lost": [[lost.epoch, lost.seq, lost.last_seq, lost.reason] for lost in spool.lost],
            "erases": self.flash.erases,
            "programs": self.flash.programs,
            "heap": gc.mem_alloc(),
            "stats": spool.stats(),
        }

    def append(self, length):
        self.salt += 1
        seq, record = append(self.spool, self.salt, length)
        return [seq, shown(record)]

    def oversize(self, length):
        self.spool.append(lambda seq: b"x" * length)

    def fill(self, count, length):
        # Says what is green at once, as the box does: whoever kills it knows.
        peak = 0
        for _ in range(count):
            said = self.append(length)
            peak = max(peak, gc.mem_alloc())
            if not self.quick:
                print(json.dumps({"green": said}))
        return peak

    def read(self, seq):
        record = self.spool.read(seq)
        return record and shown(record)

    def pick(self, first=1, max_bytes=8192, max_records=64):
        return [[seq, shown(record)] for seq, record in self.spool.pick(first, max_bytes, max_records)]

    def others(self):
        return [[epoch, seq, shown(record), record[:6].decode()] for epoch, seq, record in self.spool.others()]

    def statement(self, epoch):
        return self.spool.statement(epoch)

    def ack(self, epoch, complete_to, highest):
        return self.spool.ack(epoch, complete_to, highest)

    def drain(self, leave):
        # -> [records, milliseconds, longest pick and ack in microseconds]
        spool = self.spool
        began_ms, count, longest_us = time.ticks_ms(), 0, 0
        while spool.waiting > leave:
            began_us = time.ticks_us()
            picked = spool.pick(spool.first_held, 8192, 64)
            count += len(picked)
            spool.ack(spool.epoch, picked[-1][0], picked[-1][0])
            longest_us = max(longest_us, time.ticks_diff(time.ticks_us(), began_us))
        return [count, time.ticks_diff(time.ticks_ms(), began_ms), longest_us]

    def put(self, at, hex, times=1):
        data = unhexlify(hex) * times
        self.flash.image[at : at + len(data)] = data

    def find(self, text):
        # -> where it lies in the flash, wherever that is
        found, at = [], self.flash.image.find(text.encode())
        while at >= 0:
            found.append(at)
            at = self.flash.image.find(text.encode(), at + 1)
        return found

    def unlink(self, folder):
        # Removes the first file of a folder behind the spool's back. -> its name
        volume = Volume(self.flash, self.blocks - MARKER_BLOCKS)
        name = sorted([name for name, _ in volume.sizes(folder)])[0]
        volume.remove(folder + "/" + name)
        volume.close()
        return name

    def cut(self, after, mode="half"):
        self.flash.cut_after(after, mode)

    def fail(self, operations):
        # From now on every program and erase fails, after so many that do not.
        left = [operations]
        write, control = self.flash.writeblocks, self.flash.ioctl

        def failing_write(number, buffer, offset=0):
            left[0] -= 1
            return -5 if left[0] < 0 else write(number, buffer, offset)

        def failing_ioctl(operation, argument):
            left[0] -= operation == 6
            return -5 if left[0] < 0 and operation == 6 else control(operation, argument)

        self.flash = Failing(self.flash, failing_write, failing_ioctl)
        self.spool = Spool.open(self.flash, BOX, os.urandom)


class Failing:
    def __init__(self, flash, writeblocks, ioctl):
        self.flash = flash
        self.readblocks, self.writeblocks, self.ioctl = flash.readblocks, writeblocks, ioctl
        self.prog_bytes, self.image = flash.prog_bytes, flash.image
        self.erases = self.programs = 0


def shown(record):
    return f"{crc32(record) & 0xFFFFFFFF:08x}"


def main(image, blocks, prog_bytes, quick=""):
    driver = Driver(image, int(blocks), int(prog_bytes), bool(quick))
    while True:
        line = sys.stdin.readline()
        if not line:
            return
        command = json.loads(line)
        do = getattr(driver, command.pop("do"))
        try:
            answer = {"ok": do(**command)}
        except SpoolError as bad:
            answer = {"error": bad.code, "detail": bad.detail}
        print(json.dumps(answer))


if __name__ == "__main__":
    main(*sys.argv[1:])
