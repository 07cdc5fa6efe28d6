"""Control codes: their one form, their tag, and everything else that is refused. On both runtimes."""

import hashlib
import hmac
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.codes import kind_of
from firmware.gate.control import VERBS, make, read
from scripts.firmware_build import run_micropython

KEY = "00112233445566778899aabbccddeeff"
OUT = make(KEY, "out").encode()
KEYS = st.binary(min_size=16, max_size=16).map(bytes.hex)


@given(KEYS, st.sampled_from(VERBS))
def test_the_tag_is_that_of_the_standard_library(key: str, verb: str) -> None:
    tag = hmac.new(bytes.fromhex(key), b"TRAMC1:" + verb.encode(), hashlib.sha256).hexdigest()[:32]
    assert make(key, verb) == f"TRAMC1:{verb}:{tag}"
    assert read(make(key, verb).encode(), key) == (verb, "")
    assert kind_of(make(key, verb).encode()) == "control"


def test_an_example_to_compare_with() -> None:
    assert make(KEY, "in") == "TRAMC1:in:" + hmac.digest(bytes.fromhex(KEY), b"TRAMC1:in", "sha256").hex()[:32]


def test_white_space_around_it_is_the_readers() -> None:
    assert read(b" " + OUT + b"\r\n", KEY) == ("out", "")


@pytest.mark.parametrize(
    "code, reason",
    [
        (b"", "form"),
        (b"TRAMC1:", "form"),
        (b"TRAMC1:out", "form"),
        (b"TRAMC1:out:", "form"),
        (b"TRAMC1::" + OUT[11:], "form"),
        (OUT + b":", "form"),
        (OUT + b"0", "form"),
        (OUT[:-1], "form"),
        (OUT.replace(b"TRAMC1", b"TRAMC2"), "form"),
        (OUT.replace(b"TRAMC1", b"tramc1"), "form"),
        (OUT.replace(b"out", b"open"), "form"),
        (OUT.replace(b"out", b"OUT"), "form"),
        (OUT.replace(b"out", b"\xff\xfe\xfd"), "form"),
        (OUT.replace(b":out:", b": out:"), "form"),
        (OUT.replace(b":out:", b":in:"), "tag"),
        (OUT.upper().replace(b":OUT:", b":out:"), "tag"),
        (b"TRAMC1:out:" + b"0" * 32, "tag"),
        (b"TRAMC1:out:" + b"g" * 32, "tag"),
        (b"TRAMC1:out:" + b"\xff" * 32, "tag"),
        (make("0" * 32, "out").encode(), "tag"),
        (b"TRAMC1:out:" + hmac.digest(b"", b"TRAMC1:out", "sha256").hex()[:32].encode(), "tag"),
    ],
)
def test_everything_else_is_refused(code: bytes, reason: str) -> None:
    assert read(code, KEY) == (None, reason)


@given(st.integers(0, len(OUT) - 1), st.integers(0, 255))
def test_one_changed_byte_is_refused(at: int, byte: int) -> None:
    changed = OUT[:at] + bytes([byte]) + OUT[at + 1 :]
    assert (read(changed, KEY)[0] == "out") == (changed == OUT)


@given(st.binary(max_size=80), st.sampled_from([KEY, ""]))
def test_any_bytes_are_refused_and_nothing_is_raised(data: bytes, key: str) -> None:
    for code in (data, b"TRAMC1:" + data, b"TRAMC1:in:" + data):
        assert read(code, key)[0] is None


@pytest.mark.parametrize("key", ["", "00", "0" * 31, "0" * 33])
def test_a_key_that_is_none_refuses_all(key: str) -> None:
    assert read(OUT, key) == (None, "no_key")
    with pytest.raises(ValueError):
        make(key, "out")


@pytest.mark.parametrize("verb", ["", "OUT", "both", "in:"])
def test_no_code_is_made_for_another_verb(verb: str) -> None:
    with pytest.raises(ValueError):
        make(KEY, verb)


def test_the_box_reads_and_makes_the_same(tmp_path: Path) -> None:
    draw = random.Random(1)
    keys = [draw.randbytes(16).hex() for _ in range(20)]
    script = tmp_path / "compare.py"
    script.write_text(
        "from firmware.gate.control import VERBS, make, read\n"
        f"for key in {keys!r}:\n"
        "    for verb in VERBS:\n"
        "        code = make(key, verb)\n"
        "        assert read(code.encode() + b'\\r\\n', key) == (verb, '')\n"
        "        assert read(code.encode()[:-1] + b'x', key) == (None, 'tag')\n"
        "        print(code)\n"
    )
    done = run_micropython([script], cwd=tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.decode().split() == [make(key, verb) for key in keys for verb in VERBS]
