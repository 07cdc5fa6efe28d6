"""So many boxes update at once; everybody has a turn; who hangs holds nobody up."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.downlink.turns import HANGS_MS, Behind, Turns

VERSION = 7


class World:
    def __init__(self, *boxes: str, at_once: int = 2) -> None:
        self.now_ms = 0
        self.at_once = at_once
        self.turns = Turns()
        self.behind = {box: Behind(VERSION, True, False, 0) for box in boxes}
        self.deal()

    def deal(self, later_ms: int = 0) -> list[str]:
        self.now_ms += later_ms
        self.turns.deal(self.behind, self.at_once, self.now_ms)
        return [box for box in self.behind if self.turns.has(box)]

    def set(self, box: str, **changes: object) -> None:
        self.behind[box] = self.behind[box]._replace(**changes)  # type: ignore[arg-type]


def test_so_many_have_their_turn_in_order_and_the_next_when_one_is_done() -> None:
    it = World("a", "b", "c", "d")
    assert it.deal() == ["a", "b"]
    del it.behind["a"]
    assert it.deal() == ["b", "c"]
    it.behind.clear()
    assert it.deal() == []


def test_a_box_that_is_not_there_has_no_turn_and_takes_nobodys() -> None:
    it = World("a", "b", "c", at_once=1)
    it.behind.clear()
    it.deal()
    it.behind = {"a": Behind(VERSION, False, False, 0), "b": Behind(VERSION, True, False, 0)}
    assert it.deal() == ["b"]


def test_a_box_that_hangs_loses_its_turn_to_who_waits_and_comes_back_behind_them() -> None:
    it = World("a", "b", "c", at_once=1)
    assert it.deal(HANGS_MS - 1) == ["a"]
    assert it.deal(1) == ["b"]
    assert it.turns.hanging == {"a"}
    assert it.deal(HANGS_MS) == ["c"]
    assert it.deal(HANGS_MS) == ["a"]


def test_all_that_hang_go_round_for_ever() -> None:
    it = World("a", "b", at_once=1)
    seen = [it.deal(HANGS_MS) for _ in range(6)]
    assert seen == [["b"], ["a"], ["b"], ["a"], ["b"], ["a"]]


def test_one_that_hangs_while_nobody_waits_keeps_its_turn() -> None:
    it = World("a", at_once=1)
    assert it.deal(10 * HANGS_MS) == ["a"]


def test_who_moves_keeps_its_turn_however_long_it_takes() -> None:
    it = World("a", "b", at_once=1)
    for _ in range(50):
        it.turns.moved("a", it.now_ms)
        assert it.deal(HANGS_MS - 1) == ["a"]
    for session in range(1, 10):
        it.set("a", seen=session)
        assert it.deal(HANGS_MS - 1) == ["a"]


def test_a_box_that_starts_anew_to_try_what_it_fetched_keeps_its_turn_for_a_while() -> None:
    it = World("a", "b", at_once=1)
    it.set("a", is_there=False)
    assert it.deal(HANGS_MS - 1) == ["a"]
    assert it.deal(1) == ["b"]


def test_a_box_that_fetches_already_goes_first_and_one_in_safe_mode_before_the_others() -> None:
    it = World(at_once=1)
    it.turns.moved("c", 0)
    it.behind = {box: Behind(VERSION, True, box == "b", 0) for box in "abc"}
    assert it.deal() == ["c"]
    del it.behind["c"]
    assert it.deal() == ["b"]
    del it.behind["b"]
    assert it.deal() == ["a"]


def test_another_version_is_another_turn() -> None:
    it = World("a", "b", at_once=1)
    it.set("a", version=8)
    it.deal()
    assert sum(it.turns.has(box) for box in "ab") == 1


def test_fewer_at_once_takes_nobodys_turn_away_and_gives_no_new_ones() -> None:
    it = World("a", "b", "c", at_once=2)
    it.at_once = 1
    assert it.deal() == ["a", "b"]
    del it.behind["a"]
    assert it.deal() == ["b"]


@given(
    st.integers(1, 4),
    st.lists(
        st.tuples(
            st.sampled_from("abcdefgh"),
            st.sampled_from(["come", "go", "done", "move", "session"]),
            st.integers(0, HANGS_MS),
        ),
        max_size=80,
    ),
)
def test_never_more_than_so_many_and_never_one_too_few(at_once: int, happened: list[tuple[str, str, int]]) -> None:
    it = World(at_once=at_once)
    for box, what, later_ms in happened:
        known = it.behind.get(box, Behind(VERSION, False, False, 0))
        if what == "done":
            it.behind.pop(box, None)
        elif what == "move":
            it.turns.moved(box, it.now_ms)
        elif what == "session":
            it.behind[box] = known._replace(seen=it.now_ms)
        else:
            it.behind[box] = known._replace(is_there=what == "come")
        have = it.deal(later_ms)
        assert len(have) <= at_once
        waiting = [name for name, one in it.behind.items() if one.is_there and name not in have]
        assert not waiting or len(have) == at_once
