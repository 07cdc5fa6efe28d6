# Commands of the SparkFun DE2120 (DYScan), and which of the bytes that come back are answers.
#
# 1. A command is `^_^` name argument `.`; the answer holds ACK (06) or NAK (15). To the question for its version the
#    reader answers after some 430 ms with a text around the ACK, in a form that is not published.
# 2. A code is plain bytes, and ends with CR. There is neither length nor checksum.
# 3. The answer to a setting is one byte: alone in its burst, or right behind a code's CR, or right before a code. What
#    begins a code may look like it: then another answer follows, and the code is refused.
# 4. While the version is awaited, a burst with ACK or NAK in it is the answer as a whole. What else comes then may be
#    the rest of it, and is refused.
# 5. What is not awaited and consists of ACK and NAK alone is no code. With other bytes beside them, it may be an answer
#    that came late.
# Source: SparkFun's library. What it sends to change the motion sensitivity is wrong there: MDTTHR is right.

HEAD = b"^_^"
ACK = 0x06
NAK = 0x15

# What is awaited, for frames.expect.
SETTING = 1
VERSION = 2

BAUDS = {1200: b"2", 2400: b"3", 4800: b"4", 9600: b"5", 19200: b"6", 38400: b"7", 57600: b"8", 115200: b"9"}
_VERSION_BYTES = 96


def command(name: bytes, argument: bytes = b"") -> bytes:
    words = name + argument
    if not 4 <= len(words) <= 12 or not _is_plain(words):
        raise ValueError("command")
    return HEAD + words + b"."


def _is_plain(words: bytes) -> bool:
    return all(48 <= byte <= 57 or 65 <= byte <= 90 for byte in words)


def version() -> bytes:
    return command(b"DSPYFW")


def trigger(on: bool = True) -> bytes:
    return command(b"SCAN" if on else b"SLEEP")


def defaults() -> bytes:
    return command(b"DEFALT")


def output_ttl() -> bytes:
    return command(b"POR", b"232")


def baud(value: int) -> bytes:
    return command(b"232BAD", BAUDS[value])


def reading(mode: str) -> bytes:
    # Its motion mode looks for something that moves before it.
    return command(b"SCM", {"manual": b"MAN", "command": b"MAN", "continuous": b"CNT", "sensing": b"MDH"}[mode])


def same_code(pause_ms: int) -> bytes:
    # The pauses that it knows: none, half a second, a second. The shortest that is not shorter than what is wanted.
    return command(b"CNTALW", b"1" if not pause_ms else b"2" if pause_ms <= 500 else b"3")


def switch(name: bytes, on: bool) -> bytes:
    # BEPSUC: sound of success. LAMENA: light. AIMENA: aim. CIDENA: what kind of code it was, before each.
    return command(name, b"1" if on else b"0")


def motion(sensitivity: int) -> bytes:
    if sensitivity not in (15, 20, 30, 50, 100):
        raise ValueError("sensitivity")
    return command(b"MDTTHR", b"%d" % sensitivity)


def utf8() -> bytes:
    # Else it turns what it reads into GBK.
    return command(b"232UTF", b"1")


def is_ack(answer: bytes) -> bool:
    for byte in answer:
        if byte in (ACK, NAK):
            return byte == ACK
    return False


def _is_answer(byte: int) -> bool:
    return byte in (ACK, NAK)


def split(data: bytes, awaited: int | None) -> tuple:
    # -> (answer or None, the rest, is it sure that the rest is a whole code; None: if no answer follows)
    answers = 0
    for byte in data:
        answers += _is_answer(byte)
    if answers == len(data):
        return data[:1], b"", True
    if awaited == VERSION:
        if answers and len(data) <= _VERSION_BYTES:
            return data, b"", True
        return None, data, False
    if awaited == SETTING:
        if _is_answer(data[-1]) and data[-2] in b"\r\n":
            return data[-1:], data[:-1], True
        if _is_answer(data[0]):
            return data[:1], data[1:], None if answers == 1 else False
    return None, data, not answers
