"""Whatever happens in whatever order: every scan is counted once, nobody is answered twice in different ways."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from firmware.wire.record import Scan
from gateway.config import Place as Settings
from tests.gateway.place.worlds import MORNING_MS, World

people = st.sampled_from(["a", "b", "c", "d", "e"])
ways = st.sampled_from(["in", "out", "both"])
boxes = st.sampled_from(["box-1", "box-2"])


class Gate(RuleBasedStateMachine):
    """A morning at two gates, with restarts, power cuts and a clock that comes, goes and steps."""

    @initialize(knows_utc=st.booleans(), capacity=st.sampled_from([0, 2]), visits=st.sampled_from([0, 2]))
    def begin(self, knows_utc, capacity, visits):
        self.world = World(utc_ms=MORNING_MS if knows_utc else None, capacity=capacity, quota_visits=visits)
        self.kept: list[Scan] = []
        self.answers: dict[Scan, str | None] = {}

    @rule(code=people, way=ways, box=boxes, is_committed=st.booleans(), is_timed=st.booleans())
    def shows_a_code(self, code, way, box, is_committed, is_timed):
        scan = self.world.scan(code, way, box, boot=1 if is_timed else 99)
        self.answers[scan] = self.world.judge(scan)
        if is_committed:
            self.commit(scan)

    def commit(self, scan):
        self.world.take(scan)
        self.kept.append(scan)

    @rule(draw=st.data(), is_committed=st.booleans())
    def is_sent_again(self, draw, is_committed):
        if self.answers:
            scan = draw.draw(st.sampled_from(sorted(self.answers)))
            again = self.world.judge(scan)
            assert again in (self.answers[scan], None) or self.answers[scan] is None
            self.answers[scan] = self.answers[scan] or again
            if is_committed and scan not in self.kept:
                self.commit(scan)

    @rule(minutes=st.integers(0, 20))
    def time_passes(self, minutes):
        self.world.wait(minutes=minutes)
        self.world.place.tend()

    @rule(hours=st.integers(-3, 3))
    def the_clock_is_set(self, hours):
        if self.world.offset_ms is not None:
            self.world.offset_ms += hours * 3_600_000

    @rule()
    def utc_becomes_known(self):
        if self.world.offset_ms is None:
            self.world.offset_ms = MORNING_MS - self.world.mono_now_ms

    @rule()
    def the_program_restarts(self):
        self.world.place = self.world.new_place(self.world.place.dump())
        self.reload()

    @rule()
    def the_power_is_cut(self):
        for name in self.world.shelf.names():
            self.world.shelf.destroy(name)
        self.world.place = self.world.new_place()
        self.answers = dict.fromkeys(self.kept)
        self.reload()

    @rule()
    def reload(self):
        self.world.place.load([self.world.kept(scan) for scan in self.kept])

    @rule(capacity=st.sampled_from([0, 1, 3]))
    def other_rules_are_set(self, capacity):
        self.world.place.set_rules(Settings(capacity=capacity))

    @invariant()
    def every_scan_counts_once(self):
        counts = self.world.place._counts
        everything = [box for day in (*counts.days.values(), counts.running) for box in day.values()]
        told = sum(box.total(way) for box in everything for way in ("in", "out", "both"))
        told += sum(sum(box.refused.values()) for box in everything)
        told += sum(sum(box.values()) for box in counts.unknown.values())
        known = set(self.kept) | {scan for scan, outcome in self.answers.items() if outcome is not None}
        assert told == len(known)

    @invariant()
    def the_bounds_are_in_order(self):
        low, best, high = self.world.inside
        assert 0 <= low <= best <= high


Gate.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestGate = Gate.TestCase
