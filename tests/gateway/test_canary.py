"""A stolen card tells nothing: whoever reads the whole disk of a gateway that was killed finds nobody who was there."""

import contextlib
import random
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from firmware.wire import envelope, message, record, topics
from firmware.wire.message import Pack
from firmware.wire.record import Scan
from gateway.buffer import Buffer
from gateway.seal import DigestKeys, Sealer, Shelf, is_in_memory
from scripts.sim import people
from tests.gateway import sealing
from tests.gateway.brokers import RealBroker, password_of
from tests.gateway.carving import Canary, found, worth_reading
from tests.gateway.gateways import DEFAULT_TIME, RealGateway, wait_for
from tests.gateway.people import Box, Person

BOXES = ["box-a", "box-b"]
EPOCH = "aabbccddeeff"
IMAGE_BYTES = 48 * 1024 * 1024
SETTINGS = (
    DEFAULT_TIME
    + "[buffer]\nsegment_bytes = 65536\nmin_free_bytes = 1000000\nballast_bytes = 65536\n"
    + "[place]\ncapacity = 5\nquota_visits = 1\nquota_days = 3\n"
)
COUNTS_ONLY = '[[place.purpose]]\nsince = "2020-01-01"\nmode = "counts_only"\n'
KINDS: list[Callable[[random.Random], bytes]] = [
    people.citizen_card,
    people.citizen_card_2024,
    people.personal_code,
    people.personal_code_on_behalf,
    people.health_card,
    people.health_card_old,
    people.token,
]


class Disk:
    """A small ext4 of its own, read as a whole once it is not used any more."""

    def __init__(self, folder: Path) -> None:
        self._image, self.root = folder / "disk.img", folder / "disk"
        self.root.mkdir()
        with open(self._image, "wb") as file:
            file.truncate(IMAGE_BYTES)
        subprocess.run(["mkfs.ext4", "-q", "-b", "1024", self._image], check=True)
        subprocess.run(["mount", "-o", "loop", self._image, self.root], check=True)

    def unmount(self) -> None:
        subprocess.run(["umount", self.root], check=True)

    def content(self) -> bytes:
        """All of it but empty blocks, as it lies there now."""
        subprocess.run(["sync", "-f", self.root], check=True)
        return worth_reading(self._image.read_bytes())


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    made = Disk(tmp_path)
    yield made
    made.unmount()


@pytest.fixture
def in_memory(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """What systemd gives a service: a folder on tmpfs."""
    folder = Path(tempfile.mkdtemp(prefix="tram-", dir="/dev/shm"))
    assert is_in_memory(folder)
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(folder))
    yield folder
    shutil.rmtree(folder)


class Crowd:
    """People whose codes are canaries, drawn from a seed: each of another kind than the one before."""

    def __init__(self, seed: int) -> None:
        self._draw = random.Random(seed)
        self.canaries: list[Canary] = []
        self.shown: list[bytes] = []

    def code(self) -> bytes:
        return KINDS[len(self.canaries) % len(KINDS)](self._draw)

    def remember(self, raw: bytes, code: bytes) -> bytes:
        self.canaries.append(Canary(code, raw))
        return raw

    def record(self, box_id: str, seq: int) -> bytes:
        code = self.code()
        return self.remember(record.encode_scan(Scan(box_id, EPOCH, seq, 1, seq, None, None, "", code)), code)

    def show(self, box: Box) -> None:
        code = self.code()
        self.shown.append(code)
        seq = box.scan(code)
        with box._lock:
            self.remember(box.kept.get(seq, b""), code)


@contextlib.contextmanager
def site(disk: Disk, more: str = SETTINGS) -> Iterator[tuple[RealBroker, RealGateway]]:
    broker = RealBroker(disk.root / "broker", BOXES).start()
    gateway = RealGateway(disk.root / "gateway", broker, more=more)
    try:
        yield broker, gateway.start_and_wait()
    finally:
        gateway.kill()
        broker.kill()


def send_what_nobody_can_read(broker: RealBroker, crowd: Crowd) -> None:
    """Damaged, of a later version, in another's name, a conflict, and junk: on every topic that a box may write."""
    person = Person(broker.port, "box-b", password_of("box-b"))
    first = crowd.record("box-b", 1)
    person.publish(topics.scan("box-b"), first)
    damaged = bytearray(crowd.record("box-b", 2))
    damaged[-3] ^= 1
    person.publish(topics.scan("box-b"), bytes(damaged))
    person.publish(topics.scan("box-b"), b"2" + crowd.record("box-b", 3)[1:])
    person.publish(topics.scan("box-b"), crowd.record("box-b", 1))
    person.publish(topics.scan("box-b"), crowd.record("box-a", 900))
    pack = Pack(
        "box-b", EPOCH, 4, 6, [crowd.record("box-b", 4), crowd.record("box-b", 5)[:-4], crowd.record("box-b", 6)]
    )
    person.publish(topics.scan("box-b"), message.encode_pack(pack))
    for word in ("scan", "status", "heard", "result", "want"):
        person.publish(topics.of("box-b", word), crowd.record("box-b", 7).split(b"\n", 1)[1])
        person.publish(topics.of("box-b", word), b'{"v":1,"box_id":"box-b","name":"' + crowd.record("box-b", 8))
    person.leave()


async def held(gateway: RealGateway, copy: Path) -> list[bytes]:
    """Every envelope that the buffer of a killed gateway holds."""
    shutil.copytree(gateway.folder / "data" / "buffer", copy)
    sealer = Sealer(sealing.PUBLIC, lambda *_: "counts_only", DigestKeys(Shelf(None), lambda: 0))
    buffer = await Buffer.open(copy, boot="ffffffffffff", mono_ms=lambda: 0, sealer=sealer)
    records = [one.record for one in await buffer.claim(100_000, 1 << 30)]
    await buffer.close()
    return records


async def test_of_everybody_who_came_nobody_is_found_on_the_disk(disk, in_memory, tmp_path):
    crowd = Crowd(1)
    with site(disk) as (broker, gateway):
        box = Box("box-a", password_of("box-a"), broker.port)
        box.connect()
        for _ in range(60):
            crowd.show(box)
        send_what_nobody_can_read(broker, crowd)
        crowd.show(box)
        wait_for(lambda: not box.kept)
        for _ in range(60):
            crowd.show(box)
        gateway.kill()
        for _ in range(40):
            crowd.show(box)
        gateway.start_and_wait()
        wait_for(lambda: box.connected)
        box.resend()
        wait_for(lambda: not box.kept)
        gateway.kill()
        assert len(crowd.canaries) > 170
        box.disconnect()
    kept = [one for one in await held(gateway, tmp_path / "copy") if is_sealed(one)]
    records = [sealing.opened(one).split(b"\n", 1)[1][:-1] for one in kept]
    assert set(crowd.shown) <= set(records)  # for the server, all of it is there
    assert len(records) > len(crowd.shown) + 2
    assert found(disk.content(), crowd.canaries) == []
    (disk.root / "control").write_bytes(b"somebody was careless: " + crowd.canaries[3].code)
    assert found(disk.content(), crowd.canaries) != []


def is_sealed(kept: bytes) -> bool:
    return kept.split(b" ", 2)[1] in (b"sealed", b"opaque")


def left_of(seals: list[bytes], image: bytes) -> int:
    """Of how many any twelve bytes are there: a page of the file may end in the middle of one."""
    return sum(any(seal[at : at + 12] in image for at in range(0, len(seal) - 12, 12)) for seal in seals)


async def test_from_the_switch_to_counts_only_on_not_even_the_server_finds_them(disk, in_memory, tmp_path):
    crowd = Crowd(2)
    with site(disk) as (broker, gateway):
        box = Box("box-a", password_of("box-a"), broker.port)
        box.connect()
        for _ in range(30):
            crowd.show(box)
        send_what_nobody_can_read(broker, crowd)
        crowd.show(box)
        wait_for(lambda: not box.kept)
        gateway.kill()
        seals = [envelope.decode(one).sealed for one in await held(gateway, tmp_path / "before") if is_sealed(one)]
        assert len(seals) > 30
        assert left_of(seals, disk.content()) == len(seals)
        gateway.config.write_text(gateway.config.read_text() + COUNTS_ONLY)
        gateway.start_and_wait()
        for _ in range(30):
            crowd.show(box)
        wait_for(lambda: not box.kept)
        send_what_nobody_can_read(broker, crowd)
        wait_for(lambda: "personal payload dropped" in gateway.log())
        assert gateway.stop() == 0
        box.disconnect()
    kept = await held(gateway, tmp_path / "after")
    assert {one.split(b" ")[1] for one in kept} == {b"counted", b"lost"}
    image = disk.content()
    assert found(image, crowd.canaries) == []
    assert left_of(seals, image) == 0
    remembered = b"".join(path.read_bytes() for path in in_memory.iterdir())
    assert b"box-a" in remembered
    assert found(remembered, crowd.canaries) == []  # not even what is in memory between two runs names anybody
