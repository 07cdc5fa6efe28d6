"""What an answer frees: never more than what it names, in its place."""

from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from firmware.wire import answer
from firmware.wire.record import Scan
from gateway.upload.verdicts import match

EPOCH = "a1b2c3d4e5f6"


class Sent(NamedTuple):
    key: int
    box_id: str
    epoch: str
    seq: int
    record: bytes = b""
    scan: Scan | None = None


def body(verdicts: list[answer.Verdict], batch_no: int = 7, gateway_id: str = "gw-1") -> bytes:
    return answer.encode(answer.Answer(gateway_id, batch_no, 5, verdicts))


def verdict(seq: int, box_id: str = "box-1", word: str = "accepted") -> answer.Verdict:
    return answer.Verdict(box_id, EPOCH, seq, word, None)


identities = st.lists(st.tuples(st.sampled_from(["box-1", "box-2"]), st.integers(1, 6)), max_size=12)


@given(identities, identities)
def test_a_record_is_freed_only_by_the_verdict_in_its_place(
    sent: list[tuple[str, int]], said: list[tuple[str, int]]
) -> None:
    batch = [Sent(100 + at, box_id, EPOCH, seq) for at, (box_id, seq) in enumerate(sent)]
    matched = match("gw-1", 7, batch, body([verdict(seq, box_id) for box_id, seq in said]))
    expected = [100 + at for at, (one, other) in enumerate(zip(sent, said, strict=False)) if one == other]
    assert matched.keys == expected
    assert (matched.fault is None) == (sent == said)


@given(st.binary(max_size=200))
def test_bytes_that_are_no_answer_free_nothing(data: bytes) -> None:
    matched = match("gw-1", 7, [Sent(1, "box-1", EPOCH, 1)], data)
    assert (matched.keys, matched.server_utc_ms) == ([], None)
    assert matched.fault is not None


def test_an_answer_to_another_batch_or_gateway_frees_nothing() -> None:
    sent = [Sent(1, "box-1", EPOCH, 1)]
    assert match("gw-1", 8, sent, body([verdict(1)])).keys == []
    assert match("gw-2", 7, sent, body([verdict(1)])).keys == []


def test_every_kind_of_verdict_is_an_answer() -> None:
    words = list(answer.VERDICTS)
    sent = [Sent(seq, "box-1", EPOCH, seq) for seq in range(1, 5)]
    said = [verdict(seq, word=word) for seq, word in enumerate(words, 1)]
    matched = match("gw-1", 7, sent, body(said))
    assert (matched.keys, matched.verdicts, matched.fault) == ([1, 2, 3, 4], words, None)
