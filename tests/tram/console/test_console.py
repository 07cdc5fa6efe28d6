"""The laptop's side of the console, on lines of every kind: what counts is whole, all else is asked for again."""

import json
from collections.abc import Callable, Iterable
from zlib import crc32

import pytest
import serial

from firmware.wire import base64url
from scripts.tram import exits
from scripts.tram.console import Console, records
from scripts.tram.console.console import join
from scripts.tram.trouble import Trouble


class Clock:
    """Time passes by reads alone."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


class Line:
    """A serial port in memory. `answer(question)` -> what comes back: bytes, as they come."""

    def __init__(self, answer: Callable[[bytes], bytes], clock: Clock) -> None:
        self.timeout: float | None = None
        self._answer, self._clock = answer, clock
        self._typed, self._waiting = b"", b""
        self.asked: list[bytes] = []

    @property
    def in_waiting(self) -> int:
        return len(self._waiting)

    def read(self, most: int) -> bytes:
        self._clock.now_s += 0.1
        data, self._waiting = self._waiting[:most], self._waiting[most:]
        return data

    def write(self, data: bytes) -> int:
        self._typed += data
        *lines, self._typed = self._typed.split(b"\r\n")
        for line in filter(None, lines):
            self.asked.append(line)
            self._waiting += self._answer(line)
        return len(data)

    def flush(self) -> None:
        pass


def said(question: bytes, *facts: dict, ok: bool = True, crc: str | None = None, **end: object) -> bytes:
    """An answer as a box gives it."""
    name = question.split(b" ")[1]
    texts = [json.dumps(one).encode() for one in facts]
    end = {"ok": ok, "crc": crc or f"{crc32(b''.join(texts)):08x}", **end}
    lines = [*texts, b"end " + json.dumps(end).encode()]
    return b"".join(b"tram " + name + b" " + text + b"\r\n" for text in lines)


def console_that(answer: Callable[[bytes], bytes]) -> tuple[Console, Line]:
    clock = Clock()
    line = Line(answer, clock)
    return Console(line, clock), line


def in_turn(*answers: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    left = list(answers)
    return lambda question: (left.pop(0) if len(left) > 1 else left[0])(question)


def test_an_answer_is_joined_from_its_lines_whatever_comes_between_them():
    def answer(question: bytes) -> bytes:
        whole = said(question, {"a": 1, "n": {"x": 1}, "l": [1]}, {"n": {"y": 2}, "l": [2]})
        first, rest = whole.split(b"\r\n", 1)
        return question + b"\r\n" + first + b'\r\n{"event": "heap"}\nnoise\xff\r\ntram other {"a": 9}\r\n' + rest

    console, _ = console_that(answer)
    assert console.ask("status") == {"a": 1, "n": {"x": 1, "y": 2}, "l": [1, 2]}
    assert next(iter(console.lines())) == {"event": "heap"}
    assert console.signs == b"noise\xff\n"


def test_facts_are_joined_objects_key_by_key_lists_end_to_end_and_of_others_the_later_one_counts():
    answer: dict = {"a": 1, "o": {"p": {"q": [1]}}}
    join(answer, {"a": {"b": 2}, "o": {"p": {"q": [2]}, "r": None}})
    assert answer == {"a": {"b": 2}, "o": {"p": {"q": [1, 2]}, "r": None}}


BROKEN = {
    "another checksum": lambda question: said(question, {"a": 1}, crc="00000000"),
    "a line that is gone": lambda question: said(question, {"a": 1}, {"b": 2}).split(b"\r\n", 1)[1],
    "a line that is torn": lambda question: said(question, {"a": 1}).replace(b'{"a": 1}', b'{"a": '),
    "an end that is torn": lambda question: said(question, {"a": 1}).replace(b'"ok"', b'"ok'),
    "an end that is no object": lambda question: b"tram " + question.split(b" ")[1] + b" end {]\r\n",
    "a question that was damaged": lambda question: said(question, ok=False, code="form"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_an_answer_that_was_damaged_is_asked_for_again(name):
    console, line = console_that(in_turn(BROKEN[name], lambda question: said(question, {"a": 1})))
    assert console.ask("status") == {"a": 1}
    assert len(line.asked) == 2


@pytest.mark.parametrize("name", BROKEN)
def test_a_line_that_damages_everything_is_told(name):
    console, line = console_that(BROKEN[name])
    with pytest.raises(Trouble) as bad:
        console.ask("status")
    assert (bad.value.code, len(line.asked)) == ("console_garbled", 3)


def test_a_wipe_is_never_said_twice():
    console, line = console_that(BROKEN["another checksum"])
    with pytest.raises(Trouble) as bad:
        console.wipe("box-1", None)
    assert (bad.value.code, len(line.asked)) == ("console_garbled", 1)
    assert line.asked[0].endswith(b' wipe {"box":"box-1","unsent":-1}')


def test_what_the_box_refuses_is_told_by_the_box_s_own_code_and_facts():
    console, _ = console_that(lambda question: said(question, ok=False, code="unsent_differs", waiting=4))
    with pytest.raises(Trouble) as no:
        console.wipe("box-1", 3)
    assert (no.value.code, no.value.exit_code) == ("console_refused", exits.REFUSED)
    assert (no.value.facts["refused"], no.value.facts["box_says"]) == ("unsent_differs", {"waiting": 4})


@pytest.mark.parametrize(
    "comes, code",
    [
        (b"", "console_silent"),
        (b"\r\n\0\0", "console_silent"),
        (b"tram x hello\r\nSyntaxError: invalid syntax\r\n>>> ", "console_repl"),
        (b"rst:0x10 (RTCWDT_RTC_RESET)\r\ninvalid header: 0xffffffff\r\n", "console_boot"),
        (b"ESP-ROM:esp32c3-api1-20210207\r\nwaiting for download\r\n", "console_boot"),
        (b"\x02\x00\x00\x02\x07\x81\x33\x31", "console_noise"),
        (b"084199012345||a code from a reader\r\n", "console_noise"),
        (b"x" * 20000, "console_noise"),
        (b'{"event": "heap"}\n' * 3, "console_silent"),
        (b"tram abc end\r\ntram\r\n{}\r\n[1]\r\n", "console_noise"),
    ],
)
def test_who_talks_instead_of_a_box_is_told(comes, code):
    console, _ = console_that(lambda question: comes)
    with pytest.raises(Trouble) as nobody:
        console.meet(4)
    assert (nobody.value.code, nobody.value.exit_code) == (code, exits.NO_ANSWER)
    assert nobody.value.next


def test_a_box_that_is_still_starting_is_waited_for():
    silent: list[Callable[[bytes], bytes]] = [lambda question: b"rst:0x1 (POWERON_RESET)\r\n"] * 4
    console, line = console_that(in_turn(*silent, lambda question: said(question, {"program": "box"})))
    assert console.meet(20) == {"program": "box"}
    assert len(line.asked) == 5


def test_silence_is_counted_from_the_last_line_of_the_answer_and_events_are_none_of_it():
    console, _ = console_that(lambda question: said(question, {"a": 1})[:-40] + b'\r\n{"event": "heap"}\r\n' * 3)
    with pytest.raises(Trouble) as bad:
        console.ask("log", timeout_s=1)
    assert bad.value.code in ("console_silent", "console_noise")


def test_a_cable_that_is_pulled_is_a_cut_and_no_silence():
    console, line = console_that(lambda question: b"")

    def gone(most: int) -> bytes:
        raise serial.SerialException("device reports readiness to read but returned no data")

    line.read = gone  # type: ignore[method-assign]
    with pytest.raises(Trouble) as cut:
        console.ask("status")
    assert (cut.value.code, cut.value.exit_code) == ("console_cut", exits.CUT)


def test_a_set_up_code_is_typed_again_where_a_byte_was_lost_on_the_way():
    console, line = console_that(in_turn(lambda code: b"-> form\r\n", lambda code: b"junk\r\n-> taken\r\n"))
    assert console.type_code(b"TRAM1:" + b"x" * 900 + b"\n") == "taken"
    assert [len(code) for code in line.asked] == [906, 906]


def pieces(epoch: str, seq: int, data: bytes, size: int = 384) -> list[dict]:
    return [
        {
            "epoch": epoch, "seq": seq, "at": at, "of": len(data),
            "data": base64url.encode(data[at : at + size]).decode(), "crc": f"{crc32(data[at : at + size]):08x}",
        }
        for at in range(0, len(data), size)
    ]  # fmt: skip


def spool(held: dict[int, bytes], change: Callable[[list[dict]], Iterable[dict]] = lambda said: said):
    """A box that holds these records, from 1 on; `change` is what becomes of the pieces of one answer."""

    def answer(question: bytes) -> bytes:
        argument = json.loads(question.split(b" ", 3)[3]) if question.count(b" ") > 2 else None
        if argument is None:
            return said(question, {"state": "ok", "waiting": len(held), "first": 1, "last": len(held), "lost": 0})
        chosen = [seq for seq in sorted(held) if seq > argument["after"]][: argument["most"]]
        told = change([piece for seq in chosen for piece in pieces("a" * 12, seq, held[seq])])
        more = {"next": chosen[-1]} if chosen and chosen[-1] < len(held) else {}
        return said(question, *({"records": [piece]} for piece in told), more)

    return answer


def held(count: int) -> dict[int, bytes]:
    return {
        seq: b"1 scan box-1 %s %d 1 5 - - - 9 00000000\n" % (b"a" * 12, seq) + b"\xff" * (37 * seq) + b"\n"
        for seq in range(1, count + 1)
    }


def test_every_record_comes_once_whole_and_in_order():
    told: list[tuple[int, int]] = []
    console, _ = console_that(spool(held(40)))
    found = list(records(console, lambda done, of: told.append((done, of))))
    assert {one.seq: one.data for one in found} == held(40)
    assert told[-1] == (40, 40)
    assert "\\xff" not in repr(found)


def first(change: Callable[[dict], dict]) -> Callable[[list[dict]], list[dict]]:
    return lambda said: [change(dict(said[0])), *said[1:]] if said else said


@pytest.mark.parametrize(
    "change",
    [
        first(lambda piece: {**piece, "crc": "00000000"}),
        first(lambda piece: {**piece, "data": piece["data"][:-4]}),
        first(lambda piece: {**piece, "data": "###"}),
        first(lambda piece: {**piece, "data": None}),
        first(lambda piece: {**piece, "at": 7}),
        first(lambda piece: {**piece, "of": 4000}),
        first(lambda piece: {**piece, "of": 0}),
        first(lambda piece: {**piece, "of": "9"}),
        first(lambda piece: {**piece, "seq": 999}),
        first(lambda piece: {**piece, "epoch": "b" * 12}),
        first(lambda piece: {}),
        lambda said: said[:-1],
        lambda said: [said[0], *said],
    ],
)
def test_a_record_that_is_not_what_the_box_holds_is_refused(change):
    console, _ = console_that(spool(held(12), change))
    with pytest.raises(Trouble) as bad:
        list(records(console))
    assert bad.value.code == "console_garbled"


@pytest.mark.parametrize("onwards", [0, -1, "9", True, 1.5])
def test_a_box_that_leads_in_a_circle_is_not_followed(onwards):
    answers = [{"state": "ok", "waiting": 3, "first": 1, "last": 3, "lost": 0}, {"next": onwards}]
    console, _ = console_that(in_turn(*[lambda question, one=one: said(question, one) for one in answers]))
    with pytest.raises(Trouble) as bad:
        list(records(console))
    assert bad.value.code == "console_garbled"
