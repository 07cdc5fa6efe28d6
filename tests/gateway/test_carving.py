"""The one who looks finds what is there, in every form: else finding nothing would mean nothing."""

import base64
import gzip
import hashlib
import io
import json
import random
import zipfile
import zlib

import pytest
import zstandard

from firmware.wire import record
from firmware.wire.record import Scan
from scripts.sim import people
from tests.gateway.carving import Canary, found

CODE = people.citizen_card(random.Random(5))
RECORD = record.encode_scan(Scan("box-1", "aabbccddeeff", 7, 1, 5, None, None, "", CODE))
CANARY = Canary(CODE, RECORD)
NAME = CODE.split(b"|")[2]


def zipped(data: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", data)
    return file.getvalue()


@pytest.mark.parametrize(
    "left",
    [
        CODE,
        RECORD,
        NAME,
        CODE.split(b"|")[0],
        NAME.decode().encode("utf-16-le"),
        NAME.decode().encode("utf-16"),
        NAME.decode().encode("utf-16-be"),
        base64.b64encode(CODE),
        base64.b64encode(b"x" + CODE + b"yy"),
        base64.b64encode(b"xx" + RECORD),
        CODE.hex().encode(),
        CODE.hex().upper().encode(),
        json.dumps({"code": CODE.decode()}).encode(),
        repr(CODE).encode(),
        CODE[::-1],
        zlib.compress(CODE),
        zlib.compress(b"something before " + RECORD + b" and behind", 9),
        gzip.compress(b"line\n" * 50 + CODE),
        zipped(CODE),
        zstandard.compress(RECORD * 3),
        zlib.compress(base64.b64encode(CODE)),
        zlib.crc32(CODE).to_bytes(4, "little"),
        zlib.crc32(CODE).to_bytes(4, "big"),
        b"%08x" % zlib.crc32(RECORD),
        RECORD.split(b"\n")[0],
        hashlib.sha256(CODE).digest(),
        hashlib.sha256(CODE).hexdigest().encode(),
        hashlib.sha1(RECORD, usedforsecurity=False).digest(),
        hashlib.md5(CODE.split(b"|")[0], usedforsecurity=False).hexdigest().encode(),
        hashlib.blake2b(CODE, digest_size=8).digest(),
        hashlib.blake2b(RECORD, digest_size=6).digest(),
    ],
)
def test_whatever_was_left_is_found(left):
    image = random.Random(1).randbytes(5_000) + left + random.Random(2).randbytes(5_000)
    assert found(image, [CANARY]) != []


def test_nobody_is_found_where_nobody_is():
    others = [Canary(people.citizen_card(random.Random(n))) for n in range(100, 120)]
    image = random.Random(1).randbytes(300_000) + RECORD + zlib.compress(RECORD)
    assert found(image, others) == []
