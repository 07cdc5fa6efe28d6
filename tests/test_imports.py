"""Who may import whom: the table of ARCHITECTURE.md, enforced over the tree.

1. A room is a folder (or a single file) directly under firmware/, gateway/, server/ or presence/. It may always import
   itself.
2. Of ours it may import only the rooms that MAY_IMPORT names. A room that is not named there gets the strictest
   set of its house: DEFAULT.
3. Nothing imports tests or scripts. Tests and scripts themselves import what they like, scripts never tests.
4. SQL lives in two rooms; HTTP stays out of the pure rules; firmware uses only what MicroPython has.
"""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HOUSES = ("firmware", "gateway", "server", "presence")

WIRE = {"firmware.wire", "firmware.codes"}
DOMAIN = {
    "server.codes",
    "server.persons",
    "server.visits",
    "server.places",
    "server.tracing",
    "server.access",
    "server.fleet",
}
DEFAULT = {
    "firmware": {"firmware.modules", *WIRE},
    "gateway": WIRE,
    "server": {"server.errors", "firmware.codes"},
    "presence": {"presence.*"},
    "scripts": {"any"},
}
MAY_IMPORT = {
    "firmware": set(),
    "firmware.main": {"firmware.start", "firmware.safe", "firmware.boards"},
    "firmware.boot": set(),
    "firmware.app": {"firmware.*"},
    "firmware.newcomer": {"firmware.*"},
    "firmware.safe": {"firmware.*"},
    "firmware.intake": {"firmware.*"},
    "firmware.start": {"firmware.*"},
    "firmware.uplink": {"firmware.*"},
    "firmware.care": {"firmware.*"},
    "firmware.duties": {"firmware.*"},
    "firmware.vitals": {"firmware.*"},
    "firmware.console": {"firmware.*"},
    "firmware.wipe": {"firmware.face"},
    "firmware.masked": set(),
    "firmware.metered": set(),
    "firmware.files": set(),
    "firmware.modules": set(),
    "firmware.wire": set(),
    "firmware.codes": set(),
    "firmware.boards": {"firmware.files"},
    "firmware.link": {"firmware.modules", "firmware.wire"},
    "firmware.scanner": {"firmware.modules", *WIRE},
    "gateway": set(),
    "gateway.__main__": {"gateway.*"},
    "gateway.app": {"gateway.*", *WIRE},
    "gateway.making": {"gateway.*", *WIRE},
    "gateway.keeping": {"gateway.*", *WIRE},
    "gateway.hours": {"gateway.*", *WIRE},
    "gateway.reporting": {"gateway.*"},
    "gateway.numbers": {"gateway.*"},
    "gateway.sources": {"gateway.*"},
    "gateway.aside": {"gateway.*"},
    "gateway.wired": {"gateway.*"},
    "gateway.workbench": {"gateway.*", *WIRE},
    "gateway.rollover": {"gateway.*"},
    "gateway.admission": {"gateway.*"},
    "gateway.cli": {"gateway.*", *WIRE},
    "gateway.doctor": {"gateway.*"},
    "gateway.passing": {"gateway.buffer"},
    "gateway.opening": {"gateway.*", *WIRE},
    "gateway.config": set(),
    "gateway.files": set(),
    "gateway.addresses": set(),
    "gateway.service": set(),
    "gateway.starts": set(),
    "gateway.log": set(),
    "gateway.reasons": set(),
    "gateway.panel": {"gateway.reasons"},
    "gateway.tech": {"gateway.panel", "gateway.files", *WIRE},
    "gateway.health": {"gateway.reasons", *WIRE},
    "gateway.certs": {"gateway.files"},
    "gateway.server": {"gateway.files"},
    "gateway.mqtt": {"gateway.files", *WIRE},
    "gateway.enrol": {"gateway.files", *WIRE},
    "gateway.upload": {"gateway.server", *WIRE},
    "gateway.downlink": {"gateway.server", "gateway.files", *WIRE},
    "gateway.readers": {"gateway.files", "gateway.reasons", "firmware.scanner", *WIRE},
    "gateway.clock": {"firmware.wire"},
    "server": set(),
    "server.__main__": {"server.*"},
    "server.app": {"server.*"},
    "server.config": {"server.errors"},
    "server.errors": set(),
    "server.logs": set(),
    "server.ingest": {"firmware.wire", "server.errors"},
    "server.fleet": {"server.errors", *WIRE},
    "gateway.place": {"presence.*", *WIRE},
    "presence": {"presence.*"},
    "server.codes": {"server.errors", "firmware.codes"},
    "server.places": {"server.errors", "presence.*"},
    "server.access": {"server.errors"},
    "server.visits": {"server.errors", "presence.*"},
    "server.purging": {"server.*"},
    "server.rounds": {"server.*"},
    "server.following": {"server.*"},
    "server.persons": {"server.errors", "server.codes", "firmware.codes"},
    "server.holder": {"server.errors", "server.codes", "server.persons", "server.ingest", "server.keys", *WIRE},
    "server.deriving": {"server.*", *WIRE},
    "server.sim": {"server.*", *WIRE},
    "server.cli": {"server.*", *WIRE},
    "server.keys": {"server.errors"},
    "server.certificates": {"server.errors", "server.keys"},
    "server.joining": {"server.errors", "server.keys"},
    "server.tls": {"server.errors", "server.keys", "server.web"},
    "server.store": {"server.ingest", "server.errors", "presence.*", *WIRE, *DOMAIN},
    "server.web": {"server.ingest", "server.errors", "server.holder", "presence.*", *WIRE, *DOMAIN},
}

PURE_ROOMS = WIRE  # no clock, no I/O: all that they may import from outside, and what they may not call
PURE_MODULES = {"struct", "binascii", "collections", "json"}
PRESENCE_MODULES = {"array", "bisect", "collections", "datetime", "struct", "typing"}
IMPURE_CALLS = {"open", "print", "input", "exec", "eval"}

DYNAMIC_IMPORTS = {"__import__", "import_module", "importlib.import_module"}
NOT_ON_THE_BOX = {"typing", "dataclasses", "enum", "abc", "functools", "contextlib", "__future__", "pathlib", "logging"}
NOT_ON_THE_BOX_ATTRIBUTES = {"removeprefix", "removesuffix", "_replace"}

SQL_ROOMS = {"gateway.buffer", "server.store"}
SQL_MODULES = {"sqlite3", "aiosqlite", "sqlalchemy", "psycopg", "asyncpg"}
SQL = re.compile(
    r"\s*(SELECT\s.*\bFROM\b|INSERT\s+(OR\s+\w+\s+)?INTO\b|REPLACE\s+INTO\b|UPDATE\s+\S+\s+SET\b|DELETE\s+FROM\b"
    r"|(CREATE|DROP|ALTER)\s+(TABLE|INDEX|UNIQUE|VIEW|TRIGGER|VIRTUAL)\b|PRAGMA\s+\w|BEGIN\s+(IMMEDIATE|EXCLUSIVE)\b"
    r"|WITH\s+\w+\s+AS\s*\()",
    re.DOTALL | re.IGNORECASE,
)
HTTP_MODULES = {"litestar", "httpx", "uvicorn", "starlette", "http", "urllib"}


def findings(root):
    """Every break of the table under `root`, as "path:line what"."""
    found = []
    for house in (*HOUSES, "scripts"):
        for path in sorted((root / house).rglob("*.py")):
            name = path.relative_to(root)
            found += [f"{name}:{line} {what}" for line, what in check(name, path.read_text(encoding="utf-8"))]
    return found


def check(name, source):
    """What is wrong in one file, as [(line, text)]. `name` is its path below the root: that says which room it is."""
    parts = list(Path(name).with_suffix("").parts)
    package = parts[:-1]  # what a relative import with one dot starts from
    module = package if parts[-1] == "__init__" else parts
    room = room_of(".".join(module))
    try:
        tree = ast.parse(source, str(name))
    except SyntaxError as error:
        return [(error.lineno or 0, f"{room} does not parse: {error.msg}")]
    found = []
    for line, target in imports(tree, package):
        found += [(line, what) for what in judge_import(room, target)]
    for node in ast.walk(tree):
        found += [(node.lineno, what) for what in judge_node(room, node)]
    if room not in SQL_ROOMS and not room.startswith("scripts"):
        found += [(line, f"{room} holds SQL") for line, text in strings(tree) if SQL.match(text)]
    return sorted(found)


def room_of(module):
    return ".".join(module.split(".")[:2])


def imports(tree, package):
    """Yield (line, dotted name) for each import; `from a import b` gives a.b, as b may be a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            if node.level > len(package):
                yield node.lineno, "<above the root>"
                continue
            base = [*base, *(node.module.split(".") if node.module else [])]
            yield from ((node.lineno, ".".join([*base, alias.name])) for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in DYNAMIC_IMPORTS:
            named = node.args[0] if node.args else None
            constant = isinstance(named, ast.Constant) and isinstance(named.value, str)
            yield node.lineno, named.value if constant else "<computed>"


def judge_import(room, target):
    house, top = room.split(".")[0], target.split(".")[0]
    if target.startswith("<"):
        if house != "scripts":
            yield f"{room} imports a module whose name is not written out: {target}"
    elif top in ("tests", "scripts"):
        if not (top == "scripts" and house == "scripts"):
            yield f"{room} imports {target}: nothing imports {top}"
    elif top in HOUSES:
        yield from judge_ours(room, house, target)
    else:
        yield from judge_theirs(room, house, top)


def judge_ours(room, house, target):
    allowed = MAY_IMPORT.get(room, DEFAULT[house])
    wanted = room_of(target)
    if wanted == room or "any" in allowed or wanted in allowed or f"{wanted.split('.')[0]}.*" in allowed:
        return
    # `from firmware import __version__`, or the bare package: harmless wherever something of that house is allowed.
    may = ", ".join(sorted(allowed)) or "nothing of ours"
    yield f"{room} imports {target}; it may import {may}"


def judge_theirs(room, house, top):
    if house == "firmware" and top in NOT_ON_THE_BOX:
        yield f"{room} imports {top}, which MicroPython lacks"
    elif room in PURE_ROOMS and top not in PURE_MODULES:
        yield f"{room} imports {top}; of the standard library it may import {', '.join(sorted(PURE_MODULES))}"
    if house == "presence" and top not in PRESENCE_MODULES:
        yield f"{room} imports {top}; of the standard library it may import {', '.join(sorted(PRESENCE_MODULES))}"
    if top in SQL_MODULES and room not in SQL_ROOMS and house != "scripts":
        yield f"{room} imports {top}; SQL lives in {' and '.join(sorted(SQL_ROOMS))}"
    if top in HTTP_MODULES and room in DOMAIN:
        yield f"{room} imports {top}; the rules know no HTTP"


def judge_node(room, node):
    if not room.startswith("firmware"):
        return
    if isinstance(node, ast.Match):
        yield f"{room} uses match, which MicroPython lacks"
    elif isinstance(node, ast.TryStar):
        yield f"{room} uses except*, which MicroPython lacks"
    elif isinstance(node, ast.Attribute) and node.attr in NOT_ON_THE_BOX_ATTRIBUTES:
        yield f"{room} uses .{node.attr}, which MicroPython lacks"
    elif room in PURE_ROOMS and isinstance(node, ast.Call) and ast.unparse(node.func) in IMPURE_CALLS:
        yield f"{room} calls {ast.unparse(node.func)}(): it does no I/O"


def strings(tree):
    """Yield (line, text) of every string but docstrings; of an f-string what stands before its first gap counts."""
    skipped = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            skipped.add(node.value)
        if isinstance(node, ast.JoinedStr):
            skipped.update(node.values)
            yield (
                node.lineno,
                "".join(
                    str(getattr(part, "value", "")) if isinstance(part, ast.Constant) else "gap" for part in node.values
                ),
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in skipped:
            yield node.lineno, node.value


def test_the_tree_keeps_to_the_table():
    assert findings(ROOT) == []


@pytest.mark.parametrize(
    "name, source, what",
    [
        # firmware
        ("firmware/wire/scan.py", "import time", "firmware.wire imports time; of the standard library"),
        ("firmware/wire/scan.py", "from firmware.codes import kind_of", "it may import nothing of ours"),
        ("firmware/codes/kind.py", "from ..wire import scan", "firmware.codes imports firmware.wire.scan"),
        ("firmware/wire/scan.py", "def log(x):\n    print(x)", "calls print(): it does no I/O"),
        ("firmware/spool/queue.py", "from ..scanner import accept", "firmware.spool imports firmware.scanner.accept"),
        ("firmware/spool/queue.py", "from firmware import face", "firmware.spool imports firmware.face"),
        ("firmware/scanner/gm65.py", "import firmware.link.outbox", "firmware.scanner imports firmware.link.outbox"),
        (
            "firmware/link/inbox.py",
            "from firmware.codes import kind_of",
            "firmware.link imports firmware.codes.kind_of",
        ),
        ("firmware/link/outbox.py", "from firmware.spool import Spool", "firmware.link imports firmware.spool.Spool"),
        ("firmware/boards/linux/pins.py", "from firmware.face import GREEN", "it may import firmware.files"),
        ("firmware/config.py", "from . import spool", "firmware.config imports firmware.spool"),
        ("firmware/app.py", "import gateway.mqtt", "firmware.app imports gateway.mqtt"),
        ("firmware/newroom/thing.py", "from ..spool import x", "firmware.newroom imports firmware.spool.x"),
        ("firmware/link/mqtt.py", "from typing import Any", "imports typing, which MicroPython lacks"),
        ("firmware/face/lamp.py", "def f():\n    import logging", "imports logging, which MicroPython lacks"),
        ("firmware/app.py", "from __future__ import annotations", "imports __future__, which MicroPython lacks"),
        ("firmware/face/lamp.py", "match 1:\n    case 1: pass", "uses match, which MicroPython lacks"),
        ("firmware/app.py", "try:\n    pass\nexcept* OSError:\n    pass", "uses except*, which MicroPython lacks"),
        ("firmware/link/topic.py", "'a/b'.removeprefix('a/')", "uses .removeprefix, which MicroPython lacks"),
        ("firmware/spool/mark.py", "mark._replace(n=1)", "uses ._replace, which MicroPython lacks"),
        ("firmware/wire/deep.py", "from ....x import y", "<above the root>"),
        # gateway
        ("gateway/mqtt/inbound.py", "from gateway.buffer import Buffer", "gateway.mqtt imports gateway.buffer.Buffer"),
        ("gateway/upload/send.py", "from ..buffer.claim import Claim", "gateway.upload imports gateway.buffer.claim"),
        ("gateway/panel/page.py", "from firmware.scanner import gm65", "gateway.panel imports firmware.scanner.gm65"),
        ("gateway/clock/bound.py", "import firmware.codes", "gateway.clock imports firmware.codes"),
        ("gateway/upload/send.py", "import server.errors", "gateway.upload imports server.errors"),
        ("gateway/app.py", "from server import ingest", "gateway.app imports server.ingest"),
        ("gateway/upload/send.py", "import sqlite3", "SQL lives in gateway.buffer and server.store"),
        ("gateway/health.py", "q = 'SELECT count(*) FROM scans'", "gateway.health holds SQL"),
        ("gateway/health.py", "q = f'select {x} from {y}'", "gateway.health holds SQL"),
        ("gateway/mqtt/inbound.py", "import importlib\nimportlib.import_module(x)", "name is not written out"),
        ("gateway/mqtt/inbound.py", "__import__('gateway.buffer')", "gateway.mqtt imports gateway.buffer"),
        # server
        ("server/visits/stay.py", "from server.store import db", "server.visits imports server.store.db"),
        ("server/tracing/look.py", "from ..visits import stay", "server.tracing imports server.visits.stay"),
        ("server/fleet/box.py", "import litestar", "the rules know no HTTP"),
        ("server/ingest/decode.py", "from server.fleet import box", "server.ingest imports server.fleet.box"),
        ("server/web/api.py", "from server.store import scans", "server.web imports server.store.scans"),
        ("server/web/api.py", "from sqlalchemy import text", "server.web imports sqlalchemy"),
        ("server/web/api.py", "import gateway.config", "server.web imports gateway.config"),
        ("server/errors.py", "import firmware.wire", "server.errors imports firmware.wire"),
        # everybody
        ("server/app.py", "def f(:", "server.app does not parse"),
        ("server/app.py", "from tests import fakes", "nothing imports tests"),
        ("gateway/app.py", "import scripts.simbox", "nothing imports scripts"),
        ("scripts/simbox.py", "import tests.flow", "nothing imports tests"),
    ],
)
def test_a_break_of_the_table_is_found(name, source, what):
    found = [text for _, text in check(name, source)]
    assert len(found) == 1
    assert what in found[0]


@pytest.mark.parametrize(
    "name, source",
    [
        (
            "firmware/wire/scan.py",
            "import struct, binascii, json\nfrom collections import namedtuple\nfrom . import crc",
        ),
        ("firmware/wire/__init__.py", "from .scan import decode\nfrom firmware.wire.ack import Ack"),
        ("firmware/link/clock.py", "import asyncio, socket, time, tls\nfrom firmware.wire import topics"),
        (
            "firmware/scanner/accept.py",
            "from ..codes import kind_of\nfrom ..wire import scan\nfrom .gm65 import Frames",
        ),
        ("firmware/app.py", "from .spool import Spool\nfrom firmware import link, face, boards"),
        ("firmware/boards/linux/uart.py", "import termios\nfrom .pins import LAMP"),
        ("firmware/main.py", "from firmware.start import main\nmain()"),
        (
            "gateway/readers/usb.py",
            "import serial\nfrom firmware.scanner.gm65 import Gm65Frames\nfrom .port import Port",
        ),
        ("gateway/buffer/put.py", "import sqlite3\nq = 'INSERT INTO scans VALUES (?)'"),
        ("gateway/app.py", "from gateway.buffer import Buffer\nfrom gateway import mqtt, upload"),
        ("gateway/health.py", '"""Select what is worth telling from all that is known."""'),
        (
            "server/store/scans.py",
            "import sqlalchemy\nfrom server.visits import Visit\nfrom server.errors import Conflict",
        ),
        ("server/web/pages.py", "import litestar\nfrom server.tracing import Question\nfrom ..ingest import decode"),
        ("server/app.py", "from server.store import open_store\nfrom server.web import api"),
        (
            "scripts/simbox.py",
            "import sqlite3\nfrom gateway.buffer import Buffer\nfrom scripts.firmware_build import build",
        ),
    ],
)
def test_what_the_table_allows_is_not_reported(name, source):
    assert check(name, source) == []


def test_a_finding_names_file_and_line(tmp_path):
    bad = tmp_path / "gateway" / "upload" / "send.py"
    bad.parent.mkdir(parents=True)
    bad.write_text('"""Sends."""\n\nimport sqlite3\n')
    assert [line.split(" ", 1)[0] for line in findings(tmp_path)] == ["gateway/upload/send.py:3"]
