"""The gateway's machine fails as it was told to, and is well again afterwards."""

import asyncio
import random
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509

from gateway import certs
from scripts.sim import papers, tampering
from scripts.sim.compiled import shared
from scripts.sim.evidence import Evidence
from scripts.sim.tampering import Tampering, damage

SHIM = Path("scripts/sim/disk_shim.c").resolve()
WRITE = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("PRAGMA synchronous = FULL")
try:
    db.execute("INSERT INTO t VALUES (1)")
    print("kept")
except sqlite3.Error as error:
    print(error.sqlite_errorname)
"""


CORRUPT = {"hits": 1, "cut": False, "seed": 1, "down_s": 0.0}


class Turns:
    def __init__(self):
        self.noted = []

    def note(self, kind, **details):
        self.noted.append((kind, details))

    def turn(self, part):
        return asyncio.Lock()

    async def fail_links(self, links, mode, for_s):
        await asyncio.sleep(for_s)


class OneGateway:
    def __init__(self):
        self.done = []

    async def kill(self):
        self.done.append("kill")

    async def start(self):
        self.done.append("start")


class OneTown:
    def __init__(self, folder):
        self._folder = folder
        self.evidence = Evidence()
        self.metrics_path = folder / "metrics.prom"
        self.buffer_folder = folder / "buffer"
        self.gateway = OneGateway()

    def trouble_path(self, name):
        return self._folder / name

    def links(self, name):
        return []


@pytest.mark.parametrize(
    "what, code", [("full", "SQLITE_FULL"), ("readonly", "SQLITE_IOERR"), ("error", "SQLITE_IOERR")]
)
def test_a_disk_in_trouble_refuses_what_sqlite_writes_and_only_there(tmp_path, what, code):
    trouble = tmp_path / "trouble"
    trouble.write_text(what)

    def write(folder):
        (tmp_path / folder).mkdir(exist_ok=True)
        path = tmp_path / folder / "a.db"
        db = sqlite3.connect(path)
        db.execute("CREATE TABLE IF NOT EXISTS t (x)")
        db.close()
        environment = {
            "LD_PRELOAD": str(shared(SHIM, tmp_path)),
            "DISK_TROUBLE": str(trouble),
            "DISK_FOLDER": "/ours/",
        }
        command = [sys.executable, "-c", WRITE, str(path)]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()

    assert write("ours").startswith(code)
    assert write("other") == "kept"
    trouble.unlink()
    assert write("ours") == "kept"


async def test_a_trouble_is_there_for_a_while_and_then_what_was_before(tmp_path):
    town, turns = OneTown(tmp_path), Turns()
    tampering = Tampering(town, turns)
    (tmp_path / "clock").write_text("before")
    task = asyncio.create_task(tampering.clock({"synced": False, "offset_ms": -5, "for_s": 0.05}))
    await asyncio.sleep(0)
    assert (tmp_path / "clock").read_text() == '{"synced": false, "offset_ms": -5}'
    await task
    assert (tmp_path / "clock").read_text() == "before"
    await tampering.disk({"what": "full", "for_s": 0.01})
    assert not (tmp_path / "disk").exists()
    assert [kind for kind, _ in turns.noted] == ["clock", "disk"]


@pytest.fixture
def filled(tmp_path):
    """A town whose gateway has a file in its buffer."""
    town = OneTown(tmp_path)
    town.buffer_folder.mkdir()
    (town.buffer_folder / "1.seg").write_bytes(bytes(100))
    return town


async def test_a_buffer_is_left_alone_while_its_gateway_has_only_numbers_from_before(filled, monkeypatch):
    monkeypatch.setattr(tampering, "EMPTY_S", 2.5)
    filled.metrics_path.write_text("tram_waiting_records 0\ntram_writer_silent_seconds 0.0\n")
    turns = Turns()
    await Tampering(filled, turns).corrupt(CORRUPT)
    assert (turns.noted, filled.gateway.done) == ([], [])
    assert (filled.buffer_folder / "1.seg").read_bytes() == bytes(100)


async def test_a_buffer_is_hit_when_its_gateway_has_said_three_times_that_nothing_waits(filled, monkeypatch):
    monkeypatch.setattr(tampering, "LOOK_S", 0.0)
    before, too_few = [(1, 0), (1, 0)], [(2, 0), (2, 0), (3, 0), (4, 2), (5, 0), (6, 0), (7, 1)]
    said = iter([*before, *too_few, (8, 0), (8, 0), (9, None), (10, 0), (11, 0)])
    monkeypatch.setattr(tampering, "gateway_waiting", lambda path: next(said))
    turns = Turns()
    await Tampering(filled, turns).corrupt(CORRUPT)
    assert next(said, None) is None
    assert filled.gateway.done == ["kill", "start"]
    assert [kind for kind, _ in turns.noted] == ["corrupt"]
    assert (filled.buffer_folder / "1.seg").read_bytes() != bytes(100)


@pytest.mark.parametrize("seed", range(5))
def test_bits_flip_in_files_of_the_folder_and_the_same_seed_hits_the_same(tmp_path, seed):
    said = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        for number in range(3):
            (folder / f"{number}.seg").write_bytes(bytes(100))
        said.append(damage(folder, random.Random(seed), 3, False))
        changed = [path.read_bytes() for path in folder.iterdir()]
        assert 1 <= sum(bin(byte).count("1") for data in changed for byte in data) <= 3
    assert said[0] == said[1]


def test_an_end_is_cut_off_where_that_was_asked_for(tmp_path):
    (tmp_path / "1.seg").write_bytes(bytes(100))
    (said,) = damage(tmp_path, random.Random(1), 1, True)
    assert "cut" in said
    assert (tmp_path / "1.seg").stat().st_size < 100


def test_a_folder_without_files_is_left_alone(tmp_path):
    assert damage(tmp_path, random.Random(1), 3, True) == []


@pytest.mark.parametrize("wrong", ["foreign", "expired"])
def test_a_wrong_certificate_has_the_right_names_and_is_by_a_stranger(tmp_path, wrong):
    good = certs.ensure(tmp_path, "gw-1")
    chain = papers.chain(good.chain_file.read_bytes(), wrong)
    made = x509.load_pem_x509_certificate(chain[chain.index(b"-----BEGIN CERT") :])
    right = x509.load_pem_x509_certificates(good.chain_file.read_bytes().split(b"-----END PRIVATE KEY-----\n")[-1])[0]
    kind = x509.SubjectAlternativeName
    assert made.extensions.get_extension_for_class(kind).value == right.extensions.get_extension_for_class(kind).value
    assert made.issuer != right.issuer
