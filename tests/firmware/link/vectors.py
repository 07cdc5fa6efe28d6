# Feeds vectors/packets.json to firmware.link.packets, on CPython and on MicroPython alike: vectors.py FILE
#
# incoming: bytes -> events, whole and in pieces of several lengths. incoming_invalid: bytes -> the code of the
# PacketError. outgoing: a call -> bytes. outgoing_invalid: a call -> the code. Prints each failure, then how many ran.
import json
import sys
from binascii import hexlify, unhexlify

from firmware.link import packets


def bytes_of(entry):
    if "hex" in entry:
        return unhexlify(entry["hex"])
    if "fill" in entry:
        return unhexlify(entry["fill"]) * entry["count"]
    raise ValueError(entry)


def pieces_of(entry, piece_bytes):
    for part in entry.get("parts", [entry]):
        length = part.get("count") or len(part["hex"]) // 2
        whole = None if "fill" in part else bytes_of(part)
        for at in range(0, length, piece_bytes):
            count = min(piece_bytes, length - at)
            yield unhexlify(part["fill"]) * count if whole is None else whole[at : at + count]


def plain(event):
    values = [str(hexlify(value), "ascii") if isinstance(value, bytes) else value for value in event]
    return [type(event).__name__] + values  # noqa: RUF005  (MicroPython does not know [*values])


def events_of(entry, piece_bytes):
    incoming = packets.Incoming()
    events = []
    for piece in pieces_of(entry, piece_bytes):
        events += [plain(event) for event in incoming.feed(piece)]
    return events


def code_of(work, *args):
    try:
        return work(*args)
    except packets.PacketError as bad:
        return bad.code


def call(entry):
    args = [unhexlify(arg["bytes"]) if isinstance(arg, dict) else arg for arg in entry["args"]]
    return str(hexlify(getattr(packets, entry["call"])(*args)), "ascii")


def findings(vectors):
    for entry in vectors["incoming"]:
        for piece_bytes in (1, 2, 3, 1000) if "hex" in entry else (1000,):
            yield entry["name"], entry["events"], events_of(entry, piece_bytes)
    for entry in vectors["incoming_invalid"]:
        for piece_bytes in (1, 3, 1000):
            yield entry["name"], entry["code"], code_of(events_of, entry, piece_bytes)
    for entry in vectors["outgoing"]:
        yield entry["name"], entry["hex"], call(entry)
    for entry in vectors["outgoing_invalid"]:
        yield entry["name"], entry["code"], code_of(call, entry)


def main(path):
    with open(path) as file:
        vectors = json.load(file)
    ran = failed = 0
    for name, expected, found in findings(vectors):
        ran += 1
        if expected != found:
            failed += 1
            print(f"{name}: {found} instead of {expected}")
    print(f"{ran} ran")
    return 1 if failed else 0


sys.exit(main(sys.argv[1]))
