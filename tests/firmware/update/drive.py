# Runs on MicroPython: a box's door for updates on a volume in memory, and a gateway that may err. drive.py CASE OUT
#
# CASE is JSON: "files" (path on the volume: hex), "slot" (what /slot says), "running", "serve" (path: hex),
# "faults" ([[n, what], …]: what the answer to the n-th want suffers, -1: every one), "messages" (hex, given one after
# the other, each when the one before has led to rest; a list of them is given at once), "there", "limits".
# OUT is written: JSON with "says", "counters", "facts", "slot", "files" (path: SHA-256), "restarts", "wants".
import asyncio
import gc
import json
import sys
import time
from binascii import hexlify, unhexlify
from hashlib import sha256

import vfs
from ramflash import RamFlash

from firmware.files import Files
from firmware.update import fetch
from firmware.update.door import Door
from firmware.wire import update
from firmware.wire.errors import WireError

BOX = "box-000001"
SETTLED = ("refused", "idle", "restarting")
fetch.FIRST_WAIT_MS, fetch.LONGEST_WAIT_MS = 20, 40


class Limits:
    confirm_s = give_up_s = 1
    piece_bytes = 1024
    window = 2


class Gateway:
    # Answers wants; one in flight is answered when the loop comes round.
    def __init__(self, case):
        self._serve = {path: unhexlify(data) for path, data in case["serve"].items()}
        self._faults = case.get("faults", [])
        self._said = case.get("at_want", {})
        self._next = case.get("serve_next")
        self.wants = []
        self._held = None
        self.out = []

    def post(self, word, payload, qos):
        want = update.decode_want(payload)
        number = len(self.wants)
        self.wants.append([want.path, want.offset, want.length])
        said = self._said.get(str(number))
        if said:
            self.out.append(unhexlify(said))
            if self._next:
                self._serve = {path: unhexlify(data) for path, data in self._next.items()}
            return True
        data = self._serve.get(want.path, b"")[want.offset : want.offset + want.length]
        piece = update.Piece(want.box_id, want.version, want.path, want.offset, data)
        what = [kind for at, kind in self._faults if at in (number, -1)]
        for answer in self._answers(piece, what[0] if what else ""):
            self.out.append(answer)
        return True

    def _answers(self, piece, what):
        box_id, version, path, offset, data = piece
        right = update.encode_piece(piece) if data else b""
        if what == "drop" or not data:
            return []
        if what == "twice":
            return [right, right]
        if what == "hold":  # comes after the next one
            self._held = right
            return []
        if self._held:
            held, self._held = self._held, None
            return [right, held]
        return [_spoiled(what, right, box_id, version, path, offset, data)]


def _spoiled(what, right, box_id, version, path, offset, data):
    if what == "flip":
        return right[:-1] + bytes([right[-1] ^ 1])
    if what == "truncated":
        return right[:-1]
    if what == "long":
        return right + b"x"
    if what == "garbage":
        return b"\x00\xff" + right
    if what == "wrong":  # right in its form, wrong in its bytes
        data = bytes([data[0] ^ 1]) + data[1:]
    elif what == "short":
        data = data[:-1]
    elif what == "other_box":
        box_id = "box-000002"
    elif what == "other_version":
        version += 1
    elif what == "other_path":
        path = "firmware/other.mpy"
    elif what == "other_offset":
        offset += 1
    return update.encode_piece(update.Piece(box_id, version, path, offset, data))


class Box:
    def __init__(self, case):
        self.flash = RamFlash(case.get("blocks", 64), 4096)
        vfs.VfsLfs2.mkfs(self.flash)
        self.fs = vfs.VfsLfs2(self.flash, progsize=32)
        self.files = Files(self.fs)
        for path, data in case["files"].items():
            self._put(path, unhexlify(data))
        self.files.write("/slot", json.dumps(case["slot"]).encode())
        self.gateway = Gateway(case)
        self.says, self.counters, self.restarts = [], {}, 0
        for name, value in case.get("limits", {}).items():
            setattr(Limits, name, value)
        there = tuple(case.get("there", (True, True, True)))
        self.door = Door(
            {
                "files": self.files,
                "running": case["running"],
                "box_id": BOX,
                "board": "linux",
                "limits": Limits,
                "post": self.gateway.post,
                "now_ms": time.ticks_ms,
                "there": lambda: there,
                "say": self._say,
                "count": self._count,
                "changed": lambda: None,
                "restart": self._restart,
                "forget": lambda name: None,
            }
        )

        self.fill_bytes = case.get("fill_bytes", 0)

    def _put(self, path, data):
        at = path.find("/", 1)
        while at > 0:
            self.files.make_folder(path[:at])
            at = path.find("/", at + 1)
        file = self.fs.open(path, "wb")
        file.write(data)
        file.close()

    def _say(self, event, **facts):
        self.says.append(facts)

    def _count(self, name):
        self.counters[name] = self.counters.get(name, 0) + 1

    def _restart(self):
        self.restarts += 1

    def give(self, payload):
        # as firmware/link/inbox.py does
        try:
            self.door.on_message(payload)
        except WireError as bad:
            self._count("update_" + bad.code)

    async def live(self, messages):
        task = asyncio.create_task(self.door.run())
        await self._rest(task)
        for message in messages:
            ballast = fill(self.fill_bytes)
            for payload in message if isinstance(message, list) else [message]:
                self.give(unhexlify(payload))
            await asyncio.sleep_ms(1)
            await self._rest(task)
            ballast.clear()
            gc.collect()
        if not task.done():
            task.cancel()
        else:
            await task

    async def _rest(self, task):
        # until nothing has happened for a moment, and nothing is under way
        quiet = 0
        while quiet < 8 and not task.done() and not self.restarts:
            quiet += 1
            while self.gateway.out:
                quiet = 0
                self.give(self.gateway.out.pop(0))
                await asyncio.sleep_ms(0)
            if self.door._work:
                quiet = 0
            await asyncio.sleep_ms(1)

    def tree(self, folder=""):
        found = {}
        for entry in self.fs.ilistdir(folder or "/"):
            path = folder + "/" + entry[0]
            if entry[1] == 0x4000:
                found.update(self.tree(path))
            else:
                found[path] = hexlify(sha256(self.files.read_plain(path)).digest()).decode()
        return found


def fill(most_bytes):
    # Takes memory until little is left, and gives it back with what is returned.
    taken = []
    gc.collect()
    while len(taken) * 1024 < most_bytes and gc.mem_free() > 42000:
        taken.append(bytearray(1024))
    return taken


def main(case_path, out_path):
    with open(case_path) as file:
        case = json.load(file)
    gc.collect()
    box = Box(case)
    asyncio.run(box.live(case["messages"]))
    result = {
        "says": box.says,
        "counters": box.counters,
        "facts": box.door.facts,
        "slot": json.loads(box.files.read("/slot") or b"{}"),
        "files": box.tree(),
        "restarts": box.restarts,
        "wants": box.gateway.wants,
    }
    with open(out_path, "w") as file:
        json.dump(result, file)


if __name__ == "__main__":
    main(*sys.argv[1:])
