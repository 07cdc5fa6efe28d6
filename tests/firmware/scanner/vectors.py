# Feeds tests/vectors/{gm65,de2120,m5qr}/*.json to firmware.scanner, on CPython and MicroPython: vectors.py FILE …
# Prints a line for each failure and, last, how many examples were run; exits with 1 if any failed.

import json
import sys
from binascii import hexlify, unhexlify

from firmware.scanner import de2120, gm65, m5qr, settings
from firmware.scanner import zones as gm65_zones
from firmware.scanner.accept import Accept
from firmware.scanner.frames import Frames
from firmware.scanner.line import PROTOCOL, TAIL, Code, Heartbeat, Refused, Reply, Stray
from firmware.scanner.text import Text

MODULES = {"gm65": gm65, "de2120": de2120, "m5qr": m5qr}
MODES = {"protocol": PROTOCOL, "tail": TAIL}
TICK_MS = 10


def bytes_of(given):
    if isinstance(given, dict):
        return unhexlify(given["fill"]) * given["count"]
    return unhexlify(given)


def plain(event):
    if isinstance(event, Code):
        return ["code", hexlify(event.data).decode()]
    if isinstance(event, Reply):
        return ["reply", hexlify(event.data).decode()]
    if isinstance(event, Refused):
        return ["refused", event.reason]
    if isinstance(event, Heartbeat):
        return ["heartbeat"]
    assert isinstance(event, Stray)
    return ["stray"]


def run_steps(frames, steps, piece_bytes):
    now_ms = 0
    events = []
    for step in steps:
        if "silent_ms" in step:
            for _ in range(step["silent_ms"] // TICK_MS):
                now_ms += TICK_MS
                events += frames.tick(now_ms)
        elif "step_ms" in step:
            now_ms += step["step_ms"]
            events += frames.tick(now_ms)
        elif "later_ms" in step:
            now_ms += step["later_ms"]
        elif "tear" in step:
            events += frames.tear()
        elif "expect" in step:
            frames.expect(step["expect"], now_ms, step.get("hold_after", False))
        else:
            data = step["text"].encode() if "text" in step else bytes_of(step if "fill" in step else step["rx"])
            for at in range(0, len(data), piece_bytes or len(data)):
                events += frames.feed(data[at : at + (piece_bytes or len(data))], now_ms)
    return [plain(event) for event in events]


def check_stream(vectors, entry):
    wanted = [[event[0]] + [hexlify(bytes_of(x)).decode() if isinstance(x, dict) else x for x in event[1:]]
              for event in entry["events"]]  # fmt: skip
    for piece_bytes in (0, 1, 5):
        frames = Frames(MODES[vectors["mode"]], unhexlify(entry.get("tail", "0d")))
        for tick in range(-10, 0 if not entry.get("fresh") else -10):
            frames.tick(tick * TICK_MS)
        got = run_steps(frames, entry["steps"], piece_bytes)
        if got != wanted:
            return "in pieces of " + str(piece_bytes) + " gives " + str(got)[:300]
        if frames.pending():
            return "leaves something behind"
    return None


def check_text(vectors, entry):
    module = MODULES[vectors["module"]]
    wanted = [[event[0]] + [hexlify(bytes_of(x)).decode() if isinstance(x, dict) else x for x in event[1:]]
              for event in entry["events"]]  # fmt: skip
    for piece_bytes in (0, 1, 5):
        frames = Text(module.split, vectors["has_tail"])
        frames.set_quick(entry.get("quick", False))
        for tick in range(-10, 0 if not entry.get("fresh") else -10):
            frames.tick(tick * TICK_MS)
        steps = [dict(step) for step in entry["steps"]]
        for step in steps:
            if step.get("expect"):
                step["expect"] = getattr(module, step["expect"].upper())
        got = run_steps(frames, steps, piece_bytes)
        if got != wanted:
            return "in pieces of " + str(piece_bytes) + " gives " + str(got)[:300]
        if frames.pending():
            return "leaves something behind"
    return None


def built_by(vectors, entry):
    module = MODULES[vectors.get("module", "gm65")]
    # text is a word where a call of that name takes words, else bytes in hex
    words = entry["call"] in ("reading", "mode")
    args = [unhexlify(arg) if isinstance(arg, str) and not words else arg for arg in entry["args"]]
    return getattr(module, entry["call"])(*args)


def check_command(vectors, entry):
    built = built_by(vectors, entry)
    wanted = entry["text"].encode() if "text" in entry else unhexlify(entry["hex"])
    return None if built == wanted else "is built as " + hexlify(built).decode()


def check_no_command(vectors, entry):
    if "call" not in entry:
        return None  # what a module must not answer: tests/sim looks at it
    try:
        return "is built as " + hexlify(built_by(vectors, entry)).decode()
    except (ValueError, KeyError):
        return None


def crc_of(entry):
    return f"{gm65.crc16(unhexlify(entry['hex'])):04x}"


def check_crc(vectors, entry):
    return None if crc_of(entry) == entry["crc"] else "gives " + crc_of(entry)


def check_wrong_crc(vectors, entry):
    return "is right" if crc_of(entry) == entry["crc"] else None


def check_reply(vectors, entry):
    return None if gm65.is_reply(unhexlify(entry["hex"])) else "is refused"


def check_no_reply(vectors, entry):
    return "is taken for an answer" if gm65.is_reply(unhexlify(entry["hex"])) else None


def check_accept(vectors, entry):
    accept = Accept(entry["window_ms"], entry["min_bytes"], entry["max_bytes"])
    for at, (code, now_ms, verdict) in enumerate(entry["steps"]):
        if verdict == "forget":
            accept.forget(unhexlify(code))
            continue
        got = accept.judge(unhexlify(code), now_ms)
        if got != verdict:
            return "step " + str(at) + " gives " + got
    return None


def check_settings(vectors, entry):
    wanted = settings.complete(entry["wanted"])
    zones = {int(zone): int(value, 16) for zone, value in entry["zones"].items()}
    writes, names = gm65_zones.different(zones, gm65_zones.targets(wanted, entry["protocol"]))
    if [list(write) for write in writes] != entry["writes"] or names != entry["names"]:
        return "gives " + str(writes) + str(names)
    for zone, value in writes:
        zones[zone] = value
    return "does not settle" if gm65_zones.different(zones, gm65_zones.targets(wanted, entry["protocol"]))[0] else None


def check_refused_settings(vectors, entry):
    try:
        settings.complete(entry["wanted"])
    except settings.SettingsError as error:
        return None if (error.code, error.name) == (entry["code"], entry["of"]) else "gives " + str(error)
    return "is taken"


FORMS = {
    "stream": (check_stream, check_stream),
    "text": (check_text, check_text),
    "command": (check_command, check_no_command),
    "crc": (check_crc, check_wrong_crc),
    "reply": (check_reply, check_no_reply),
    "accept": (check_accept, check_accept),
    "settings": (check_settings, check_refused_settings),
}


def run(path):
    # -> (valid, invalid, failures)
    with open(path) as file:
        vectors = json.load(file)
    failures = []
    for check, kind in zip(FORMS[vectors["form"]], ("valid", "invalid")):
        for entry in vectors[kind]:
            try:
                wrong = check(vectors, entry)
            except Exception as error:  # any error is a failure of its own
                wrong = "raises " + repr(error)
            if wrong:
                failures.append(path + ": " + kind + " '" + entry["name"] + "' " + wrong)
    return len(vectors["valid"]), len(vectors["invalid"]), failures


def main(paths):
    valid = invalid = 0
    failures = []
    for path in paths:
        counts = run(path)
        valid += counts[0]
        invalid += counts[1]
        failures += counts[2]
    for failure in failures:
        print(failure)
    print("vectors:", valid, "valid,", invalid, "invalid,", len(failures), "failed")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
