"""Another key in the place of the fleet's, and nobody visits the box: what is taken, what is refused, what is left."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

import pytest

from firmware.files import Files
from firmware.provision import succession
from firmware.wire import topics
from firmware.wire.succession import Succession, encode, to_sign
from scripts.bundle.bundle import Release, manifest_of
from scripts.bundle.image import sealed
from scripts.firmware_build import ROOT, build, run_micropython
from scripts.provisioning.key import FleetKey
from scripts.provisioning.succession import make_succession
from tests.firmware.commands.test_box import answered, order
from tests.firmware.provision.folder import Folder
from tests.firmware.update.disk import Volume
from tests.firmware.update.places import KEY, Place, place, release, system_image

HERE = Path(__file__).parent
FROM_MS, UNTIL_MS = 1_795_000_000_000, 1_858_072_000_000
NOW = (FROM_MS + 1000, FROM_MS + 5000)


@cache
def key(name: str) -> FleetKey:
    return FleetKey.make()


def document(old: str, new: str, serial: int = 7, from_ms: int = FROM_MS, until_ms: int = UNTIL_MS) -> bytes:
    return make_succession(key(old), key(new), serial, from_ms, until_ms)


def signed_by(by_old: FleetKey, by_new: FleetKey, new: bytes = b"") -> bytes:
    """As `document("old", "new")`, but for who has signed."""
    digest = hashlib.sha256(key("old").modulus).digest()
    signed = to_sign(Succession(7, FROM_MS, UNTIL_MS, digest, new or key("new").modulus, b"", b""))
    signatures = by_old.sign(signed), by_new.sign(signed)
    return encode(Succession(7, FROM_MS, UNTIL_MS, digest, new or key("new").modulus, *signatures))


class Box:
    def __init__(self, folder: Path) -> None:
        self.files = Files(Folder(folder))
        self.files.write_plain("/fleet.key", key("old").modulus.hex().encode())

    def told(self, data: bytes, utc: tuple[int, int] | None = NOW) -> str | None:
        return asyncio.run(succession.take(self.files, data, utc))

    def trusts(self) -> str:
        trusted = bytes.fromhex((self.files.read_plain("/fleet.key") or b"").decode())
        return {key(name).modulus: name for name in ("old", "new", "third")}[trusted]


@pytest.fixture
def box(tmp_path):
    return Box(tmp_path)


def test_a_box_trusts_the_key_that_its_own_has_named(box):
    assert succession.mark(box.files) == key("old").fingerprint[:16]
    assert box.told(document("old", "new")) is None
    assert box.trusts() == "new"
    assert succession.mark(box.files) == key("new").fingerprint[:16]


def test_told_again_nothing_changes_and_it_is_no_error(box):
    assert box.told(document("old", "new")) is None
    assert box.told(document("old", "new")) is None
    assert box.trusts() == "new"


def test_a_chain_is_followed_in_its_order_and_the_first_key_counts_no_more(box):
    assert box.told(document("new", "third", 8)) == "key_other"
    assert box.told(document("old", "new", 7)) is None
    assert box.told(document("old", "third", 9)) == "key_other"
    assert box.told(document("new", "third", 8)) is None
    assert box.trusts() == "third"


def test_a_box_that_was_flashed_with_the_old_key_again_follows_again(box):
    assert box.told(document("old", "new")) is None
    box.files.write_plain("/fleet.key", key("old").modulus.hex().encode())
    assert box.told(document("old", "new", 6)) == "key_replayed"
    assert box.told(document("old", "new")) is None
    assert box.trusts() == "new"


@pytest.mark.parametrize("serial", [1, 7, 8])
def test_what_was_replayed_is_refused_even_where_the_old_key_is_back(box, serial):
    replayed = document("old", "new", 7)
    assert box.told(replayed) is None
    assert box.told(document("new", "old", 8)) is None
    assert box.told(replayed) == "key_replayed"
    assert box.told(document("old", "new", serial)) == "key_replayed"
    assert box.trusts() == "old"
    assert box.told(document("old", "new", 9)) is None


@pytest.mark.parametrize(
    "refused, make",
    [
        ("key_other", lambda: document("third", "new")),
        ("key_same", lambda: document("old", "old")),
        ("key_signature", lambda: signed_by(key("third"), key("new"))),
        ("key_signature", lambda: signed_by(key("new"), key("new"))),
        ("key_unproven", lambda: signed_by(key("old"), key("old"))),
        ("key_unproven", lambda: signed_by(key("old"), key("new"), b"\xff" * 256)),
        ("key_signature", lambda: document("old", "new").replace(b" 7 ", b" 8 ")),
        ("key_signature", lambda: document("old", "new").replace(b" 1858072000000 ", b" 1858072000001 ")),
        ("key_form", lambda: b""),
        ("key_form", lambda: b"\xc3" * 3072),
        ("key_form", lambda: document("old", "new")[:-1]),
        ("key_form", lambda: document("old", "new") + b"\n"),
        ("key_form", lambda: b"1 manifest 1 1 x y 1\n"),
        ("key_early", lambda: document("old", "new", from_ms=NOW[1] + 1)),
        ("key_expired", lambda: document("old", "new", from_ms=1, until_ms=NOW[0] - 1)),
    ],
)
def test_what_is_refused_changes_nothing_and_is_told_by_name(box, refused, make):
    before = sorted(path.name for path in box.files.fs.root.iterdir())
    assert box.told(make()) == refused
    assert box.trusts() == "old"
    assert sorted(path.name for path in box.files.fs.root.iterdir()) == before


def test_every_bit_of_a_signature_counts(box):
    good = document("old", "new")
    for at in range(len(good) - 680, len(good) - 1, 97):
        other = good[:at] + (b"A" if good[at : at + 1] != b"A" else b"B") + good[at + 1 :]
        assert box.told(other) in ("key_signature", "key_unproven", "key_form")
    assert box.trusts() == "old"


@pytest.mark.parametrize("utc", [None, (0, FROM_MS), (UNTIL_MS, 2 * UNTIL_MS), (0, 2 * UNTIL_MS)])
def test_a_time_that_may_be_right_refuses_nothing(box, utc):
    assert box.told(document("old", "new"), utc) is None


def test_a_box_without_a_key_takes_none(tmp_path):
    files = Files(Folder(tmp_path))
    assert succession.mark(files) is None
    assert asyncio.run(succession.take(files, document("old", "new"), NOW)) == "key_other"


def test_a_flash_that_takes_nothing_leaves_the_old_key_and_the_next_telling_ends_it(box):
    box.files.fs.is_full = True
    with pytest.raises(OSError, match="full"):
        box.told(document("old", "new"))
    assert box.trusts() == "old"
    box.files.fs.is_full = False
    assert box.told(document("old", "new")) is None
    assert box.trusts() == "new"


def test_what_lies_there_of_another_fleet_is_removed(box):
    box.files.write("/fleet.next", document("third", "new"))
    succession.finish(box.files)
    assert box.trusts() == "old"
    assert not (box.files.fs.root / "fleet.next").exists()


@pytest.mark.parametrize("prog_bytes", [32, 256])
def test_a_cut_at_any_operation_leaves_the_old_key_or_the_new_one(tmp_path, prog_bytes):
    given = {"old": key("old").modulus.hex(), "new": key("new").modulus.hex(), "text": document("old", "new").decode()}
    given["back"] = document("new", "old", 6).decode()
    (tmp_path / "given.json").write_text(json.dumps(given))
    paths = f"{build()}:{ROOT / 'scripts' / 'spool'}:{HERE.parent / 'settings'}"
    script = [HERE / "succession_cuts.py", tmp_path / "given.json", str(prog_bytes)]
    done = run_micropython(script, heap="16M", path=paths, cwd=HERE)
    assert done.returncode == 0, done.stdout.decode()[-2000:] + done.stderr.decode()
    counts = json.loads(done.stdout.splitlines()[-1])
    assert counts["images"] == 5 * counts["operations"] > 60, counts


# The whole box


class Wall:
    """A box with a gateway that gives it commands and firmware."""

    def __init__(self, there: Place) -> None:
        self.there, self.number = there, 0

    async def tell(self, text: str) -> tuple[str, dict]:
        """-> (outcome, body)"""
        while True:
            self.number += 1
            self.there.gateway.publish("command", order(self.number, "succession", text=text), qos=1)
            said = await answered(self.there, self.number)
            body = json.loads(said.body)
            if body != {"code": "no_beacon"}:  # it has not heard yet what time it is at the gateway
                return said.outcome, body


def by(signer: FleetKey, version: int, **more: bytes) -> dict[str, bytes]:
    files = {path: data for path, data in release(version, **more).items() if path != "manifest"}
    return {"manifest": manifest_of(files, ["linux"], Release(version, 0, f"v{version}"), signer), **files}


def from_ours(serial: int = 7) -> str:
    return make_succession(KEY, key("new"), serial, FROM_MS, UNTIL_MS).decode()


@asynccontextmanager
async def wall(folder: Path) -> AsyncIterator[Wall]:
    async with place(folder, system_image(release(1))) as (there, _):
        there.gateway.client.subscribe(f"{topics.PREFIX}/box/+/result", 1)
        await there.status(firmware_version=1, fleet_key=KEY.fingerprint[:16])
        yield Wall(there)


async def test_a_box_follows_the_fleets_key_and_takes_firmware_of_the_new_one_alone(tmp_path):
    new = key("new").fingerprint[:16]
    async with wall(tmp_path) as box:
        there = box.there
        there.offer(by(key("new"), 2), 2)
        await there.box.event("update", state="refused", code="signature")
        forged = make_succession(key("third"), key("new"), 7, FROM_MS, UNTIL_MS).decode()
        for text, code in ((forged, "key_other"), ("x" * 900, "key_form"), ("x" * 1900, "argument_range")):
            outcome, body = await box.tell(text)
            assert (outcome, body["code"]) == ("refused", code)
        told = await there.status(fleet_key=KEY.fingerprint[:16], firmware_version=1)
        await there.gateway.until(lambda: "command_key_form" in there.gateway.statuses[-1].get("counters", {}))
        assert await box.tell(from_ours()) == ("done", {"fleet_key": new})
        told = await there.status(fleet_key=new, firmware_version=1)
        assert "firmware_refused" not in told
        assert await box.tell(from_ours().strip()) == ("done", {"fleet_key": new})
        assert await box.tell(from_ours(6)) == ("refused", {"code": "key_replayed"})
        there.offer(by(KEY, 3), 3)
        await there.box.event("update", state="refused", code="signature", version=3)
        there.offer(by(key("new"), 2), 2)
        await there.status(firmware_version=2, fleet_key=new)
        assert await box.tell(from_ours(8)) == ("refused", {"code": "key_other"})


async def test_an_update_that_the_old_key_signed_is_dropped_with_it_and_not_begun_again(tmp_path):
    async with wall(tmp_path) as box:
        there = box.there
        there.holds_after = 2
        there.offer(by(KEY, 2, note_bin=b"a file more " * 3000), 2)
        await there.status(update="files")
        assert (await box.tell(from_ours()))[0] == "done"
        there.holds_after = 10**9
        await there.status(update="idle", firmware_version=1)
        there.offer(by(KEY, 2, note_bin=b"a file more " * 3000), 2)
        await there.box.event("update", state="refused", code="signature")
        await there.status(firmware_version=1, fleet_key=key("new").fingerprint[:16])
        assert there.volume().state().get("active", "a") == "a"


@pytest.mark.parametrize("is_changed", [False, True])
async def test_a_change_that_a_power_cut_broke_off_is_ended_at_the_next_start(tmp_path, is_changed):
    volume = Volume(system_image(release(1)))
    volume.write("/fleet.next", sealed(from_ours().encode()))
    if is_changed:
        volume.write("/fleet.key", key("new").modulus.hex().encode())
    async with place(tmp_path, volume.image()) as (there, _):
        await there.status(fleet_key=key("new").fingerprint[:16])
        found = there.volume().files()
        assert "/fleet.next" not in found
        assert found["/fleet.last"] == sealed(from_ours().encode())
