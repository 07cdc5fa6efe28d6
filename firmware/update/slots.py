# What lies where on the system volume, and the order in which an update is written to flash.
#
# There are three slots: /a and /b, one of which runs, and /s, safe mode, which is never written. firmware/boot.py
# chooses; `/slot` is what it goes by (its fields are described there). An update, step by step:
#
# 1. /manifest is written: the signed list of files, fetched whole, checked, closed.
# 2. /<idle>/manifest is removed. From here on the idle slot is not whole, and boot.py does not start it.
# 3. What is in the idle slot and not in the list, or not as the list says, is removed, file by file.
# 4. Each missing file is written under its own name: copied from a slot that has the same bytes, or fetched. It is
#    closed, read back from flash and compared with its hash.
# 5. /manifest is renamed to /<idle>/manifest. The slot is whole.
# 6. /slot is replaced by a rename: active is the idle slot, on trial. This is the switch. Then the box restarts.
# 7. boot.py counts the start in /slot, before the slot starts.
# 8. Confirmed: /slot says that the slot is good, and raises the floor. Given up: /slot names the other slot, and why.
#
# A cut before 6 leaves the slot that runs as it was; files that were finished are found to be right and kept. A cut in
# 6 or 8 leaves the old /slot or the new one. Spool, identity and settings lie elsewhere and are touched by none of it.

import json

SLOTS = ("a", "b")
STATE = "/slot"
NEWS = "/manifest"


class Slots:
    # `files`: the system volume. `running`: the slot that this code was loaded from, as the end of sys.path[0]; "" on a
    # machine without slots.
    def __init__(self, files, running):
        self._files = files
        self.running = running
        self.version, self.name, floor = self._head(running)
        state = self.state()
        self.floor = max(state.get("floor", 0), 0 if state.get("trial") else floor)
        if running == "s":  # both slots are bad, and the one that was good stays; or neither is
            active = state.get("active", "a")
            running = state.get("good", "a") if active in state.get("bad", "") else active
        self.idle = _other(running)

    def state(self):
        text = self._files.read(STATE) if self.running else None
        try:
            state = json.loads(text) if text else {}
        except ValueError:
            state = {}
        return state if isinstance(state, dict) else {}

    def _write(self, state):
        self._files.write(STATE, json.dumps(state).encode())

    def _head(self, slot):
        # -> (version, name, floor) of a slot's manifest; without a slot, of what is frozen into the interpreter
        if not slot:
            return _frozen(), "", 0
        try:
            file = self._files.fs.open("/" + slot + "/manifest", "rb")
            try:
                words = file.readline().decode().split()
            finally:
                file.close()
            return int(words[2]), words[4], int(words[3])
        except (OSError, ValueError, IndexError):
            return 0, "", 0

    def whole(self):
        # -> {slot: {"version", "name"}} of those that have their manifest
        heads = [(slot, self._head(slot)) for slot in SLOTS + ("s",)]
        return {slot: {"version": head[0], "name": head[1]} for slot, head in heads if head[0]}

    # The trial

    def is_trial(self):
        return bool(self.state().get("trial"))

    def needs_confirming(self):
        # Whether it matters to /slot that this slot runs well.
        state, running = self.state(), self.running
        return running in SLOTS and bool(
            state.get("trial") or state.get("fails") or state.get("good") != running or running in state.get("bad", "")
        )

    def can_go_back(self):
        other = _other(self.running)
        return other not in self.state().get("bad", "") and self._head(other)[0] > 0

    def confirm(self):
        state = self.state()
        floor = max(state.get("floor", 0), self._head(self.running)[2])
        bad = state.get("bad", "").replace(self.running, "")
        state.update({"active": self.running, "good": self.running, "trial": 0, "tries": 0, "fails": 0, "noted": 0})
        state.update({"floor": floor, "bad": bad})
        state.pop("detail", None)
        self.floor = floor
        self._write(state)

    def give_up(self, code, detail):
        # Back to the other slot; who calls this restarts the box.
        state = self.state()
        state["back"] = {"slot": self.running, "version": self.version, "code": code, "detail": detail[:80]}
        state["bad"] = state.get("bad", "").replace(self.running, "") + self.running
        state.update({"active": _other(self.running), "trial": 0, "tries": 0, "fails": 0, "noted": 1})
        self._write(state)

    def is_lean(self):
        return self.state().get("lean") == 2

    def go_lean(self):
        # -> whether safe mode is there to carry out the update. Who calls this restarts the box.
        if self.running not in SLOTS or not self._head("s")[0]:
            return False
        state = self.state()
        state["lean"] = 1
        self._write(state)
        return True

    def try_again(self):
        # Out of safe mode: the slots get another go, for what was wrong may have lain outside of them.
        state = self.state()
        state.update({"active": state.get("good", "a"), "bad": "", "trial": 0, "tries": 0, "fails": 0, "noted": 1})
        self._write(state)

    def forgive(self):
        # The version that went back may be offered again.
        state = self.state()
        if state.pop("back", None):
            self._write(state)

    # An update

    def path(self, name):
        return "/" + self.idle + "/" + name

    def length(self, path):
        # -> bytes, or None where there is no such file
        try:
            status = self._files.fs.stat(path)
        except OSError:
            return None
        return None if status[0] & 0x4000 else status[6]

    def take_apart(self):
        # Step 2.
        self._files.remove(self.path("manifest"))

    def put_together(self):
        # Steps 5 and 6.
        self._files.fs.rename(NEWS, self.path("manifest"))
        state = self.state()
        state["bad"] = state.get("bad", "").replace(self.idle, "")
        state.update({"active": self.idle, "trial": 1, "tries": 0, "fails": 0, "noted": 0, "back": None})
        self._write(state)

    def names(self, folder=""):
        # Every file of the idle slot, by its path in it.
        fs, found = self._files.fs, []
        try:
            entries = list(fs.ilistdir("/" + self.idle + ("/" + folder if folder else "")))
        except OSError:
            return found
        for entry in entries:
            name = folder + "/" + entry[0] if folder else entry[0]
            if entry[1] == 0x4000:
                found += self.names(name)
            else:
                found.append(name)
        return found

    def remove_empty_folders(self, folder=""):
        # -> whether this one is empty now
        fs, is_empty = self._files.fs, True
        try:
            entries = list(fs.ilistdir("/" + self.idle + folder))
        except OSError:
            return False
        for entry in entries:
            below = folder + "/" + entry[0]
            if entry[1] == 0x4000 and self.remove_empty_folders(below):
                fs.rmdir("/" + self.idle + below)
            else:
                is_empty = False
        return is_empty

    def make_folders(self, name):
        at = 0
        while at >= 0:
            self._files.make_folder(self.path(name[:at]) if at else "/" + self.idle)
            at = name.find("/", at + 1)


def _other(slot):
    return "b" if slot == "a" else "a"


def _frozen():
    # -> the version; 0: nothing of ours is frozen
    try:
        from tram_frozen import TEXT  # "tram-frozen-1 <board> <version> <sha256>": scripts/bundle/frozen.py
    except ImportError:
        return 0
    return int(TEXT.split()[2])
