# Runs on MicroPython: a power cut at every flash operation of an update and of what follows it, in every tearing mode.
#
#   cuts.py STORY BUNDLES PROG_BYTES SEED STRIDE OFFSET NESTED MODE,MODE…
#
# BUNDLES is JSON: {"key": hex, "old": {path: hex}, "new": {…}}. The story is lived once, with a journal of its flash
# operations: version 1 runs, takes version 2, starts it, and it is confirmed (`kept`), given up (`given_up`), or fails
# three boots (`failed`). Then, for every STRIDE-th operation from OFFSET on and for every mode, the image is made in
# which that operation is torn; NESTED operations of what the box then does are torn in turn. After each of them
#
# 1. the volume mounts, and boot.py chooses a slot of which every file is what its signed list says;
# 2. it is a version that may run at that point of the story, and the good one is always whole;
# 3. who the box is, the fleet's key, its settings and its log are untouched;
# 4. offered version 2 again, where that is not what runs, the box takes it, and it starts and is confirmed.
#
# Prints `cut N of M` lines and at the end `done {"cuts": …}`; the first broken rule ends it with a traceback.

import asyncio
import hashlib
import json
import sys
from binascii import hexlify, unhexlify

import vfs
from ramflash import RamFlash, apply, torn

from firmware import boot
from firmware.files import Files
from firmware.update.refused import Refused
from firmware.update.slots import Slots
from firmware.update.updater import Updater
from firmware.wire import update

BLOCKS, BLOCK_BYTES = 96, 4096
BOX = "box-000001"
OTHERS = {"/id.a": b"who I am", "/set/good": b"1\n{}", "/log/0": b"line\n" * 300, "/cmd/000000000000": b"done"}
boot.ROOT = "/flash"


class Draw:
    def __init__(self, seed):
        self._state = seed * 2654435761 % 4294967291 + 1

    def __call__(self, below):
        self._state = self._state * 48271 % 2147483647
        return self._state % below


class Limits:
    piece_bytes = 1024
    window = 2


def check(holds, *what):
    if not holds:
        raise AssertionError(what)


class Box:
    # A volume that is mounted, and what runs on it.
    def __init__(self, flash, bundles):
        self.flash = flash
        self.bundles = bundles
        self.fs = vfs.VfsLfs2(flash, readsize=128, progsize=flash.prog_bytes, lookahead=32, mtime=False)
        vfs.mount(self.fs, "/flash")
        self.files = Files(self.fs)
        self.counters = {}

    def close(self):
        vfs.umount("/flash")

    def start(self, cause):
        # As boot.py does, without the mount of the packs.
        state = boot.read()
        before = json.dumps(state)
        slot = boot.judge(state, cause, boot.all_versions())
        if json.dumps(state) != before:
            boot.write(state)
        return slot

    def take(self, slot):
        # Offered the new version, with every piece at once.
        new = self.bundles["new"]
        offer = update.Offer(BOX, 2, len(new["manifest"]), hexlify(hashlib.sha256(new["manifest"]).digest()).decode())
        updaters = []

        def post(word, payload, qos):
            want = update.decode_want(payload)
            data = new[want.path][want.offset : want.offset + want.length]
            updaters[0].on_piece(update.encode_piece(update.Piece(BOX, 2, want.path, want.offset, data)))
            return True

        parts = {
            "files": self.files,
            "box_id": BOX,
            "board": "linux",
            "limits": Limits,
            "post": post,
            "now_ms": lambda: 0,
            "count": lambda name: self.counters.update({name: 1}),
        }
        updaters.append(Updater(parts, Slots(self.files, slot), self.bundles["key"], offer, lambda *_: None))
        asyncio.run(updaters[0].run())

    def confirm(self, slot):
        slots = Slots(self.files, slot)
        if slots.needs_confirming():
            slots.confirm()

    def others(self):
        return {path: self.files.read_plain(path) for path in OTHERS}


def install(flash, bundles):
    vfs.VfsLfs2.mkfs(flash, readsize=128, progsize=flash.prog_bytes, lookahead=32)
    box = Box(flash, bundles)
    for folder in ("/a", "/b", "/s", "/set", "/log", "/cmd"):
        box.files.make_folder(folder)
    for slot, name in (("a", "old"), ("s", "safe")):
        for path, data in bundles[name].items():
            at = path.find("/")
            while at > 0:
                box.files.make_folder("/" + slot + "/" + path[:at])
                at = path.find("/", at + 1)
            box.files.write_plain("/" + slot + "/" + path, data)
    for path, data in OTHERS.items():
        box.files.write_plain(path, data)
    box.files.write("/slot", b'{"active": "a", "good": "a", "floor": 1}')
    box.close()


class Story:
    # Each step is (name, versions that may run once it has begun). A trial cannot be told from what it will become.
    def __init__(self, ending, flash, bundles):
        self.ending = ending
        self.steps = []
        flash.journal = self.journal = []
        self.live(flash, bundles)
        flash.journal = None

    def begin(self, name, may):
        self.steps.append((len(self.journal), name, may))

    def may(self, cut):
        return [step for step in self.steps if step[0] <= cut][-1][2]

    def live(self, flash, bundles):
        box = Box(flash, bundles)
        self.begin("update", (1, 2))
        check(box.start("power") == "a", "start")
        box.take("a")
        self.begin("trial", (2,) if self.ending == "kept" else (1, 2))
        check(box.start("soft") == "b", "trial")
        if self.ending == "kept":
            box.confirm("b")
            self.begin("kept", (2,))
            check(box.start("power") == "b", "kept")
        elif self.ending == "given_up":
            Slots(box.files, "b").give_up("unconfirmed", "gateway")
            self.begin("back", (1,))
            check(box.start("soft") == "a", "back")
        else:
            for slot in ("b", "b", "a"):
                check(box.start("soft") == slot, "failed boots")
            self.begin("back", (1,))
        check(box.others() == OTHERS, "others")
        box.close()


def recover(flash, bundles, story, cut):
    # What a box does after a cut, until version 2 is confirmed.
    box = Box(flash, bundles)
    slot = box.start("power")
    check(slot in ("a", "b"), "safe mode", slot)
    version = boot.version_of(slot)
    check(not boot.is_damaged(slot), "a slot that is not whole", slot)
    check(version in story.may(cut), "version", version, story.may(cut))
    good = boot.read()["good"]
    check(boot.version_of(good) and not boot.is_damaged(good), "the good slot is not whole", good)
    check(box.others() == OTHERS, "others")
    if version == 1:
        Slots(box.files, slot).forgive()
        try:
            box.take(slot)
        except Refused as bad:
            check(False, "refused", bad.code, bad.detail)
        slot = box.start("soft")
    check(boot.version_of(slot) == 2 and not boot.is_damaged(slot), "the new one", slot)
    box.confirm(slot)
    box.close()
    box = Box(flash, bundles)
    check(box.start("power") == slot, "confirmed, and not started")
    check(box.others() == OTHERS and box.start("power") == slot, "others at the end")
    state = boot.read()
    check((state["good"], state["trial"], state["floor"]) == (slot, 0, 2), "state", state)
    check(not box.counters, "counters", box.counters)
    box.close()


def try_cut(image, story, cut, bundles, nested, modes, prog_bytes, draw):
    # -> how many images were checked
    flash = RamFlash(BLOCKS, BLOCK_BYTES, image, prog_bytes)
    flash.journal = journal = []
    recover(flash, bundles, story, cut)
    count = 1
    if not nested or not journal:
        return count
    for _ in range(nested):
        point = draw(len(journal))
        again = bytearray(image)
        for operation in journal[:point]:
            apply(again, operation, BLOCK_BYTES)
        torn(again, journal[point], BLOCK_BYTES, modes[draw(len(modes))], draw)
        # from here on version 2 may run, too: the box has taken it
        recover(RamFlash(BLOCKS, BLOCK_BYTES, again, prog_bytes), bundles, Later, cut)
        count += 1
    return count


class Later:
    @staticmethod
    def may(cut):
        return (1, 2)


def load(path):
    with open(path) as file:
        given = json.load(file)
    bundles = {name: {k: unhexlify(v) for k, v in given[name].items()} for name in ("old", "new", "safe")}
    bundles["key"] = unhexlify(given["key"])
    return bundles


def main(ending, path, prog_bytes, seed, stride, offset, nested, modes):
    bundles = load(path)
    flash = RamFlash(BLOCKS, BLOCK_BYTES, None, prog_bytes)
    install(flash, bundles)
    image = bytearray(flash.image)
    story = Story(ending, flash, bundles)
    journal, draw = story.journal, Draw(seed)
    images = cuts = 0
    for cut in range(len(journal)):
        if cut % stride == offset:
            for mode in modes:
                broken = bytearray(image)
                torn(broken, journal[cut], BLOCK_BYTES, mode, draw)
                try:
                    images += try_cut(broken, story, cut, bundles, nested, modes, prog_bytes, draw)
                except Exception:
                    print("cut", cut, "of", len(journal), "mode", mode)
                    raise
            cuts += 1
            print(f"cut {cut + 1} of {len(journal)}")
        apply(image, journal[cut], BLOCK_BYTES)
    print("done", json.dumps({"operations": len(journal), "cuts": cuts, "images": images}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *[int(text) for text in sys.argv[3:8]], sys.argv[8].split(","))
