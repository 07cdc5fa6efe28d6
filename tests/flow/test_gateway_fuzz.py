"""What nobody should send, thrown at the real broker by a box that may: all of it counted, and no harm to another."""

import pytest

from firmware.wire import topics
from scripts.fuzzing.account import Counted, Sent, differences
from scripts.fuzzing.campaign import run
from scripts.fuzzing.payloads import Payloads

COUNT = 5_000


@pytest.mark.parametrize("seed", [2])
async def test_five_thousand_payloads_are_all_accounted_for_while_a_good_box_scans(seed, tmp_path, capsys):
    told = await run(tmp_path, COUNT, seed, calm_scans=40)
    with capsys.disabled():
        print(f"\n{told.line()}")
    assert told.wrong == []
    assert told.has.received > COUNT
    assert min(told.has.messages[word] for word in topics.UP_WORDS) > COUNT / 10
    assert len(told.has.quarantined) > 5
    assert told.has.stored > COUNT / 100


def test_the_draw_is_of_every_kind_and_the_same_for_the_same_seed():
    first = [Payloads(5, "box-bad", "box-good").draw() for _ in range(1)]
    payloads, again = Payloads(5, "box-bad", "box-good"), Payloads(5, "box-bad", "box-good")
    drawn = [payloads.draw() for _ in range(4_000)]
    assert drawn[:1] == first
    assert drawn == [again.draw() for _ in range(4_000)]
    assert max(len(payload) for _, payload in drawn) > 20_000
    assert any(b"box-good" in payload for _, payload in drawn)
    assert any(payload.startswith(b'{"v":1,[') for _, payload in drawn)
    assert b"" in [payload for _, payload in drawn]


def judged(**changes):
    sent = Sent()
    for payload in (b"junk", b"1 lost box-bad 0f0f0f0f0f0f 1 9 flash 4ce1d4f5\n"):
        sent.add("box-bad", "scan", payload)
    sent.add("box-bad", "status", b"{")
    aside = dict(sent.refused)
    good = Counted({"scan": 2, "status": 1}, 1, aside, sent.records, 0, 0, 0, 0)
    return differences(sent, good._replace(**changes))


def test_what_adds_up_is_not_complained_about():
    assert judged() == []


@pytest.mark.parametrize(
    "changes",
    [
        {"messages": {"scan": 1, "status": 1}},
        {"messages": {"scan": 2, "status": 2}},
        {"quarantined": {}},
        {"quarantined": {"fault": 3}},
        {"stored": 7},
        {"duplicates": 1},
        {"deferred": 2},
        {"unreadable": 3},
    ],
)
def test_what_does_not_add_up_is_told(changes):
    assert judged(**changes) != []
