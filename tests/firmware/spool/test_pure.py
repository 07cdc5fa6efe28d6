"""The spool's pure parts, on the real interpreter: sealed lines, measured records, ranges of numbers."""

import json

import pytest

from scripts.firmware_build import run_micropython

RANGES = """
import json, random
from firmware.spool.ranges import Ranges
for seed in range(200):
    random.seed(seed)
    ranges, plain = Ranges(), set()
    for _ in range(random.randrange(1, 80)):
        seq = random.randrange(1, 60)
        assert ranges.add(seq) == (seq not in plain)
        plain.add(seq)
        assert all([(one in ranges) == (one in plain) for one in range(62)])
        assert ranges.highest() == max(plain)
    assert len(ranges) == len([one for one in plain if one - 1 not in plain])
    gaps, at = [], 0
    while True:
        gap = ranges.gap_above(at)
        if gap is None:
            break
        gaps += range(gap[0], gap[1] + 1)
        at = gap[1]
    assert gaps == [one for one in range(1, max(plain)) if one not in plain]
print(json.dumps("good"))
"""

FRAMES = """
import json
from firmware.spool import frames
from firmware.wire.record import Scan, encode_scan
def record(seq, code):
    return encode_scan(Scan("box-1", "0123456789ab", seq, 1, 5, None, None, "", code))
one, two = record(7, b"abc"), record(8, bytes(range(256)) * 12)
data = b"junk" + one + two + b"junk"
assert frames.measure(data, 4, len(data)) == len(one)
assert frames.measure(data, 4 + len(one), len(data)) == len(two)
assert frames.identity(data, 4) == ("0123456789ab", 7, 1)
assert frames.measure(data, 0, len(data)) == -1
for cut in range(1, len(one)):
    assert frames.measure(one, 0, cut) == 0, cut
for at in range(len(one)):
    for bit in range(8):
        broken = bytearray(one)
        broken[at] ^= 1 << bit
        assert frames.measure(bytes(broken), 0, len(broken)) <= 0, (at, bit)
sealed = frames.seal("tram-state", (1, "box-1", 5), b"body")
assert frames.unseal(b"x" + sealed + b"tail", "tram-state", 1) == ([b"1", b"box-1", b"5"], b"body")
assert frames.unseal(sealed, "tram-slot") is None
for at in range(len(sealed)):
    assert frames.unseal(sealed[:at], "tram-state") is None
    for bit in range(8):
        broken = bytearray(sealed)
        broken[at] ^= 1 << bit
        assert frames.unseal(bytes(broken), "tram-state") is None, (at, bit)
print(json.dumps("good"))
"""


@pytest.mark.parametrize("script", [RANGES, FRAMES], ids=["ranges", "frames"])
def test_it_agrees_with_the_plain_way_and_nothing_broken_passes(script):
    done = run_micropython(["-c", script])
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout) == "good"
