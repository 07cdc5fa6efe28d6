# Runs on MicroPython: how long an update of a whole bundle takes, with a link and a flash that are as slow as said.
#
#   pace_run.py BUNDLE OUT ROUND_TRIP_MS BYTES_PER_S ERASE_MS PROGRAM_US PIECE_BYTES WINDOW
#
# BUNDLE is JSON: {"key": hex, "folder": where the files are, "version": n, "board": name}. Every wait is a real one:
# answers come after the round trip and the time that their bytes take, one after the other; erases take ERASE_MS, and
# programs PROGRAM_US for each 256 bytes, in which nothing else runs. OUT is JSON: {"seconds", "bytes", "pieces",
# "erases", "longest_block_ms"}: the last is how long the box did nothing else at most.

import asyncio
import json
import sys
import time
from binascii import hexlify, unhexlify
from hashlib import sha256

import vfs
from ramflash import RamFlash

from firmware.files import Files
from firmware.update.slots import Slots
from firmware.update.updater import Updater
from firmware.wire import update

BOX = "box-000001"
BLOCKS = 192


class SlowFlash(RamFlash):
    erase_ms = program_us = 0

    def writeblocks(self, number, buffer, offset=0):
        time.sleep_us(self.program_us * (1 + (len(buffer) - 1) // 256))
        return super().writeblocks(number, buffer, offset)

    def ioctl(self, op, arg):
        if op == 6:
            time.sleep_ms(self.erase_ms)
        return super().ioctl(op, arg)


class Limits:
    piece_bytes = window = 0


def read(path, offset=0, length=-1):
    with open(path, "rb") as file:
        file.seek(offset)
        return file.read(length)


class Line:
    # The way to the gateway and back: one answer after the other.
    def __init__(self, folder, round_trip_ms, bytes_per_s):
        self._folder = folder
        self._round_trip_ms = round_trip_ms
        self._bytes_per_s = bytes_per_s
        self._wants = []
        self._wanted = asyncio.Event()
        self.pieces = self.bytes = 0

    def post(self, word, payload, qos):
        self._wants.append((time.ticks_add(time.ticks_ms(), self._round_trip_ms), payload))
        self._wanted.set()
        return True

    async def run(self, on_piece):
        while True:
            while not self._wants:
                await self._wanted.wait()
                self._wanted.clear()
            due_ms, payload = self._wants.pop(0)
            want = update.decode_want(payload)
            data = read(self._folder + "/" + want.path, want.offset, want.length)
            answer = update.encode_piece(update.Piece(BOX, want.version, want.path, want.offset, data))
            wait_ms = max(0, time.ticks_diff(due_ms, time.ticks_ms())) + len(answer) * 1000 // self._bytes_per_s
            await asyncio.sleep_ms(wait_ms)
            self.pieces += 1
            self.bytes += len(answer)
            on_piece(answer)


class Pulse:
    # What else runs on the box: how long it was kept waiting at most.
    longest_ms = 0

    async def run(self):
        while True:
            before_ms = time.ticks_ms()
            await asyncio.sleep_ms(1)
            self.longest_ms = max(self.longest_ms, time.ticks_diff(time.ticks_ms(), before_ms) - 1)


async def measure(given, line, flash):
    fs = vfs.VfsLfs2(flash, readsize=128, progsize=32, lookahead=32, mtime=False)
    files = Files(fs)
    files.make_folder("/a")
    files.make_folder("/b")
    files.write_plain("/a/manifest", b"1 manifest 1 0 old linux 1\n")
    files.write("/slot", b'{"active": "a", "good": "a"}')
    manifest = read(given["folder"] + "/manifest")
    digest = hexlify(sha256(manifest).digest()).decode()
    parts = {
        "files": files,
        "box_id": BOX,
        "board": given["board"],
        "limits": Limits,
        "post": line.post,
        "now_ms": time.ticks_ms,
        "count": print,
    }
    offer = update.Offer(BOX, given["version"], len(manifest), digest)
    updater = Updater(parts, Slots(files, "a"), unhexlify(given["key"]), offer, lambda *_: None)
    pulse = Pulse()
    tasks = [asyncio.create_task(line.run(updater.on_piece)), asyncio.create_task(pulse.run())]
    flash.erases = 0
    begun_ms = time.ticks_ms()
    await updater.run()
    took_ms = time.ticks_diff(time.ticks_ms(), begun_ms)
    for task in tasks:
        task.cancel()
    return {
        "seconds": took_ms / 1000,
        "bytes": line.bytes,
        "pieces": line.pieces,
        "erases": flash.erases,
        "longest_block_ms": pulse.longest_ms,
    }


def main(bundle_path, out_path, round_trip_ms, bytes_per_s, erase_ms, program_us, piece_bytes, window):
    with open(bundle_path) as file:
        given = json.load(file)
    Limits.piece_bytes, Limits.window = piece_bytes, window
    flash = SlowFlash(BLOCKS, 4096)
    vfs.VfsLfs2.mkfs(flash, readsize=128, progsize=32, lookahead=32)
    SlowFlash.erase_ms, SlowFlash.program_us = erase_ms, program_us
    result = asyncio.run(measure(given, Line(given["folder"], round_trip_ms, bytes_per_s), flash))
    with open(out_path, "w") as file:
        json.dump(result, file)


if __name__ == "__main__":
    main(*sys.argv[1:3], *[int(text) for text in sys.argv[3:]])
