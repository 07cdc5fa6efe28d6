"""What each code says: the examples in tests/vectors/codes_server, all of them synthetic.

A file holds {"valid": [{"name", bytes, "parsed": {field: value}}], "invalid": [{"name", bytes, "error"}]}; bytes as in
tests/codes/vectors.py. What `parsed` does not name is as Parsed has it by itself, and the class is a person's. The
error "other" stands for a code that means nothing to us.
"""

import hashlib
import json
from pathlib import Path

import pytest

from server.codes import tickets
from server.codes.errors import NEVER_KEPT, CodeError
from server.codes.read import read
from server.codes.rules import Rules
from server.codes.trust import NO_TRUST
from server.codes.types import CODE, PERSON, Document, Parsed
from server.web.said.codes import SAID, WARNINGS
from tests.codes.vectors import bytes_of

FILES = sorted((Path(__file__).resolve().parents[2] / "vectors" / "codes_server").glob("*.json"))
AT_MS = 1_767_225_600_000  # 2026-01-01
TICKETS = tickets.load(
    json.dumps(
        {
            "rules": [
                {"name": "bus", "prefix": "VE-", "form": "99999999", "keep": "number", "slice": [3, 11]},
                {"name": "market", "prefix": "CHO:", "keep": "hash"},
            ]
        }
    ),
    "tickets.json",
)
RULES = Rules(tickets=TICKETS)
FOUND = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in FILES}
VALID = [(f"{stem}: {entry['name']}", entry) for stem, file in FOUND.items() for entry in file["valid"]]
INVALID = [(f"{stem}: {entry['name']}", entry) for stem, file in FOUND.items() for entry in file["invalid"]]


def wanted(said):
    fields = {**said, "class_": said.get("class_", PERSON)}
    for key in ("documents", "guardian"):
        fields[key] = tuple(Document(*one) for one in said.get(key, ()))
    return Parsed(**{**fields, "warnings": tuple(said.get("warnings", ()))})


@pytest.mark.parametrize("entry", [entry for _, entry in VALID], ids=[name for name, _ in VALID])
def test_a_code_says_what_the_example_says_and_no_more(entry) -> None:
    assert tuple(read(bytes_of(entry), RULES, NO_TRUST, AT_MS)) == tuple(wanted(entry["parsed"]))


@pytest.mark.parametrize("entry", [entry for _, entry in INVALID], ids=[name for name, _ in INVALID])
def test_a_code_that_is_wrong_is_refused_by_name(entry) -> None:
    if entry["error"] == "other":
        assert read(bytes_of(entry), RULES, NO_TRUST, AT_MS) == Parsed("other", CODE)
        return
    with pytest.raises(CodeError) as caught:
        read(bytes_of(entry), RULES, NO_TRUST, AT_MS)
    assert caught.value.code == entry["error"]
    assert str(caught.value) == entry["error"], "nothing of the code stands in its error"
    assert caught.value.__cause__ is None, "nor in what led to it"
    assert caught.value.__context__ is None or caught.value.__suppress_context__


@pytest.mark.parametrize("stem", FOUND)
def test_more_is_wrong_than_right_and_no_name_stands_twice(stem) -> None:
    file = FOUND[stem]
    names = [entry["name"] for group in ("valid", "invalid") for entry in file[group]]
    assert len(file["invalid"]) > len(file["valid"]) > 0
    assert len(set(names)) == len(names)


def test_every_error_and_warning_of_the_examples_is_put_into_words() -> None:
    errors = {entry["error"] for _, entry in INVALID} - {"other"}
    warnings = {one for _, entry in VALID for one in entry["parsed"].get("warnings", ())}
    assert errors <= set(SAID)
    assert warnings <= set(WARNINGS)
    assert set(SAID) >= NEVER_KEPT


def test_a_market_card_is_known_by_its_hash_alone() -> None:
    (document,) = read(b"CHO:anything at all", RULES, NO_TRUST, AT_MS).documents
    assert document.value == "market:" + hashlib.sha256(b"CHO:anything at all").hexdigest()[:32]
