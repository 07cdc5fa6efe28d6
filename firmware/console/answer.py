# One question from its line to the end of its answer (SPEC §18), and what every program answers alike.
#
# 1. A word that this program does not know, or an argument that is not in its form, is refused by name; nothing has
#    been done then.
# 2. What a question meets ends its answer, never the box.
# 3. The log is read line by line, the newest first: in memory are where its lines lie, and one of them. A line that
#    does not fit its checksum is counted; one that has moved meanwhile, into the old file, is passed over.

import asyncio
import json
import sys
from array import array
from binascii import crc32

LINE_BYTES = 600  # of the facts in a line; one fact alone may be longer
_REBOOT_AFTER_MS = 500  # the end of the answer goes out first
_U32_MAX = 4294967295
_MOST_LINE_BYTES = 1024

# word -> {key: (type, least, most, default)}; for text, least and most are lengths. A default of None: required.
ARGUMENTS = {
    "hello": {},
    "status": {},
    "self_test": {},
    "settings": {},
    "wifi": {"scan": (bool, 0, 1, False)},
    "link": {},
    "log": {"lines": (int, 1, 2000, 100), "skip": (int, 0, 100000, 0)},
    "identify": {"seconds": (int, 1, 110, 10)},
    "reader": {},
    "firmware": {},
    "unsent": {"after": (int, -1, _U32_MAX, -1), "most": (int, 1, 64, 16), "others": (bool, 0, 1, False)},
    "wipe": {"box": (str, 1, 32, None), "unsent": (int, -1, _U32_MAX, None)},
    "reboot": {},
}


class Refused(Exception):
    # `facts`: what it is about.
    def __init__(self, code, **facts):
        super().__init__(code)
        self.code = code
        self.facts = facts


class Answer:
    def __init__(self, console, name):
        self._write = console.write
        self._head = b"tram " + name + b" "
        self._crc = 0

    async def tell(self, facts):
        # One line; then everybody else has a turn.
        text = json.dumps(facts).encode()
        self._crc = crc32(text, self._crc)
        self._write(self._head + text + b"\r\n")
        await asyncio.sleep_ms(0)

    async def tell_all(self, facts, under=None):
        # As many lines as it takes; what is None is left out. `under`: the key that all of them stand under.
        some, size = {}, 0
        for key, value in facts.items():
            length = len(json.dumps(value))
            if length > LINE_BYTES and isinstance(value, dict) and under is None:
                await self.tell_all(value, key)
            elif value is not None:
                some[key] = value
                size += length + len(key)
            if size > LINE_BYTES:
                await self.tell({under: some} if under else some)
                some, size = {}, 0
        if some:
            await self.tell({under: some} if under else some)

    def end(self, code=None, facts=None):
        end = {"ok": code is None, "crc": "%08x" % (self._crc & 0xFFFFFFFF)}
        if code is not None:
            end["code"] = code
        end.update(facts or {})
        self._write(self._head + b"end " + json.dumps(end).encode() + b"\r\n")


async def answer(console, program, room, line):
    parts = line.split(b" ", 3)
    name = parts[1]
    if len(parts) < 3 or not 1 <= len(name) <= 8 or name.strip(b"abcdefghijklmnopqrstuvwxyz0123456789"):
        Answer(console, b"-").end("form")
        return
    out = Answer(console, name)
    try:
        do, argument = _question(room, parts)
        await do(program, argument, out)
        out.end()
    except Refused as bad:
        out.end(bad.code, bad.facts)
    except Exception as bad:  # whatever it meets, whoever asked is told, and the box goes on
        out.end("failed", {"reason": str(getattr(bad, "code", None) or type(bad).__name__)})


def _question(room, parts):
    # -> (what answers it, argument with all its keys)
    try:
        word = parts[2].decode()
        text = parts[3].decode().strip() if len(parts) > 3 else "{}"
    except UnicodeError:
        raise Refused("form")
    if word not in ARGUMENTS:
        raise Refused("unknown_word")
    do = _EVERY.get(word) or getattr(room, word, None)
    if do is None:
        raise Refused("not_here")
    try:
        given = json.loads(text)
    except (ValueError, RuntimeError):  # RuntimeError: nested too deep
        given = None
    if not isinstance(given, dict) or text[-1:] != "}":
        raise Refused("argument_form")
    return do, _checked(ARGUMENTS[word], given)


def _checked(known, given):
    # -> the argument with all its keys
    for key in given:
        if key not in known:
            raise Refused("argument_unknown", key=key[:32])
    argument = {}
    for key, (kind, least, most, default) in known.items():
        value = given.get(key, default)
        if value is None:
            raise Refused("argument_missing", key=key)
        if not isinstance(value, kind) or isinstance(value, bool) != (kind is bool):
            raise Refused("argument_type", key=key)
        if not least <= (len(value) if kind is str else value) <= most:
            raise Refused("argument_range", key=key)
        argument[key] = value
    return argument


def _slots(box):
    from firmware.update.slots import Slots

    return Slots(box.files, sys.path[0][5:] if sys.path[0][:5] == "/run/" else "")


async def _hello(box, argument, out):
    slots = _slots(box)
    facts = {"v": 1, "program": box.program, "box_id": box.config.box_id, "board": box.board.name}
    facts["micropython"] = ".".join([str(part) for part in sys.implementation.version[:3]])
    facts.update({"uptime_ms": box.now_ms(), "reset_cause": box.board.reset_cause()})
    facts["firmware"] = {"version": slots.version, "name": slots.name}
    facts["provisioned"] = box.is_provisioned
    facts["words"] = [word for word in ARGUMENTS if word in _EVERY or hasattr(box.room(), word)]
    await out.tell_all(facts)


async def _firmware(box, argument, out):
    slots = _slots(box)
    state = slots.state()
    found = {key: state.get(key) for key in ("active", "good", "trial", "fails", "bad", "back", "floor", "lean")}
    found.update({"running": slots.running, "slots": slots.whole()})
    await out.tell_all(found)


async def _log(box, argument, out):
    files = box.files
    if getattr(box, "log", None):
        box.log.flush()
    places, damaged = [], 0
    for path in ("/log/old", "/log/now"):
        found, broken = _survey(files.fs, path)
        places.append((path, found))
        damaged += broken
    crash = files.read("/log/crash")
    await out.tell_all({"damaged": damaged, "crash": crash.decode() if crash else None})
    skip, left = argument["skip"], argument["lines"]
    for path, found in reversed(places):
        for at in range(len(found) - 1, -1, -1):
            if skip:
                skip -= 1
            elif left:
                left -= 1
                line = _line(files.fs, path, found[at])
                if line:
                    await out.tell({"log": [line]})


def _survey(fs, path):
    # -> (where its whole lines begin, how many are damaged)
    found, damaged, offset = array("I"), 0, 0
    file = _opened(fs, path)
    if file is None:
        return found, damaged
    try:
        while True:
            line = file.readline(_MOST_LINE_BYTES)
            if not line:
                return found, damaged
            if _is_whole(line):
                found.append(offset)
            else:
                damaged += 1
            offset += len(line)
    finally:
        file.close()


def _line(fs, path, offset):
    file = _opened(fs, path)
    if file is None:
        return None
    try:
        file.seek(offset)
        line = file.readline(_MOST_LINE_BYTES)
    finally:
        file.close()
    return line[:-1].decode() if _is_whole(line) else None


def _opened(fs, path):
    try:
        return fs.open(path, "rb")
    except OSError:
        return None


def _is_whole(line):
    return line[8:9] == b" " and line[-1:] == b"\n" and b"%08x" % (crc32(line[9:-1]) & 0xFFFFFFFF) == line[:8]


async def _reboot(box, argument, out):
    async def restart():
        await asyncio.sleep_ms(_REBOOT_AFTER_MS)
        box.board.reset()

    if hasattr(box, "restart_in"):
        box.restart_in(_REBOOT_AFTER_MS, "console")
    else:
        box.leaving = asyncio.create_task(restart())


_EVERY = {"hello": _hello, "firmware": _firmware, "log": _log, "reboot": _reboot}
