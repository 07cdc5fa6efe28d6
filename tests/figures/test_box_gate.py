"""What became of a code: its own sign, its own light, and nothing that belongs to another."""

import json

import pytest

from scripts.figures.box_gate import ESP32, Face, Listener, Run, highest_heap, judge
from scripts.sim.evidence import Evidence, Green, Sent


def sent(crc: str, at_ms: int) -> Sent:
    return Sent("box-1", crc, 100, at_ms)


def green(crc: str, at_ms: int, length: int = 100) -> Green:
    return Green("box-1", "e", 1, crc, length, at_ms)


def test_sign_and_light_are_timed_from_the_last_byte():
    run = judge(1, [sent("a", 1000)], [Face("seen", 1030), Face("stored", 1090)], [green("a", 1090)])
    assert run == Run(1, [30], [90])
    assert run.missed == 0


def test_each_code_has_the_sign_that_followed_it():
    faces = [Face("seen", 1020), Face("stored", 1030), Face("delivered", 1100), Face("seen", 1545)]
    run = judge(2, [sent("a", 1000), sent("b", 1500)], faces, [green("a", 1030), green("b", 1550)])
    assert run.signal_ms == [20, 45]
    assert run.green_ms == [30, 50]


@pytest.mark.parametrize(
    "faces",
    [
        [],
        [Face("stored", 1030)],
        [Face("delivered", 1010), Face("ready", 1020)],
        [Face("seen", 900)],
        [Face("seen", 4_001)],
    ],
)
def test_what_is_no_sign_or_comes_before_or_much_later_is_not_counted(faces):
    assert judge(1, [sent("a", 1000)], faces, []).signal_ms == []


@pytest.mark.parametrize("lit", [[], [green("b", 1050)], [green("a", 1050, length=99)]])
def test_a_code_without_its_own_light_is_missed(lit):
    assert judge(1, [sent("a", 1000)], [Face("seen", 1020)], lit).missed == 1


def test_a_code_that_the_reader_never_sent_is_missed_too():
    assert judge(3, [sent("a", 1000)], [Face("seen", 1020)], [green("a", 1050)]).missed == 2


def test_clocks_read_one_after_the_other_make_no_negative_time():
    assert judge(1, [sent("a", 1000)], [Face("seen", 997)], [green("a", 998)]) == Run(1, [0], [0])


def test_two_runs_add_up():
    assert Run(2, [1], [2, 3]) + Run(1, [4], []) == Run(3, [1, 4], [2, 3])


def test_the_worst_of_each_heap_figure_is_kept():
    first = highest_heap({}, {"peak": 10, "kept": 5, "limit": 20, "block": None})
    assert first == {"peak": 10, "kept": 5, "limit": 20, "block": None}
    second = highest_heap(first, {"peak": 8, "kept": 6, "limit": 20, "block": 7})
    assert highest_heap(second, {"peak": 9, "kept": 4, "limit": 20, "block": 9}) == {
        "peak": 10,
        "kept": 6,
        "limit": 20,
        "block": 7,
    }


def test_the_listener_keeps_faces_in_order_and_no_torn_line():
    listener = Listener(Evidence())
    for said in ({"face": "seen", "at_ms": 5}, {"event": "late", "name": "link"}, {"face": "ready", "at_ms": 9}):
        listener.box_line("box-1", json.dumps(said).encode() + b"\n")
    listener.box_line("box-1", b'{"face": "seen", "at_m')
    assert listener.faces == [Face("seen", 5), Face("ready", 9)]


@pytest.mark.parametrize("line", [b"\n", b"Traceback\n", b"[1]\n", b'{"face": "seen"}\n', b'{"event": "heap"}\n'])
def test_a_line_that_cannot_be_understood_is_a_mishap_and_no_face(line):
    listener = Listener(Evidence())
    listener.box_line("box-1", line)
    assert listener.faces == []
    assert len(listener.evidence.mishaps) == 1


def test_a_flash_is_named_in_the_settings_as_a_box_reads_them():
    assert ESP32.settings == {"test": {"erase_ms": 45, "program_us": 700}}
