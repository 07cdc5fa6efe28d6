"""What `tram box reset` does where a box or a gateway is awkward: it stops with a name, and nothing is wiped."""

import io
import sys
from contextlib import contextmanager

import pytest

from scripts.tram import out
from scripts.tram.box import cable, resetting, safe
from scripts.tram.console import Record
from scripts.tram.console.words import WORDS as CONSOLE_WORDS
from scripts.tram.gateways import Card, save
from scripts.tram.gateways.client import Client
from scripts.tram.trouble import Trouble
from tests.gateway.tech.station import BOX, EPOCH, scan

PASSPHRASE = "mot cau rat dai de nho"


class Box:
    """A box on a cable: says what it holds, and wipes when the number is right."""

    def __init__(self, held=2, program="box", **changes):
        self.held, self.program, self.changes = held, program, changes
        self.wiped = None
        self.grows = 0
        """So many scans are made each time it is asked."""
        self.unreadable = 0
        """So many of its records do not come out."""
        self.gateway = ""

    def ask(self, word, argument=None, timeout_s=5.0):
        if word == "link":
            return {"gateway": self.gateway}
        self.held += self.grows
        first = 1 if self.held else self.held + 1
        said = {"epoch": EPOCH, "state": "ok", "waiting": self.held, "first": first, "last": self.held, "lost": 0}
        return said | {"oldest_s": 90_000} | self.changes

    def records(self):
        return [Record(EPOCH, seq, scan(seq)) for seq in range(1, self.held + 1 - self.unreadable)]

    def wipe(self, box, unsent):
        if unsent != self.changes.get("waiting", self.held) and unsent != -1:
            raise Trouble("console_refused", 5, CONSOLE_WORDS, word="wipe", refused="unsent_differs", box_says={})
        self.wiped = unsent


@pytest.fixture
def box(monkeypatch, tmp_path):
    made = Box()

    @contextmanager
    def met(port, name=None, timeout_s=0):
        yield made, {"box_id": BOX, "program": made.program}

    monkeypatch.setattr(cable, "met", met)
    monkeypatch.setattr("scripts.tram.console.records", lambda console, bar: iter(console.records()))
    monkeypatch.setattr(safe, "_COST", 2)
    monkeypatch.setenv("TRAM_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(out, "is_sure", True)
    monkeypatch.setattr(out, "is_json", True)
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{PASSPHRASE}\n" * 9))
    return made


@pytest.fixture
def gateway(monkeypatch):
    """One that is known, and takes what it is told to take."""
    answer = {"stored": 2, "duplicates": 0, "conflicts": 0, "unreadable": 0, "quarantined": 0, "deferred": 0}
    save(Card("gw-1", "A" * 43, "https://192.168.1.20:8443", token="b" * 43))

    def rescue(self, name, message):
        if isinstance(answer.get("fails"), Trouble):
            raise answer["fails"]
        return answer

    monkeypatch.setattr(Client, "rescue", rescue)
    return answer


def reset(**how):
    return resetting.reset(None, None, how.get("gateway"), how.get("save"), how.get("lose", False))


def trouble(**how) -> str:
    with pytest.raises(Trouble) as found:
        reset(**how)
    return found.value.code


def test_nothing_unsent_nothing_to_save(box, tmp_path):
    box.held = 0
    assert (reset(), box.wiped) == (0, 0)
    assert list(tmp_path.glob("*.tramsafe")) == []


@pytest.mark.parametrize(
    "program, changes, code",
    [
        ("safe", {}, "not_in_safe_mode"),
        ("newcomer", {"state": "unreadable", "waiting": None}, "unreadable"),
    ],
)
def test_a_queue_that_cannot_be_read_is_not_wiped_unless_somebody_gives_it_up(box, program, changes, code):
    box.program, box.changes = program, changes
    assert (trouble(), box.wiped) == (code, None)
    if program != "safe":
        assert (reset(lose=True), box.wiped) == (0, -1)


def test_records_that_do_not_come_out_stop_it(box):
    box.unreadable = 1
    assert (trouble(), box.wiped) == ("partly_unreadable", None)


def test_a_box_that_scans_on_and_on_is_not_wiped(box, gateway):
    box.grows = 1
    assert (trouble(), box.wiped) == ("still_scanning", None)


def test_a_scan_in_between_is_saved_too(box, gateway, monkeypatch):
    wipe, turns = box.wipe, []

    def late(name, unsent):
        turns.append(unsent)
        if len(turns) == 1:
            box.held += 1
        wipe(name, unsent)

    monkeypatch.setattr(box, "wipe", late)
    assert (reset(), box.wiped, turns) == (0, 3, [2, 3])


def test_another_refusal_of_the_box_is_passed_on(box, gateway, monkeypatch):
    def refuse(name, unsent):
        raise Trouble("console_refused", 5, CONSOLE_WORDS, word="wipe", refused="other_box", box_says={})

    monkeypatch.setattr(box, "wipe", refuse)
    assert trouble() == "console_refused"


def saved(tmp_path) -> int:
    return sum(len(safe.read(path, PASSPHRASE).records) for path in tmp_path.glob("*.tramsafe"))


@pytest.mark.parametrize("code", ["gateway_silent", "gateway_other", "no_right", "no_box", "no_room", "no_rescue"])
def test_what_a_gateway_does_not_take_goes_into_a_file(box, gateway, tmp_path, code):
    from scripts.tram.gateways.words import WORDS

    facts = dict.fromkeys(("gateway", "url", "text", "box", "what", "wait_s", "date"), "x")
    gateway["fails"] = Trouble(code, 7, WORDS, **facts)
    assert (reset(), box.wiped, saved(tmp_path)) == (0, 2, 2)


def test_what_a_gateway_puts_off_goes_into_a_file_too(box, gateway, tmp_path):
    gateway["deferred"] = 1
    assert (reset(), saved(tmp_path)) == (0, 2)


def test_a_box_of_another_gateway_is_not_handed_to_this_one(box, gateway, tmp_path):
    box.gateway = "gw-elsewhere"
    assert (reset(), saved(tmp_path)) == (0, 2)


def test_who_says_no_keeps_the_box_and_the_file(box, tmp_path, monkeypatch):
    monkeypatch.setattr(out, "confirm", lambda question: False)
    assert (reset(), box.wiped, saved(tmp_path)) == (6, None, 2)


def test_where_the_file_cannot_be_written_nothing_is_wiped(box, tmp_path):
    (tmp_path / "there").write_text("x")
    assert (trouble(save=tmp_path / "there"), box.wiped) == ("safe_there", None)
    with pytest.raises(OSError, match="nowhere"):
        reset(save=tmp_path / "nowhere/x")
    assert box.wiped is None
