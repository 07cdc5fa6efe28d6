# Picks the slot that runs. It lies at the root of the system volume beside main.py, is never updated, and imports
# nothing of ours. The board runs it first; main.py imports it again only to tell it that a program has failed.
#
# `/slot` holds one JSON object, sealed with its length and crc (as firmware/files.py does), replaced by a rename:
#   active, good   the slot that is to run, and the one that was confirmed last
#   trial, tries   1: `active` has still to be confirmed; how often it was started for that
#   fails, noted   failed boots of `active` in a row; 1: the last end has been counted already
#   bad            the slots that have been given up, as in "ab"
#   lean           1: safe mode is wanted once, for an update that needs the whole memory; 2: that is this start
#   floor, back    for firmware/update: the least version; why a slot was left: {"slot", "version", "code", "detail"}
# Whatever else is in it is kept.
#
# A slot holds packs of .mpy files, since on a flash of 4 KiB blocks small files take three times their size: a room
# has `<room>.pack`, or else lies in `firmware.pack`. A pack begins `1 pack <bytes of the index>\n`; the index has a
# line `<path> <offset> <length>\n` for each file, then come the files. `Packs` shows them under their paths, mounted
# at /run/<slot>. A file of data lies in the slot as it is, as in `firmware.face.glyphs.bin`.
#
# 1. A slot is whole when its manifest is there: that is written last, and taken away first (firmware/update/slots.py).
# 2. A trial ends at once with a watchdog's reset. A reset of another kind, or a program that ends, is a failed boot:
#    MAX_FAILS of them end it. Power cycles are no failures; but who was started MAX_TRIES times without being
#    confirmed is not kept.
# 3. A slot that is no trial is left after MAX_FAILS failed boots in a row, or when a file of it is not what its
#    manifest says. The other one follows, if it is whole and has not been given up. Otherwise safe mode, `/s`.
# 4. What has been decided is on flash before the slot starts. Nothing is written at a boot where nothing happened.
# 5. From here on memory is collected often: what is loaded stays together, and the rest in one piece.
# 6. A trial that hangs before it has a watchdog of its own is ended by this one's, after GUARD_MS.

import gc
import io
import json
import os
import sys
from binascii import crc32, hexlify

import vfs

ROOT = "/flash" if sys.platform == "linux" else ""
MAX_FAILS = 3
MAX_TRIES = 10
GUARD_MS = 60000
GC_THRESHOLD_BYTES = 8192
_RP2_GUARD_MS = 8388
_RP2_TRUE_WATCHDOG = 0x6AB73121  # what the pico SDK leaves in scratch register 4, unless a program asked for the reset


class Packs:
    # What an import asks of a file system: stat and open.
    def __init__(self, folder):
        self.folder = folder
        self.pack = self.index = None

    def mount(self, readonly, mkfs):
        pass

    def umount(self):
        pass

    def stat(self, path):
        if is_data(path):
            return os.stat(self.data(path))
        place = self.find(path)
        return (0x8000 if place else 0x4000, 0, 0, 0, 0, 0, place[1] if place else 0, 0, 0, 0)

    def open(self, path, mode):
        if is_data(path):
            return open(self.data(path), mode)
        offset, length = self.find(path)
        file = open(self.folder + self.pack + ".pack", "rb")
        self.pack = self.index = None
        return Window(file, offset, length)

    def data(self, path):
        return self.folder + path.strip("/").replace("/", ".")

    def find(self, path):
        # -> (offset, length), or None for a folder
        name = path.strip("/")
        words = name.split("/")
        room = words[1] if len(words) > 1 and "." not in words[1] else "firmware"
        if not self.load(room):
            self.load("firmware")
        at = self.index.find(b"\n" + name.encode() + b" ") + 1
        if at:
            _, offset, length = self.index[at : self.index.find(b"\n", at)].split()
            return int(offset), int(length)
        if b"\n" + name.encode() + b"/" in self.index:
            return None
        raise OSError(2)

    def load(self, pack):
        # -> whether there is such a pack
        if pack != self.pack:
            try:
                with open(self.folder + pack + ".pack", "rb") as file:
                    self.index = b"\n" + file.read(int(file.readline().split()[2]))
            except OSError:
                return False
            self.pack = pack
        return True


def is_data(path):
    return path[-4:] in (".bin", ".txt")


class Window(io.IOBase):
    # One file of a pack, read from its first byte to its last.
    def __init__(self, file, offset, length):
        file.seek(offset)
        self.file = file
        self.left = length

    def readinto(self, buffer):
        count = min(len(buffer), self.left)
        self.left -= count
        return self.file.readinto(memoryview(buffer)[:count]) if count else 0

    def ioctl(self, request, argument):
        if request == 4:
            self.file.close()
        return 0


def judge(state, cause, versions):
    # -> the slot to start; changes `state`. `cause` of this boot; `versions`: slot -> its version, 0: not whole.
    state.setdefault("active", "a" if versions["a"] else "b")
    state["lean"] = 2 if state["lean"] == 1 and versions["s"] else 0
    if state["lean"]:
        return "s"
    is_begun = state["trial"] and state["tries"]
    if state["noted"]:
        state["noted"] = 0
    elif is_begun and cause == "watchdog":
        leave(state, "watchdog", versions)
    elif cause in ("watchdog", "other") or (is_begun and cause == "soft"):
        state["fails"] += 1
    if state["fails"] >= MAX_FAILS:
        leave(state, "failed_boots", versions)
    elif state["trial"] and state["tries"] >= MAX_TRIES:
        leave(state, "never_confirmed", versions)
    if not versions[state["active"]] and state["active"] not in state["bad"]:
        leave(state, "not_whole", versions)
    active = state["active"]
    if not versions[active] or active in state["bad"]:
        return "s" if versions["s"] or not versions[active] else active
    if state["trial"]:
        state["tries"] += 1
    return active


def leave(state, code, versions, detail=""):
    # The active slot has had its chance. The other one follows, as it is: there is nothing better.
    active = state["active"]
    if active not in state["bad"]:
        state["bad"] += active
    detail = detail or state.pop("detail", "")
    state["back"] = {"slot": active, "version": versions[active], "code": code, "detail": detail}
    state.update({"active": "b" if active == "a" else "a", "trial": 0, "tries": 0, "fails": 0})


def failed(bad):
    # The slot's program has ended, with this. Does not return.
    sys.print_exception(bad, sys.stderr)
    slot = sys.path[0][-1:]
    if slot == "s":
        import time

        time.sleep(5)  # there is nothing left to go back to
    else:
        state = read()
        detail = (type(bad).__name__ + ": " + str(bad))[:80]
        if is_damaged(slot):
            leave(state, "damaged", all_versions(), detail)
        else:
            state.update({"fails": state["fails"] + 1, "detail": detail})
        state["noted"] = 1
        write(state)
    reset()


def is_damaged(slot):
    # Whether a file is not what the slot's manifest says.
    from hashlib import sha256

    folder = ROOT + "/" + slot + "/"
    try:
        with open(folder + "manifest", "rb") as lines:
            for _ in range(int(lines.readline().split()[-1])):
                path, _, wanted = lines.readline().split()
                digest = sha256()
                with open(folder + path.decode(), "rb") as file:
                    chunk = file.read(512)
                    while chunk:
                        digest.update(chunk)
                        chunk = file.read(512)
                if hexlify(digest.digest()) != wanted:
                    return True
    except (OSError, ValueError):
        return True
    return False


def all_versions():
    return {slot: version_of(slot) for slot in ("a", "b", "s")}


def version_of(slot):
    try:
        with open(ROOT + "/" + slot + "/manifest", "rb") as file:
            words = file.readline().split()
        return int(words[2]) if words[:2] == [b"1", b"manifest"] else 0
    except (OSError, ValueError, IndexError):
        return 0


def read():
    try:
        with open(ROOT + "/slot", "rb") as file:
            data = file.read()
        at = data.rfind(b"\n#", 0, len(data) - 1)
        state = json.loads(data[:at]) if at >= 0 and data[at:] == seal(data[:at]) else None
    except (OSError, ValueError):
        state = None
    whole = {"trial": 0, "tries": 0, "fails": 0, "noted": 0, "lean": 0, "bad": ""}
    whole.update(state if isinstance(state, dict) else {})
    return whole


def write(state):
    data = json.dumps(state).encode()
    try:
        with open(ROOT + "/slot.new", "wb") as file:
            file.write(data + seal(data))
        os.rename(ROOT + "/slot.new", ROOT + "/slot")
    except OSError as bad:
        sys.stderr.write("boot: /slot cannot be written: " + str(bad) + "\n")


def seal(data):
    return b"\n#%d %08x\n" % (len(data), crc32(data) & 0xFFFFFFFF)


def reset_cause():
    if sys.platform == "linux":
        return os.getenv("TRAM_RESET_CAUSE") or "power"
    import machine

    cause = machine.reset_cause()
    if cause == machine.WDT_RESET:
        return "watchdog" if sys.platform != "rp2" or _is_true_watchdog(machine) else "soft"
    if cause == machine.PWRON_RESET:
        return "power"
    known = {getattr(machine, "HARD_RESET", -1), getattr(machine, "SOFT_RESET", -1)}
    return "soft" if cause in known else "other"


def _is_true_watchdog(machine):
    # On RP2 every reset that a program asks for is made by the watchdog too.
    base = 0x400D8000 if "RP2350" in sys.implementation._machine else 0x40058000
    return machine.mem32[base + 0x1C] == _RP2_TRUE_WATCHDOG


def guard():
    if sys.platform == "linux":
        import ffi

        ffi.open("libc.so.6").func("I", "alarm", "I")(GUARD_MS // 1000)
    else:
        import machine

        machine.WDT(timeout=_RP2_GUARD_MS if sys.platform == "rp2" else GUARD_MS)


def reset():
    if sys.platform == "linux":
        sys.exit(75)
    import machine

    machine.reset()


def start():
    gc.threshold(GC_THRESHOLD_BYTES)
    state = read()
    before = json.dumps(state)
    slot = judge(state, reset_cause(), all_versions())
    if json.dumps(state) != before:
        write(state)
    if state["trial"]:
        guard()
    gc.collect()
    vfs.mount(Packs(ROOT + "/" + slot + "/"), "/run/" + slot)
    sys.path[:] = ["/run/" + slot, ".frozen"]


if __name__ == "__main__":
    start()
    for _name in ("judge", "leave", "failed", "is_damaged", "all_versions", "version_of", "read", "write", "seal"):
        del globals()[_name]  # the firmware needs the room
    del reset_cause, _is_true_watchdog, guard, reset, start
