"""What was counted once is known, in few bytes."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.place.seen import MOST_RANGES, MOST_STREAMS, Seen

steps = st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 30), st.booleans()), max_size=60)


@given(steps)
def test_it_holds_what_a_set_would_also_after_a_restart(listed):
    seen, wanted = Seen(), set()
    for box_id, seq, is_put in listed:
        if is_put:
            seen.add(box_id, "e", seq)
            wanted.add((box_id, seq))
        else:
            assert seen.remove(box_id, "e", seq) == ((box_id, seq) in wanted)
            wanted.discard((box_id, seq))
    again = Seen(seen.dump())
    for box_id in "ab":
        for seq in range(32):
            assert seen.has(box_id, "e", seq) == again.has(box_id, "e", seq) == ((box_id, seq) in wanted)
    assert bool(seen) == bool(wanted)
    assert seen.highest("a", "e") == max((seq for box_id, seq in wanted if box_id == "a"), default=0)


def test_streams_and_holes_without_end_are_bounded():
    seen = Seen()
    for n in range(MOST_STREAMS + 10):
        seen.add(f"box-{n}", "e", 1)
    assert len(seen.dump()) == MOST_STREAMS
    for seq in range(1, 10 * MOST_RANGES, 2):
        seen.add("box-x", "e", seq)
    assert seen.dump()["box-x e"].count(",") < MOST_RANGES
    assert seen.has("box-x", "e", 10 * MOST_RANGES - 1)
