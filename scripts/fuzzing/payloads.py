"""What somebody with a box's password may throw at the gateway, drawn from a seed: on every topic that a box may write.

1. Half of it began as something valid, and was then cut, stretched, flipped, spliced or filled with extreme numbers.
2. The rest is junk, JSON that costs more to read than to send, text that is no UTF-8, identities of others, packs that
   say other than they hold, and now and then something huge.
"""

import random
from binascii import crc32
from collections.abc import Callable
from contextlib import suppress

from firmware.wire import beacon, command, message, record, status, topics, update
from firmware.wire.beacon import Heard
from firmware.wire.command import Result
from firmware.wire.errors import WireError
from firmware.wire.message import Pack
from firmware.wire.record import Lost, Scan
from firmware.wire.update import Want

HUGE_SHARE = 0.001
HUGE_BYTES = 300_000
MOST_AGAIN = 10_000
EXTREMES = (b"-1", b"0", b"00", b"4294967295", b"4294967296", b"9" * 30, b"9" * 5000, b"-", b"", b"1e9", b"\xd9\xa1")
OUTCOMES = ("done", "failed", "refused", "going", "x" * 40)


class Payloads:
    """`draw()` -> (word of the topic, payload)"""

    def __init__(self, seed: int, box_id: str, other_id: str) -> None:
        self._draw = random.Random(seed)
        self._box_id = box_id
        self._other_id = other_id
        self._epochs = [self._hex(6) for _ in range(4)]
        self._last: dict[str, bytes] = {}
        self._kinds: list[Callable[[str], bytes]] = [
            *[self._valid] * 4,
            *[self._mutated] * 8,
            self._junk,
            self._digits,
            self._bomb,
            self._not_text,
            self._lying_pack,
            self._again,
        ]

    def draw(self) -> tuple[str, bytes]:
        word = self._draw.choice(topics.UP_WORDS)
        kind = self._huge if self._draw.random() < HUGE_SHARE else self._draw.choice(self._kinds)
        while True:
            with suppress(WireError):  # our own encoders do not make everything that can be drawn
                made = kind(word)
                break
        if len(made) < MOST_AGAIN:
            self._last[word] = made
        return word, made

    def _hex(self, count: int) -> str:
        return self._draw.randbytes(count).hex()

    def _whose(self) -> str:
        return self._draw.choice([self._box_id] * 8 + [self._other_id, self._hex(5)])

    def _epoch(self) -> str:
        return self._draw.choice([*self._epochs * 10, self._hex(6)])

    def _number(self) -> int:
        return self._draw.choice([self._draw.randrange(1, 3000), self._draw.randrange(1, 1 << 32)])

    # --- as it should be

    def _valid(self, word: str) -> bytes:
        draw, box_id = self._draw, self._whose()
        if word == "scan":
            return draw.choice([self._scan, self._lost, self._pack])(box_id)
        if word == "status":
            return self._status(box_id)
        if word == "heard":
            return bytes(beacon.encode_heard(Heard(box_id, self._epoch(), 1, self._hex(6), *self._times())))
        if word == "result":
            body = draw.choice([b"{}", b"", draw.randbytes(900), b'{"a":' * 200])
            return bytes(command.encode_result(Result(box_id, self._hex(6), draw.choice(OUTCOMES[:3]), 1, 1, body)))
        return bytes(update.encode_want(Want(box_id, draw.randrange(1, 99), "manifest", draw.randrange(1 << 20), 4096)))

    def _times(self) -> tuple[int, int, int]:
        heard = self._draw.randrange(1 << 40)
        return self._draw.randrange(1 << 40), heard, heard + self._draw.randrange(1000)

    def _scan(self, box_id: str, epoch: str = "") -> bytes:
        code = self._draw.randbytes(self._draw.choice([1, 20, 110, 600]))
        utc = self._draw.choice([(None, None), (self._draw.randrange(1 << 42), 50)])
        made = Scan(box_id, epoch or self._epoch(), self._number(), 1, self._draw.randrange(1 << 40), *utc, "", code)
        return bytes(record.encode_scan(made))

    def _lost(self, box_id: str) -> bytes:
        first = self._number()
        last = min(first + self._draw.randrange(1 << 20), (1 << 32) - 1)
        return bytes(record.encode_lost(Lost(box_id, self._epoch(), first, last, "flash")))

    def _pack(self, box_id: str) -> bytes:
        epoch = self._epoch()
        records = [self._scan(box_id, epoch) for _ in range(self._draw.randrange(6))]
        return bytes(message.encode_pack(Pack(box_id, epoch, 1, self._number(), records)))

    def _status(self, box_id: str) -> bytes:
        boot = self._draw.randrange(1, 9)
        if self._draw.random() < 0.3:
            return bytes(status.will(box_id, boot, 1))
        said = {"box_id": box_id, "state": "online", "boot": boot, "session": 1, "epoch": self._epoch()}
        last_seq = self._number()
        said |= {"uptime_ms": 5, "first_held": self._draw.randrange(1, last_seq + 1), "last_seq": last_seq}
        return bytes(status.encode(said | {"counters": {self._hex(3): self._number()}, self._hex(2): self._hex(40)}))

    # --- and as it should not

    def _mutated(self, word: str) -> bytes:
        data = bytearray(self._valid(word))
        draw = self._draw
        for _ in range(draw.randrange(1, 4)):
            at = draw.randrange(len(data) + 1)
            what = draw.randrange(6)
            if what == 0:
                del data[at:]
            elif what == 1:
                data[at:at] = draw.randbytes(draw.randrange(1, 20))
            elif what == 2 and data:
                data[at % len(data)] ^= 1 << draw.randrange(8)
            elif what == 3:
                data[at:at] = data[draw.randrange(len(data) + 1) :]
            elif what == 4:
                words = bytes(data).split(b" ")
                words[draw.randrange(len(words))] = draw.choice(EXTREMES)
                data = bytearray(b" ".join(words))
            else:
                data = bytearray(_resealed(bytes(data)))
        return bytes(data[:200_000])

    def _junk(self, _word: str) -> bytes:
        return self._draw.randbytes(self._draw.choice([0, 1, 2, 40, 400, 3000]))

    def _digits(self, word: str) -> bytes:
        letters = b"0123456789 -\n" + word.encode()
        return b"1 %s " % word.encode() + bytes(self._draw.choices(letters, k=self._draw.randrange(300)))

    def _bomb(self, word: str) -> bytes:
        draw = self._draw
        start = b'{"v":1,"box_id":"%s","state":"online",' % self._box_id.encode()
        bombs = [
            b'{"v":1,' + b"[" * draw.randrange(1, 4000) + b"}",
            start + b'"a":' + b'{"a":' * 600 + b"1" + b"}" * 600 + b"}",
            start + b'"boot":' + b"9" * 3500 + b"}",
            start + b'"boot":1e999,"session":NaN}',
            start + b'"boot":1,' * 300 + b'"boot":2}',
            start + b'"boot":"\\ud800","counters":[]}',
            b'{"v":1}' + b" " * 4000,
        ]
        made = draw.choice(bombs)
        if word == "result" and draw.random() < 0.5:
            return bytes(command.encode_result(Result(self._box_id, self._hex(6), "done", 1, 1, made[:900])))
        return made

    def _not_text(self, word: str) -> bytes:
        made = self._valid(word)
        at = self._draw.randrange(len(made) + 1)
        wrong = self._draw.choice([b"\xff\xfe", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80", b"\x00", b"\r"])
        return _resealed(made[:at] + wrong + made[at:])

    def _lying_pack(self, _word: str) -> bytes:
        draw, epoch = self._draw, self._epoch()
        records = [self._scan(self._box_id, epoch) for _ in range(3)]
        pack = Pack(self._box_id, epoch, 1, 5000, records)
        good = bytes(message.encode_pack(pack))
        head, _, body = good.partition(b"\n")
        fields = head.split(b" ")
        fields[draw.randrange(len(fields))] = draw.choice(EXTREMES)
        lies = [
            b" ".join(fields) + b"\n" + body,
            head + b"\n" + body[: draw.randrange(len(body))],
            head + b"\n" + body + body,
            bytes(message.encode_pack(pack._replace(records=[*records, good[:1000]]))),
            bytes(
                message.encode_pack(pack._replace(records=[self._scan(self._other_id), self._mutated("scan")[:1000]]))
            ),
            b"1 scans %s %s 1 9 128 " % (self._box_id.encode(), epoch.encode()) + b"9 " * 127 + b"9\n",
        ]
        return draw.choice(lies)

    def _again(self, word: str) -> bytes:
        return self._last.get(word, b"")

    def _huge(self, word: str) -> bytes:
        made = self._valid(word)
        size = self._draw.randrange(20_000, HUGE_BYTES)
        return self._draw.choice([bytes(size), made + made * (size // max(1, len(made))), b"1 scans " + b"9" * size])


def _resealed(data: bytes) -> bytes:
    """A record with a good checksum, whatever stands in it; anything else as it was."""
    head, found, body = data.partition(b"\n")
    start, _, _ = head.rpartition(b" ")
    if not found or not start.startswith((b"1 scan ", b"1 lost ")):
        return data
    return start + b" %08x\n" % crc32(body[:-1], crc32(start)) + body
