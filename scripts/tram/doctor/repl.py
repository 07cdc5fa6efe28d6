"""A board whose firmware does not answer, looked at through MicroPython's prompt: what lies on its system volume.

1. Nothing is written and no secret is read: of identity and settings only whether they are there.
2. What the board says is data: it is parsed as one line of JSON, and never executed.
"""

import io
import json
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from typing import Any

from scripts.tram import exits, out
from scripts.tram.console.console import BAUD
from scripts.tram.doctor.finding import Finding, bad, ok, warn
from scripts.tram.doctor.words import WORDS
from scripts.tram.flash.repl import Repl
from scripts.tram.ports import Port, opened
from scripts.tram.ports.opening import trouble_of
from scripts.tram.release.frozen import marks_in
from scripts.tram.trouble import Trouble

OURS = ("boot.py", "main.py")
LEAST_FREE_KIB = 24
_PATIENCE_S = 2.0
_LOOK = """
import gc, json, os, sys
from binascii import hexlify
def _end(path, most, is_head=False):
    try:
        file = open(path, "rb")
    except OSError:
        return None
    try:
        if is_head:
            data = file.readline(most).rstrip()
        else:
            file.seek(max(0, file.seek(0, 2) - most))
            data = file.read()
    finally:
        file.close()
    return "".join([chr(byte) if 32 <= byte < 127 or byte == 10 else "?" for byte in data])
def _names():
    try:
        return sorted([entry[0] for entry in os.ilistdir("/")])
    except OSError:
        return []
def _free():
    try:
        facts = os.statvfs("/")
    except OSError:
        return None
    return [facts[0] * facts[3], facts[0] * facts[2]]
try:
    import machine
    _id = hexlify(machine.unique_id()).decode()
except (ImportError, AttributeError):
    _id = ""
try:
    from tram_frozen import TEXT as _frozen
except ImportError:
    _frozen = ""
gc.collect()
print(json.dumps({"frozen": _frozen,
    "id": _id, "machine": getattr(sys.implementation, "_machine", sys.platform),
    "version": ".".join([str(number) for number in sys.implementation.version[:3]]),
    "names": _names(), "free": _free(), "heap_free": gc.mem_free(), "slot": _end("/slot", 1024),
    "slots": {slot: _end("/" + slot + "/manifest", 200, True) for slot in "abs"},
    "crash": _end("/log/crash", 600), "log": _end("/log/now", 4096),
}))
"""


class _Look(Repl):
    def look(self) -> dict[str, Any]:
        return self._ask(_LOOK)


def look(port: Port) -> dict[str, Any]:
    """What lies on the board; nothing: there is no prompt. The board starts anew after it."""
    if not _says_anything(port):
        return {}
    try:
        with out.step("repl", WORDS("step_repl")), redirect_stdout(io.StringIO()):  # mpremote prints what it met
            board = _Look(port.device)
            try:
                return board.look()
            finally:
                board.leave("reset")
    except Trouble as none:
        if none.exit_code == exits.NO_RIGHT or none.code.startswith("port_"):
            raise
        return {}


def _says_anything(port: Port) -> bool:
    """Whether Ctrl-C brings a byte: a prompt does, and who is mute need not be waited for."""
    with opened(port.device, BAUD, _PATIENCE_S) as line:
        try:
            line.write(b"\r\x03\x03")
            return bool(line.read(1))
        except OSError as gone:
            raise trouble_of(port.device, gone) from gone


def judged(found: Mapping[str, Any]) -> list[Finding]:
    """Pure: what was read -> findings."""
    return list(_judged(found))


def _judged(found: Mapping[str, Any]) -> Iterator[Finding]:
    names = [str(name) for name in found.get("names") or []]
    facts = {"version": found.get("version", "?"), "machine": found.get("machine", "?")}
    slots = {slot: head for slot, head in (found.get("slots") or {}).items() if head}
    frozen = next(iter(marks_in(str(found.get("frozen") or "").encode())), None)
    if frozen is None and not any(name in names for name in OURS) and not slots:
        yield bad("repl_bare", **facts)
        return
    yield bad("repl_stopped", **facts, box="box-" + str(found.get("id", ""))[:28])
    missing = [name for name in OURS if name not in names]
    if frozen is not None:
        yield ok("repl_frozen", version=frozen.version, board=frozen.board)
        if "boot.py" in names:
            yield bad("repl_frozen_boot")
    elif missing:
        yield bad("repl_missing", files=", ".join(missing))
    if frozen is None:
        yield from _slots(slots, _object(found.get("slot")))
    if "fleet.key" not in names:
        yield bad("repl_no_fleet_key")
    yield ok("repl_identity") if {"id.a", "id.b"} & set(names) else ok("repl_no_identity")
    free = found.get("free")
    if free and free[0] < LEAST_FREE_KIB * 1024:
        yield warn("repl_full", free=free[0] // 1024)
    if found.get("crash"):
        yield warn("crash", text=str(found["crash"]).partition("\n#")[0][-120:])


def _slots(slots: Mapping[str, str], state: Mapping[str, Any]) -> Iterator[Finding]:
    told = [f"{slot}: {_name(head)}" for slot, head in sorted(slots.items())]
    if not {"a", "b"} & set(slots):
        yield bad("repl_no_slot")
    if told:
        yield ok("repl_slots", slots=", ".join(told))
    back = state.get("back")
    if isinstance(back, dict):
        facts = {key: back.get(key, "?") for key in ("slot", "version", "code", "detail")}
        yield warn("slot_left", **facts)


def _name(head: str) -> str:
    """`1 manifest <version> <floor> <name> …` -> name (version)."""
    words = head.split()
    return f"{words[4]} ({words[2]})" if len(words) > 4 else "?"


def _object(text: object) -> dict[str, Any]:
    """A sealed file's JSON, without its last line."""
    try:
        value = json.loads(str(text or "{}").partition("\n#")[0])
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
