# Commands of the M5Stack Unit QRCode on its UART, and which of the bytes that come back are answers.
#
# 1. A setting is written by `21 PID FID value` and answered by `22 PID FID value 00`, asked for by `23 PID FID` and
#    answered by `24 PID FID value`. Reading is begun by `32 75 01`, which has no answer, and stopped by `32 75 02`,
#    answered by `33 75 02 00 00`.
# 2. A code is plain bytes. There is neither length nor checksum, and whether there is a tail depends on how the unit is
#    set: a CR, LF or CR LF at the end of a burst is taken for one.
# 3. Alone in its burst an answer has its exact head and length, and is never a code, though `24 61 41` is also text.
#    One that is awaited is also cut out beside a code. With bytes on both sides these may be two codes: refused.
# Source: M5Stack's libraries for C++ and MicroPython. Answers are a byte longer than these say in some versions, so
# that one byte behind an answer is part of it.

MODE = b"\x61\x41"
AUTO = 5
MANUAL = 0

# What is awaited, for frames.expect.
ASKED = 1
WRITTEN = 2
STOPPED = 3

_HEADS = {ASKED: b"\x24" + MODE, WRITTEN: b"\x22" + MODE, STOPPED: b"\x33\x75\x02"}
_LENGTHS = {ASKED: (4, 5), WRITTEN: (5,), STOPPED: (5,)}


def ping() -> bytes:
    # At once the question for the trigger mode.
    return b"\x23" + MODE


def mode(value: int) -> bytes:
    if value not in (AUTO, MANUAL):
        raise ValueError("mode")
    return b"\x21" + MODE + bytes((value,))


def trigger(on: bool = True) -> bytes:
    return b"\x32\x75\x01" if on else b"\x32\x75\x02"


def split(data: bytes, awaited: int | None) -> tuple:
    # -> (answer or None, the rest, is it sure that the rest is a whole code)
    for kind, head in _HEADS.items():
        if len(data) in _LENGTHS[kind] and data.startswith(head):
            # One that nobody awaits is late: never a code.
            return (data if awaited in (kind, None) else None), b"", True
    head = _HEADS.get(awaited)
    at = data.find(head) if head else -1
    if at < 0:
        return None, data, True
    end = at + _LENGTHS[awaited][0]
    if len(data) < end:
        return None, data, False
    if data[end : end + 1] == b"\x00":
        end += 1
    rest = data[end:]
    return data[at:end], data[:at] + rest, not (at and rest)
