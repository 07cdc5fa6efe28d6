# Runs on MicroPython: what a scan costs in flash, for several layouts of a spool on littlefs.
#
#   wear.py PROG_BYTES RECORDS CODE_BYTES
#
# Prints one line of JSON for each layout: erases and bytes programmed per record, and how many erases one append waits
# for (p99 and most). `backlog`: nothing is acked. `live`: each record is acked before the next.

import json
import sys

import vfs
from ramflash import RamFlash
from runs import BOX, Draw, scan

from firmware.spool import Spool, held, mirror

BLOCKS, BLOCK_BYTES = 512, 4096


class File:
    # One growing file, appended to and flushed.
    read_bytes = 32

    def __init__(self, flash):
        sizes = {"readsize": max(self.read_bytes, flash.prog_bytes), "progsize": flash.prog_bytes}
        vfs.VfsLfs2.mkfs(flash, **sizes)
        self.fs = vfs.VfsLfs2(flash, mtime=False, **sizes)
        self.file = None
        self.seq = 0

    def record(self, length):
        self.seq += 1
        head = f"1 scan box-1 0123456789ab {self.seq} 1 1234567 - - - {length} 01234567\n"
        return head.encode() + b"x" * length + b"\n"

    def append(self, length):
        self.roll()
        self.file.write(self.record(length))
        self.file.flush()

    def roll(self):
        if self.file is None:
            self.file = self.fs.open("/queue", "ab")

    def ack(self):
        pass

    def close(self):
        if self.file is not None:
            self.file.close()


class Segments(File):
    # A file for every 64 records.
    count = 64

    def roll(self):
        if self.seq % self.count == 0:
            self.close()
            self.file = self.fs.open(f"/{self.seq + 1:08x}", "ab")

    def ack(self):
        if self.seq % self.count == 0:
            self.file.close()
            self.file = None
            self.fs.remove(f"/{self.seq - self.count + 1:08x}")


class ShortSegments(Segments):
    count = 16


class FilePerRecord(File):
    read_bytes = 128

    def append(self, length):
        with self.fs.open(f"/{self.seq + 1:08x}", "wb") as file:
            file.write(self.record(length))

    def ack(self):
        self.fs.remove(f"/{self.seq:08x}")


class Ours:
    def __init__(self, flash):
        self.spool = Spool.open(flash, BOX, Draw(1).bytes)

    def append(self, length):
        self.spool.append(lambda seq: scan(self.spool, seq, 1234567, length))

    def ack(self):
        self.spool.ack(self.spool.epoch, self.spool.last_seq, self.spool.last_seq)

    def close(self):
        pass


def measure(name, layout, prog_bytes, records, length, live):
    flash = RamFlash(BLOCKS, BLOCK_BYTES, None, prog_bytes)
    queue = layout(flash)
    erases, programmed = flash.erases, flash.programmed_bytes
    waits = []
    for _ in range(records):
        before = flash.erases
        queue.append(length)
        waits.append(flash.erases - before)
        if live:
            queue.ack()
    queue.close()
    waits.sort()
    line = {
        "layout": name,
        "prog_bytes": prog_bytes,
        "live": live,
        "erases": (flash.erases - erases) / records,
        "bytes": (flash.programmed_bytes - programmed) / records,
        "p99": waits[records * 99 // 100],
        "most": waits[-1],
    }
    print(json.dumps(line))


def main(prog_bytes, records, length):
    layouts = (
        ("one growing file", File),
        ("a file for 64 records", Segments),
        ("a file for 16 records", ShortSegments),
        ("a file for each record", FilePerRecord),
    )
    for live in (False, True):
        for name, layout in layouts:
            few = 400 if layout is FilePerRecord and not live else records
            measure(name, layout, prog_bytes, few, length, live)
        for sides in (("/a",), ("/a", "/b")):
            for slots in (4, 8, 12):
                mirror.SIDES, mirror.SLOTS, held.SLOTS = sides, slots, slots
                name = f"{slots} slots{' twice' if len(sides) == 2 else ''}, segments"
                measure(name, Ours, prog_bytes, records, length, live)


if __name__ == "__main__":
    main(*[int(text) for text in sys.argv[1:4]])
