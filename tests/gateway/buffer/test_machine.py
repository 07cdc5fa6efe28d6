"""Any order of puts, claims, settles, prunes, restarts and kills against a model of a few lines."""

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings as profile
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from gateway.buffer import Settings, care, told
from gateway.buffer.opening import open_folder
from tests.gateway.buffer.wire import BOOT, arrival, lost, opened, pack, scan, sealer

BOXES = ("box-1", "box-2")
SETTINGS = Settings(keep_delivered_days=1, segment_bytes=6_000, min_free_bytes=0, ballast_bytes=0)
DAY_MS = 86_400_000
seqs = st.integers(1, 40)
boxes = st.sampled_from(BOXES)


class Machine(RuleBasedStateMachine):
    """The model: which records wait, which were delivered, and what each box may be told."""

    @initialize()
    def start(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="tram-machine-"))
        self.path = self.folder / "buffer"
        self.sealer = sealer()
        self.now_ms = 1000
        self.waiting: list[bytes] = []
        self.parked: list[bytes] = []
        self.received: dict[str, set[int]] = {box_id: set() for box_id in BOXES}
        self.first_held = dict.fromkeys(BOXES, 1)
        self.open()

    def open(self) -> None:
        made = open_folder(self.path, SETTINGS, BOOT, lambda: self.now_ms, self.sealer)
        assert made.opening.damage is None
        self.store, self.lock = made.store, made.lock

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()
            self.lock.close()
            shutil.rmtree(self.folder)

    def expect_put(self, box_id: str, *payloads: bytes) -> None:
        result = self.store.put([arrival(payload, box_id) for payload in payloads])
        for ack in result.acks:
            assert ack.box_id == box_id
            known = self.received[box_id] | set(range(1, self.first_held[box_id]))
            assert all(seq in known for seq in range(1, ack.complete_to + 1))
            assert ack.complete_to + 1 not in known
            assert ack.highest == max(known, default=0)
            missing = {seq for first, last in ack.missing for seq in range(first, last + 1)}
            assert missing == set(range(ack.complete_to + 1, ack.highest)) - known

    def take(self, box_id: str, seq: int, record: bytes) -> None:
        """A record comes to the model: new, or known and still there, or known and pruned."""
        self.received[box_id].add(seq)
        if record not in self.there():
            self.waiting.append(record)

    def there(self) -> set[bytes]:
        """Everything that can be recognised."""
        rows = self.store.reads.each(0, self.store.memory.last_id)
        return {opened(self.store._held(one)) for one in rows}

    @rule(box_id=boxes, seq=seqs)
    def put_alone(self, box_id: str, seq: int) -> None:
        self.take(box_id, seq, scan(seq, box_id))
        self.expect_put(box_id, scan(seq, box_id))

    @rule(box_id=boxes, first=seqs, count=st.integers(0, 20), held=st.integers(1, 10))
    def put_pack(self, box_id: str, first: int, count: int, held: int) -> None:
        records = [scan(seq, box_id) for seq in range(first, first + count)]
        for seq, record in enumerate(records, first):
            self.take(box_id, seq, record)
        self.first_held[box_id] = max(self.first_held[box_id], held)
        self.expect_put(box_id, pack(records, held, 100, box_id))

    @rule(box_id=boxes, first=seqs, count=st.integers(0, 5))
    def put_lost(self, box_id: str, first: int, count: int) -> None:
        declared = lost(first, first + count, box_id)
        self.take(box_id, first, declared)
        self.received[box_id] |= set(range(first, first + count + 1))
        self.expect_put(box_id, declared)

    @rule(box_id=boxes, junk=st.binary(max_size=40))
    def put_junk(self, box_id: str, junk: bytes) -> None:
        result = self.store.put([arrival(b"junk " + junk, box_id)])
        assert (result.quarantined, result.acks) == (1, [])

    @rule(data=st.data())
    @precondition(lambda self: self.waiting)
    def settle_some(self, data: st.DataObject) -> None:
        held = self.store.claim(data.draw(st.integers(1, 30)), 1 << 20)
        chosen = data.draw(st.lists(st.sampled_from(held), unique=True))
        self.store.settle([one.key for one in chosen], ["accepted"] * len(chosen))
        for one in chosen:
            self.waiting.remove(opened(one))

    @rule(data=st.data())
    @precondition(lambda self: self.waiting)
    def park_one(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from(self.store.claim(30, 1 << 20)))
        self.store.park([one.key], "upload_poison")
        self.waiting.remove(opened(one))
        self.parked.append(opened(one))

    @rule()
    @precondition(lambda self: self.parked)
    def settle_parked(self) -> None:
        (one,) = self.store.claim_parked(1)
        self.store.settle([one.key], ["accepted"])
        self.parked.remove(opened(one))

    @rule(later_ms=st.sampled_from((1, 31_000, DAY_MS)))
    def tend(self, later_ms: int) -> None:
        self.now_ms += later_ms
        care.tend(self.store)

    @rule(clean=st.booleans())
    def restart(self, clean: bool) -> None:
        image = self.folder / "image"
        if not clean:
            # what a killed process leaves: the files as they lie; answers and statements are written now and then
            self.store.flush(with_streams=True)
            shutil.copytree(self.path, image)
        self.store.close()
        self.lock.close()
        if not clean:
            shutil.rmtree(self.path)
            image.rename(self.path)
        self.open()

    @invariant()
    def nothing_is_lost_or_invented(self) -> None:
        if hasattr(self, "store"):
            assert sorted(opened(one) for one in self.store.claim(10_000, 1 << 30)) == sorted(self.waiting)
            assert sorted(opened(one) for one in self.store.claim_parked(1000)) == sorted(self.parked)
            stats = told.stats(self.store)
            assert (stats.waiting, stats.parked) == (len(self.waiting), len(self.parked))


TestMachine = Machine.TestCase
TestMachine.settings = profile(max_examples=60, stateful_step_count=40, deadline=None)
