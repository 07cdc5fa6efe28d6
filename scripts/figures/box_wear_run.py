# Runs on MicroPython: erases of a spool, each scan acked before the next (`live`) and none acked (`backlog`), and of a
# plain file that is appended to and flushed (`plain`); `most`: those of the block that was erased most, live.
#
#   box_wear_run.py BLOCKS PROG_BYTES SCANS CODE_BYTES
#
# A backlog that fills a small spool is acked as a whole, and begins again.
import json
import os
import sys

import vfs
from ramflash import RamFlash

from firmware.spool import Spool
from firmware.wire.record import Scan, encode_scan

BOX_ID = "box-1"


class Counting(RamFlash):
    # Erases of each block.
    def __init__(self, blocks, prog_bytes):
        super().__init__(blocks, 4096, prog_bytes=prog_bytes)
        self.each = [0] * blocks

    def ioctl(self, operation, argument):
        if operation == 6:
            self.each[argument] += 1
        return super().ioctl(operation, argument)


def append(queue, code):
    queue.append(lambda seq: encode_scan(Scan(BOX_ID, queue.epoch, seq, queue.boot, 1, None, None, "dir=in", code)))


def ack_all(queue):
    queue.ack(queue.epoch, queue.last_seq, queue.last_seq)


def spool(flash, scans, code_bytes, is_live):
    queue = Spool.open(flash, BOX_ID, os.urandom)
    before, each = flash.erases, list(flash.each)
    for _ in range(scans):
        code = os.urandom(code_bytes)
        try:
            append(queue, code)
        except queue.Error as bad:
            if bad.code != "full":
                raise
            ack_all(queue)
            append(queue, code)
        if is_live:
            ack_all(queue)
    return flash.erases - before, max([now - then for now, then in zip(flash.each, each)])


def plain_file(flash, scans, record_bytes):
    sizes = {"readsize": max(32, flash.prog_bytes), "progsize": flash.prog_bytes}
    vfs.VfsLfs2.mkfs(flash, **sizes)
    fs = vfs.VfsLfs2(flash, mtime=False, **sizes)
    before, line = flash.erases, os.urandom(record_bytes)
    most = flash.blocks * 4096 // 2
    number = 0
    while number < scans:
        with fs.open("/log", "wb") as file:  # begun anew before it fills the flash
            written = 0
            while number < scans and written < most:
                file.write(line)
                file.flush()
                number += 1
                written += record_bytes
    return flash.erases - before


def main(blocks, prog_bytes, scans, code_bytes):
    live, most = spool(Counting(blocks, prog_bytes), scans, code_bytes, True)
    backlog, _ = spool(Counting(blocks, prog_bytes), scans, code_bytes, False)
    plain = plain_file(Counting(blocks, prog_bytes), scans, code_bytes + 90)
    print(json.dumps({"live": live, "most": most, "backlog": backlog, "plain": plain}))


main(*[int(text) for text in sys.argv[1:]])
