# Runs on MicroPython: fills a spool, and measures what one plain file on the same flash costs.
#
#   box_flash.py IMAGE SCANS CODE_BYTES [ERASE_MS PROGRAM_US]
#
# ERASE_MS and PROGRAM_US (of a page of 256 bytes): what a chip's flash takes; otherwise it is as fast as this machine.
# Prints one line of JSON: erases and bytes programmed per scan, microseconds per append, for the spool and for a plain
# file that is appended to and flushed, the way without a spool; and how many scans a second can be read from the spool.
# The image keeps the spool and its scans.
import json
import os
import sys
import time

import vfs

from firmware.boards.flash_image import FlashImage
from firmware.spool import Spool
from firmware.wire.record import Scan, encode_scan

SIZE_BYTES = 4 * 1024 * 1024
BOX_ID = "box-1"


def measure(flash, append, took_us):
    # `took_us`: room for one number of each append; had at the very start, while the heap is whole
    before, scans = (flash.erases, flash.programmed_bytes), len(took_us)
    for number in range(scans):
        begun_us = time.ticks_us()
        append(number)
        took_us[number] = time.ticks_diff(time.ticks_us(), begun_us)
    took_us.sort()
    return {
        "erases": (flash.erases - before[0]) / scans,
        "bytes": (flash.programmed_bytes - before[1]) / scans,
        "p50_us": took_us[scans // 2],
        "p99_us": took_us[scans * 99 // 100],
    }


def spool(path, took_us, code_bytes, latencies):
    flash = FlashImage(path, SIZE_BYTES)
    queue = Spool.open(flash, BOX_ID, os.urandom)
    flash.make_slow(*latencies)

    def append(_):
        code = os.urandom(code_bytes)
        queue.append(lambda seq: encode_scan(Scan(BOX_ID, queue.epoch, seq, queue.boot, 1, None, None, "dir=in", code)))

    figures = measure(flash, append, took_us)
    figures["read_per_s"] = read_all(queue)
    flash.close()
    return figures


def read_all(queue):
    begun_us, seq = time.ticks_us(), 1
    while seq <= queue.last_seq:
        seq += len(queue.pick(seq, 8192, 64))
    return queue.last_seq * 1000000 / time.ticks_diff(time.ticks_us(), begun_us)


def plain_file(path, took_us, record_bytes, latencies):
    flash = FlashImage(path, SIZE_BYTES)
    vfs.VfsLfs2.mkfs(flash)
    vfs.mount(vfs.VfsLfs2(flash), "/plain")
    flash.make_slow(*latencies)
    line = os.urandom(record_bytes)
    with open("/plain/log", "wb") as file:

        def append(_):
            file.write(line)
            file.flush()

        figures = measure(flash, append, took_us)
    vfs.umount("/plain")
    flash.close()
    return figures


def main(path, scans, code_bytes, erase_ms=0, program_us=0):
    latencies, took_us = (erase_ms, program_us), [0] * scans
    figures = {
        "spool": spool(path, took_us, code_bytes, latencies),
        "plain": plain_file(path + ".plain", took_us, code_bytes + 90, latencies),
    }
    os.remove(path + ".plain")
    print(json.dumps(figures))


main(sys.argv[1], *[int(text) for text in sys.argv[2:]])
