"""Any order of puts, claims, settles, prunes, restarts and kills against a model of a few lines."""

import shutil
import sqlite3
import tempfile
from pathlib import Path

from hypothesis import settings as profile
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from gateway.buffer import Settings
from gateway.buffer.opening import make_ready, prepare
from gateway.buffer.store import Store
from tests.gateway.buffer.wire import BOOT, arrival, lost, pack, scan

BOXES = ("box-1", "box-2")
SETTINGS = Settings(keep_delivered_s=10, wal_bytes=65_536, page_bytes=1024)
seqs = st.integers(1, 40)
boxes = st.sampled_from(BOXES)


class Machine(RuleBasedStateMachine):
    """The model: which records wait, which were delivered, and what each box may be told."""

    @initialize()
    def start(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="tram-machine-"))
        self.path = self.folder / "buffer.db"
        self.now_ms = 1000
        self.waiting: list[bytes] = []
        self.parked: list[bytes] = []
        self.received: dict[str, set[int]] = {box_id: set() for box_id in BOXES}
        self.first_held = dict.fromkeys(BOXES, 1)
        self.open()

    def open(self) -> None:
        prepare(self.path, SETTINGS)
        self.db = sqlite3.connect(self.path, isolation_level=None, timeout=0)
        make_ready(self.db, SETTINGS)
        self.store = Store(self.db, SETTINGS, BOOT, lambda: self.now_ms)

    def teardown(self) -> None:
        if hasattr(self, "db"):
            self.db.close()
            self.store.mark.close()
            shutil.rmtree(self.folder)

    def expect_put(self, box_id: str, *payloads: bytes) -> None:
        result = self.store.put([arrival(payload, box_id) for payload in payloads])
        for ack in result.acks:
            assert ack.box_id == box_id
            told = self.received[box_id] | set(range(1, self.first_held[box_id]))
            assert all(seq in told for seq in range(1, ack.complete_to + 1))
            assert ack.complete_to + 1 not in told
            assert ack.highest == max(told, default=0)
            missing = {seq for first, last in ack.missing for seq in range(first, last + 1)}
            assert missing == set(range(ack.complete_to + 1, ack.highest)) - told

    def take(self, box_id: str, seq: int, record: bytes) -> None:
        """A record comes to the model: new, or known and still there, or known and pruned."""
        self.received[box_id].add(seq)
        if record not in self.there():
            self.waiting.append(record)

    def there(self) -> set[bytes]:
        return {record for (record,) in self.db.execute("SELECT record FROM record")}

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
            self.waiting.remove(one.record)

    @rule(data=st.data())
    @precondition(lambda self: self.waiting)
    def park_one(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from(self.store.claim(30, 1 << 20)))
        self.store.park([one.key], "upload_poison")
        self.waiting.remove(one.record)
        self.parked.append(one.record)

    @rule()
    @precondition(lambda self: self.parked)
    def settle_parked(self) -> None:
        (one,) = self.store.claim_parked(1)
        self.store.settle([one.key], ["accepted"])
        self.parked.remove(one.record)

    @rule(later_ms=st.sampled_from((1, 5_000, 700_000)))
    def tend(self, later_ms: int) -> None:
        self.now_ms += later_ms
        self.store.tend()

    @rule()
    def fold(self) -> None:
        with self.store._transaction():
            self.store.places.fold(self.store.last_id)

    @rule(clean=st.booleans())
    def restart(self, clean: bool) -> None:
        image = self.folder / "image"
        if clean:
            self.store.flush()
        else:
            # what a killed process leaves: the files as they lie
            image.mkdir()
            for one in self.folder.glob("buffer.db*"):
                shutil.copy(one, image / one.name)
        self.db.close()
        self.store.mark.close()
        if not clean:
            for one in image.iterdir():
                one.replace(self.folder / one.name)
            image.rmdir()
        self.open()

    @invariant()
    def nothing_is_lost_or_invented(self) -> None:
        if hasattr(self, "store"):
            assert sorted(one.record for one in self.store.claim(10_000, 1 << 30)) == sorted(self.waiting)
            assert sorted(one.record for one in self.store.claim_parked(1000)) == sorted(self.parked)
            stats = self.store.stats()
            assert (stats.waiting, stats.parked) == (len(self.waiting), len(self.parked))


TestMachine = Machine.TestCase
TestMachine.settings = profile(max_examples=60, stateful_step_count=40, deadline=None)
