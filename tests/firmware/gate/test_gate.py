"""Direction and marks: what a gate says about each record, and how long a control code turns it."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.gate import Gate
from firmware.gate.control import make
from firmware.wire import fields

KEY = "00112233445566778899aabbccddeeff"
NAMES = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", max_size=32)
MARKS = st.sampled_from(["", "dir=out", "line=3", "gate=x,line=3", "a=,b=2", "a=" + "b" * 62])


class Clock:
    def __init__(self) -> None:
        self.ms = 1000

    def __call__(self) -> int:
        return self.ms


def a_gate(marks: str = "", **settings: object) -> tuple[Gate, Clock]:
    clock = Clock()
    whole = {"direction": "in", "gate": "cong-1", "place": "", "toggle_s": 60, "control_key": KEY, **settings}
    return Gate(SimpleNamespace(**whole), marks, clock), clock


def code(verb: str, key: str = KEY) -> bytes:
    return make(key, verb).encode()


@pytest.mark.parametrize(
    "settings, marks, wanted",
    [
        ({}, "", "dir=in,gate=cong-1"),
        ({"place": "cho-ben-thanh", "direction": "both"}, "", "dir=both,gate=cong-1,place=cho-ben-thanh"),
        ({"direction": "", "gate": ""}, "", ""),
        ({"direction": "", "gate": ""}, "line=3", "line=3"),
        ({"direction": "", "gate": ""}, "dir=out,line=3", "dir=out,line=3"),
        ({}, "line=3,dir=out", "dir=in,gate=cong-1,line=3"),
        ({}, "x=", "dir=in,gate=cong-1,x="),
    ],
)
def test_marks_are_direction_gate_place_and_then_those_of_the_settings(settings, marks, wanted):
    gate, _ = a_gate(marks, **settings)
    assert gate.marks() == wanted
    assert gate.left_out == []


def test_what_does_not_fit_is_left_out_whole_and_named():
    gate, _ = a_gate("line=3", gate="g" * 32, place="p" * 32)
    assert gate.marks() == "dir=in,gate=" + "g" * 32
    assert gate.left_out == ["place", "line"]


@given(st.sampled_from(["", "in", "out", "both"]), NAMES, NAMES, MARKS)
def test_marks_are_always_marks_of_the_wire(direction, gate_name, place, marks):
    gate, _ = a_gate(marks, direction=direction, gate=gate_name, place=place)
    for verb in ("out", "default", "in"):
        assert fields.marks(gate.marks().encode() or b"-") == gate.marks()
        assert gate.control(code(verb)) == ""


def test_a_control_code_turns_the_gate_for_a_while_and_it_comes_back_by_itself():
    gate, clock = a_gate()
    assert gate.control(code("out")) == ""
    assert (gate.direction, gate.marks()) == ("out", "dir=out,gate=cong-1")
    clock.ms += 59_999
    assert gate.direction == "out"
    assert not gate.poll()
    clock.ms += 1
    assert gate.poll()
    assert not gate.poll()
    assert (gate.direction, gate.marks()) == ("in", "dir=in,gate=cong-1")


def test_the_time_counts_from_the_last_showing():
    gate, clock = a_gate()
    gate.control(code("out"))
    clock.ms += 50_000
    gate.control(code("out"))
    clock.ms += 50_000
    assert gate.direction == "out"
    clock.ms += 10_000
    assert gate.direction == "in"


def test_marks_alone_notice_that_the_time_is_over():
    gate, clock = a_gate()
    gate.control(code("out"))
    clock.ms += 60_000
    assert gate.marks() == "dir=in,gate=cong-1"


def test_default_brings_it_back_at_once():
    gate, _ = a_gate(direction="both")
    gate.control(code("in"))
    gate.control(code("default"))
    assert gate.direction == "both"
    assert not gate.poll()


def test_a_gate_without_direction_can_be_turned_and_has_none_again_after():
    gate, clock = a_gate(direction="")
    gate.control(code("in"))
    assert gate.marks() == "dir=in,gate=cong-1"
    clock.ms += 60_000
    assert gate.marks() == "gate=cong-1"


def test_a_restart_returns_to_the_direction_that_is_set():
    gate, _ = a_gate()
    gate.control(code("out"))
    assert a_gate()[0].direction == "in"


@pytest.mark.parametrize(
    "shown, reason",
    [
        (code("out", "ff" * 16), "tag"),
        (code("out")[:-1] + b"0", "tag"),
        (code("out").replace(b":out:", b":in:"), "tag"),
        (code("out")[:-1], "form"),
        (b"TRAMC1:open:" + b"0" * 32, "form"),
    ],
)
def test_a_refused_code_changes_nothing(shown, reason):
    assert shown != code("out")
    gate, clock = a_gate()
    gate.control(code("out"))
    clock.ms += 30_000
    assert gate.control(shown) == reason
    assert gate.direction == "out"
    clock.ms += 30_000
    assert gate.direction == "in"


def test_without_a_key_every_control_code_is_refused():
    gate, _ = a_gate(control_key="")
    assert gate.control(code("out", "00" * 16)) == "no_key"
    assert gate.direction == "in"
