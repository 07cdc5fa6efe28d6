"""Who is inside, from who showed a code where: a best guess, and how far it may be off.

1. `in` comes in, `out` goes out. At a box for both ways, who is inside goes out and who is not comes in.
2. The same person in the same direction (in any direction at a box for both ways) within REPEAT_S is a repeated read.
3. Who comes in while inside had forgotten to check out: one person, inside since now. Who goes out without having come
   in is one of those that were counted without being known, or had come in unseen.
4. A scan that is older than what is known of its person changes nothing.
5. best: who came in and has not gone out since the day began. Where no way out is counted, those of the last STAY_S.
   low: of them only those who came in through a way in within SURE_S, as others may have forgotten to check out; fewer
   by those who may have gone out unseen: at an unknown time, past a box that has not told us yet, or under another
   code than the one that they came in with (who went out without having been seen to come in).
   high: everybody who may be inside: also who showed a code twice at a box for both ways, who came at an unknown time,
   and what boxes still hold. None: a box is away, and nobody knows what it holds.
6. When the table of persons is full, further ones are counted without being known.
Times are milliseconds of the machine's running clock: no step of any other touches them.
"""

from typing import Any, NamedTuple

from presence.persons import Persons

DIRECTIONS = ("in", "out", "both")
NEW, IN, IN_BOTH, OUT, OUT_BOTH = range(5)
REPEAT_S = 120
SURE_S = 3_600
STAY_S = 2 * 3_600
_NOBODY = (0, 0, 0)


class Inside(NamedTuple):
    """How many people are inside."""

    low: int
    best: int
    high: int | None
    """None: nobody can say, because a box is away."""
    counts_exits: bool
    """False: no way out is counted, and `best` is who came in of late."""
    forgotten_exits: int
    """How many came in again without having gone out."""
    unseen_entries: int
    """How many went out without having come in."""


class Presence:
    """One day's, on a table of persons."""

    def __init__(self, persons: Persons, base_ms: int) -> None:
        self.persons = persons
        self._base_ms = base_ms
        self._since: dict[int, list[int]] = {}
        """minute -> how many of those inside came then: through a way in, through one for both, without being known."""
        self._doubtful_exits = 0
        self._unknown = dict.fromkeys(DIRECTIONS, 0)
        self.forgotten_exits = 0
        self.unseen_entries = 0
        self.repeats = 0
        self.counts_exits = False

    def look(self, person: int, direction: str, at_ms: int) -> str:
        """What a scan would mean: `in`, `out`, `repeat` or `late`. Nothing changes."""
        slot = self.persons.find(person)
        state = self.persons.state[slot] if slot >= 0 else NEW
        if state == NEW:
            return "out" if direction == "out" else "in"
        is_inside = state in (IN, IN_BOTH)
        waited_s = self._second(at_ms) - self.persons.seen_s[slot]
        if waited_s < 0:
            return "late"
        if waited_s <= REPEAT_S and (direction == "both" or (direction == "in") == is_inside):
            return "repeat"
        if direction == "both":
            return "out" if is_inside else "in"
        return direction

    def is_inside(self, person: int) -> bool:
        slot = self.persons.find(person)
        return slot >= 0 and self.persons.state[slot] in (IN, IN_BOTH)

    def scan(self, person: int, direction: str, at_ms: int) -> str:
        """The same, and it has happened."""
        move = self.look(person, direction, at_ms)
        self.counts_exits |= direction != "in"
        if move == "repeat":
            self.repeats += 1
        if move in ("repeat", "late"):
            return move
        slot = self.persons.take(person)
        if slot < 0:
            self.anonymous(direction, at_ms)
            return move
        second = self._second(at_ms)
        state = self.persons.state[slot]
        is_both = direction == "both"
        if state in (IN, IN_BOTH):
            self._leave(self.persons.seen_s[slot] // 60, state - IN)
            self.forgotten_exits += move == "in"
        elif state == OUT_BOTH:
            self._doubtful_exits -= 1
        elif move == "out":
            self._unseen_exit()
        if move == "in":
            self._come(second // 60, int(is_both))
            self.persons.state[slot] = IN_BOTH if is_both else IN
        else:
            self._doubtful_exits += is_both
            self.persons.state[slot] = OUT_BOTH if is_both else OUT
        self.persons.seen_s[slot] = second
        return move

    def anonymous(self, direction: str, at_ms: int) -> None:
        """Somebody of whom nothing is known any more."""
        self.counts_exits |= direction != "in"
        if direction == "in":
            self._come(self._second(at_ms) // 60, 2)
        elif direction == "out":
            self._unseen_exit()
        else:
            self.unknown(direction)

    def unknown(self, direction: str, many: int = 1) -> None:
        """Somebody came or went at a time that is not known; negative: now it is."""
        self.counts_exits |= direction != "in"
        self._unknown[direction] = max(0, self._unknown[direction] + many)

    def inside(self, now_ms: int, held: dict[str, int | None] | None = None) -> Inside:
        """`held`: by direction, what boxes have not told us yet; None: nobody knows how much."""
        open_in, open_out = self._open(held or {})
        everybody = sum(sum(ones) for ones in self._since.values())
        best = everybody if self.counts_exits else sum(self._later_than(now_ms, STAY_S))
        sure, _, unnamed = self._later_than(now_ms, SURE_S)
        low = (
            0 if open_out is None or not self.counts_exits else max(0, sure + unnamed - open_out - self.unseen_entries)
        )
        high = None if open_in is None else everybody + self._doubtful_exits + open_in
        return Inside(min(low, best), best, high, self.counts_exits, self.forgotten_exits, self.unseen_entries)

    def _open(self, held: dict[str, int | None]) -> tuple[int | None, int | None]:
        """How many more may have come in, and gone out."""
        sums: list[int | None] = []
        for way in ("in", "out"):
            parts = [self._unknown[way], self._unknown["both"], held.get(way, 0), held.get("both", 0)]
            sums.append(None if None in parts else sum(part or 0 for part in parts))
        return sums[0], sums[1]

    def _later_than(self, now_ms: int, span_s: int) -> tuple[int, int, int]:
        first = (self._second(now_ms) - span_s) // 60
        late = [ones for minute, ones in self._since.items() if minute >= first]
        return tuple(map(sum, zip(*late))) if late else _NOBODY  # type: ignore[return-value]

    def _second(self, at_ms: int) -> int:
        return max(0, (at_ms - self._base_ms) // 1000)

    def _come(self, minute: int, column: int) -> None:
        self._since.setdefault(minute, [0, 0, 0])[column] += 1

    def _leave(self, minute: int, column: int) -> None:
        ones = self._since.get(minute)
        if ones is not None:
            ones[column] -= 1
            if not any(ones):
                del self._since[minute]

    def _unseen_exit(self) -> None:
        """Out goes one of those who are not known, the one that came first; where there is none, it came in unseen."""
        minute = min((minute for minute, ones in self._since.items() if ones[2]), default=None)
        if minute is None:
            self.unseen_entries += 1
        else:
            self._leave(minute, 2)

    # --- across a restart of the program

    def dump(self) -> dict[str, Any]:
        kept = {name.lstrip("_"): getattr(self, name) for name in _NUMBERS}
        return kept | {"since": [[minute, *ones] for minute, ones in self._since.items()]}

    @staticmethod
    def load(data: dict[str, Any], persons: Persons) -> "Presence":
        made = Presence(persons, data["base_ms"])
        for name in _NUMBERS:
            setattr(made, name, data[name.lstrip("_")])
        made._since = {minute: ones for minute, *ones in data["since"]}
        return made


_NUMBERS = (
    "_base_ms",
    "_doubtful_exits",
    "_unknown",
    "forgotten_exits",
    "unseen_entries",
    "repeats",
    "counts_exits",
)
