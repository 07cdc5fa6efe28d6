"""Any order of appends, acks, starts and damaged records, against a model of what must be held."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.firmware.spool.rig import Driver, SpoolFault

LIMIT_BYTES = 30000


class SpoolModel(RuleBasedStateMachine):
    box: Driver

    def __init__(self):
        super().__init__()
        self.box = Driver(blocks=64)
        self.appended = {}
        self.freed = 0
        self.boot = 0

    def asked(self, do, **what):
        try:
            return self.box(do, **what)
        except SpoolFault as fault:
            return fault.code

    def teardown(self):
        self.box.__exit__()

    @initialize()
    def first(self):
        facts = self.box("open", limit_bytes=LIMIT_BYTES)
        self.epoch, self.boot = facts["epoch"], 1

    @rule(lengths=st.lists(st.sampled_from([1, 60, 150, 300, 470, 490, 1200, 3072]), min_size=1, max_size=12))
    def append(self, lengths):
        for length in lengths:
            said = self.asked("append", length=length)
            if said == "full":
                assert self.box("facts")["stats"]["held_bytes"] > LIMIT_BYTES - 3328
                return
            seq, shown = said
            assert seq == len(self.appended) + 1
            self.appended[seq] = shown

    @rule(share=st.integers(0, 100), ahead=st.integers(0, 5))
    def ack(self, share, ahead):
        last = len(self.appended)
        complete_to = self.freed + (last - self.freed) * share // 100
        highest = min(last, complete_to + ahead)
        assert self.box.ack(complete_to, highest) == complete_to - self.freed
        self.freed = complete_to

    @rule(above=st.integers(1, 1000))
    def ack_from_the_future(self, above):
        highest = len(self.appended) + above
        assert self.asked("ack", epoch=self.epoch, complete_to=self.freed, highest=highest) == "ack_from_future"

    @rule(back=st.integers(0, 60))
    def old_ack(self, back):
        assert self.box.ack(max(0, self.freed - back)) == 0

    @rule()
    def start(self):
        facts = self.box("open", limit_bytes=LIMIT_BYTES)
        self.boot += 1
        assert (facts["boot"], facts["epoch"], facts["lost"]) == (self.boot, self.epoch, [])
        # what was freed may come back after a start; the gateway has it, and acks it again
        assert facts["first_held"] - 1 <= self.freed
        self.freed = facts["first_held"] - 1

    @rule(seq=st.integers(0, 400))
    def read(self, seq):
        held = self.freed < seq <= len(self.appended)
        assert self.box("read", seq=seq) == (self.appended[seq] if held else None)

    @rule(first=st.integers(1, 200), most=st.integers(1, 40), bytes_=st.sampled_from([1, 500, 4000, 20000]))
    def pick(self, first, most, bytes_):
        picked = self.box("pick", first=first, max_records=most, max_bytes=bytes_)
        start = max(first, self.freed + 1)
        assert picked == [[seq, self.appended[seq]] for seq in range(start, start + len(picked))]
        assert len(picked) <= most
        assert bool(picked) == (start <= len(self.appended))

    @precondition(lambda self: self.boot)
    @invariant()
    def says_what_it_holds(self):
        facts = self.box("facts")
        assert facts["last_seq"] == len(self.appended)
        assert facts["waiting"] == len(self.appended) - self.freed
        assert facts["first_held"] == self.freed + 1
        assert facts["state"] in ("ok", "full")


TestSpoolModel = SpoolModel.TestCase
TestSpoolModel.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
