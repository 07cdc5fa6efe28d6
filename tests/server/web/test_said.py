"""Every error that can be raised has its row: a status, an English and a Vietnamese sentence; and no row is idle.

What is raised is read from the sources. Where the code is not written at the place that raises, CARRIED names what may
come from there; a new such place fails until it is named.
"""

import ast
import functools
import re
from pathlib import Path

import pytest

from server.holder.holder import SEALED
from server.store import postgres, sqlite
from server.web import problems
from server.web.said import SAID, access, base, codes, persons, places, tracing, visits

ROOT = Path(__file__).resolve().parents[3]
FILES = {one.__name__: one.SAID for one in (base, codes, persons, visits, places, tracing, access)}
MARKED = re.compile("[ăâđêôơưàáảãạằắẳẵặầấẩẫậèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũụừứửữựỳýỷỹỵ]", re.IGNORECASE)
PLACEHOLDER = re.compile(r"[{}]|<\w|%[sd]|\$\w|TODO|XXX|\.\.\.|…")
REGISTER = {
    *("place_id", "gate_id", "box_id", "gateway_id", "area_code", "place_day", "place_day_begins"),
    *("place_capacity", "place_stay", "place_operators"),
}
# where the code is a variable -> what it may be
CARRIED = {
    "server/codes/errors.py": set(),  # of `CodeError`, which is looked for by itself
    "server/codes/read.py": {"payment_code", "payment_damaged", "place_code", "control_code", "set_up_code"},
    "server/holder/verbs.py": set(),  # what the holder raised, on its way here
    "server/places/forms.py": REGISTER,
    "server/store/postgres.py": set(postgres.CODES.values()),
    "server/store/sqlite.py": set(sqlite.CODES.values()),
    "server/web/bodies.py": {"too_long", "csv_bytes", "batch_too_large"},
}
NOT_SAID = {SEALED}  # caught in the holder: it is the reason in a verdict


def trees(folder):
    for path in sorted((ROOT / folder).rglob("*.py")):
        yield str(path.relative_to(ROOT)), ast.parse(path.read_text())


@functools.cache
def server():
    """{path: tree} of the server."""
    return dict(trees("server"))


def name_of(node):
    return getattr(node, "id", getattr(node, "attr", ""))


def errors():
    """`Refused`, `Unavailable` and all that are made from them."""
    found = {"Refused", "Unavailable"}
    classes = [node for tree in server().values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    for _ in range(5):
        found |= {one.name for one in classes if any(name_of(base) in found for base in one.bases)}
    return found


def constants(tree):
    """{name: text} of the module's own constants."""
    assigned = [node for node in tree.body if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)]
    return {name_of(node.targets[0]): node.value.value for node in assigned if isinstance(node.value.value, str)}


def literals(node, known):
    """The texts that this may be; none where that is not written here."""
    if isinstance(node, ast.IfExp):
        either = literals(node.body, known), literals(node.orelse, known)
        return either[0] + either[1] if all(either) else []
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    return [known[name_of(node)]] if name_of(node) in known else []


@functools.cache
def raised():
    """({code: a place that raises it}, {file with a code that is carried: line})"""
    names, written, carried = errors(), {}, {}
    shared = {name: text for tree in server().values() for name, text in constants(tree).items() if name.isupper()}
    for path, tree in server().items():
        known = shared | constants(tree)
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args]
        inits = {
            id(call)
            for one in ast.walk(tree)
            if isinstance(one, ast.ClassDef) and one.name in names
            for call in ast.walk(one)
            if isinstance(call, ast.Call) and name_of(call.func) == "__init__"
        }
        for call in calls:
            if name_of(call.func) not in names and id(call) not in inits:
                continue
            if name_of(call.func) in ("Locked", "TooManyLogIns", "TooOften"):
                continue  # they bring their own code
            found = literals(call.args[0], known)
            (written if found else carried).update(dict.fromkeys(found or [path], f"{path}:{call.lineno}"))
    return written, carried


@functools.cache
def on_the_wire():
    """Codes of `WireError`, which an answer to a gateway carries."""
    calls = [node for _, tree in trees("firmware/wire") for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {code for one in calls if name_of(one.func) == "WireError" for code in literals(one.args[0], {})}


def test_every_code_that_is_raised_has_its_row():
    written, _ = raised()
    assert len(written) > 100
    missing = {code: where for code, where in written.items() if code not in SAID and code not in NOT_SAID}
    assert missing == {}


def test_every_code_of_the_wire_has_its_row():
    assert {"crc", "field", "json", "length"} <= on_the_wire()
    assert on_the_wire() - set(SAID) == set()


def test_a_code_that_is_carried_is_named_and_has_its_row():
    wired = {"server/ingest/receive.py"}
    assert set(raised()[1]) == set(CARRIED) | wired
    assert set().union(*CARRIED.values()) - set(SAID) == set()


def test_what_the_framework_finds_has_its_row():
    assert set(problems.FRAMEWORK_CODES.values()) | {"request", "internal"} <= set(SAID)


def test_no_code_is_in_two_files():
    owners = {}
    for file, said in FILES.items():
        for code in said:
            owners.setdefault(code, []).append(file)
    assert {code: files for code, files in owners.items() if len(files) > 1} == {}
    assert set(owners) == set(SAID)


def test_no_row_is_idle():
    """A row is in use where its code is raised, carried, or named by a source: a job that failed, a start that did."""
    named = set()
    for path, tree in server().items():
        if "/web/said/" in path or path.endswith("places/sentences.py"):
            continue
        named |= {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and type(node.value) is str}
    assert set(SAID) - named - on_the_wire() == set()


@pytest.mark.parametrize("code", sorted(SAID))
def test_a_row_has_a_status_and_a_sentence_in_each_language(code):
    status, english, vietnamese = SAID[code]
    assert re.fullmatch("[a-z][a-z0-9_]{2,31}", code)
    assert 400 <= status <= 599
    for sentence in (english, vietnamese):
        assert sentence[0].isupper()
        assert sentence[-1] in ".?)"
        assert len(sentence) <= 200
        assert not PLACEHOLDER.search(sentence)
        assert sentence == sentence.strip()
    assert english != vietnamese
    assert MARKED.search(vietnamese)
    assert not MARKED.search(english)


def test_the_marks_are_all_there():
    """Words that are often typed without their marks, or with those of another."""
    bare = re.compile(r"\b(khong|duoc|nguoi|dia diem|khu vuc|hop|du lieu|mat khau|gui)\b|(?<!tương )\blai\b", re.I)
    assert {code: row[2] for code, row in SAID.items() if bare.search(row[2])} == {}
