"""A second authority beside the first, and later alone: what a box takes, what it refuses, and that a gateway can
change its authority without anybody touching a box."""

import asyncio
import base64
import json
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from firmware.files import Files
from firmware.provision import identity, trust
from firmware.wire import topics
from scripts.bundle import bundle, image
from scripts.bundle.bundle import Release
from scripts.firmware_build import build
from scripts.provisioning.code import make_code
from scripts.provisioning.key import FleetKey
from scripts.sim.reader import SimReader
from tests.firmware.commands.test_box import answered, heard, order
from tests.firmware.link.certs import NAME, Ca
from tests.firmware.link.rig import BOX, Broker, Gateway
from tests.firmware.provision.folder import Folder, random_bytes
from tests.firmware.settings.boxes import Place, SystemBox

OLD, NEW, THIRD = Ca(), Ca(), Ca("another name")


def mark(ca: Ca) -> str:
    return sha256(ca.der).hexdigest()[:8]


def text(der: bytes) -> str:
    return base64.b64encode(der).decode()


# The rules


def test_a_certificate_is_taken_from_its_text():
    assert trust.der_of(text(OLD.der)) == OLD.der


@pytest.mark.parametrize(
    "given",
    [
        "",
        "AAAA",
        "not base64 at all!",
        text(b"0\x82\x00\x10" + b"x" * 15),
        text(b"0\x82\x00\x10" + b"x" * 17),
        text(OLD.der[:-1]),
        text(OLD.der + b"\x00"),
        text(OLD.der + NEW.der),
        text(OLD.der) + "\n",
        " " + text(OLD.der),
        text(OLD.der).replace("=", "").replace("M", "-", 1),
        OLD.certificate.public_bytes(Encoding.PEM).decode(),
    ],
)
def test_what_is_not_one_whole_certificate_in_base64_is_none(given):
    assert trust.der_of(given) is None


class Door:
    """A gateway that shows what `ca` has signed."""

    class Failed(Exception):
        pass

    def __init__(self, ca: Ca | None = None) -> None:
        self.ca = ca
        self.opened: list[tuple[bytes, ...]] = []
        self.closed = 0

    async def open(self, cas: tuple[bytes, ...]) -> "Door":
        self.opened.append(cas)
        return self

    async def send(self, parts: list[bytes], limit_ms: int) -> None:
        if self.ca is None or self.ca.der not in self.opened[-1]:
            raise self.Failed

    def close(self) -> None:
        self.closed += 1


def settle(cas: tuple[Ca, ...], ca: Ca, is_only: bool = False, session: Ca = OLD, door: Door | None = None):
    signer = sha256(session.der).digest()
    ders = tuple(one.der for one in cas)
    wanted, code = asyncio.run(trust.settle(ders, ca.der, is_only, signer, door or Door(), 1000))
    return code or tuple(one for one in (OLD, NEW, THIRD) for der in wanted if one.der == der)


@pytest.mark.parametrize(
    "cas, ca, is_only, wanted",
    [
        ((OLD,), NEW, False, (OLD, NEW)),
        ((OLD,), OLD, False, (OLD,)),
        ((OLD, NEW), NEW, False, (OLD, NEW)),
        ((OLD, NEW), OLD, True, (OLD,)),
        ((OLD, NEW), THIRD, False, "two_already"),
        ((OLD, NEW), NEW, True, "not_proven"),
        ((OLD,), NEW, True, "not_proven"),
        ((OLD, NEW), THIRD, True, "not_proven"),
    ],
)
def test_what_is_trusted_from_now_on(cas, ca, is_only, wanted):
    assert settle(cas, ca, is_only) == wanted


def test_a_gateway_that_shows_it_now_proves_it_on_a_connection_that_trusts_nothing_else():
    door = Door(NEW)
    assert settle((OLD, NEW), NEW, True, door=door) == (NEW,)
    assert (door.opened, door.closed) == ([(NEW.der,)], 1)
    assert settle((OLD, NEW), NEW, True, session=NEW, door=Door()) == (NEW,)


def placed(folder: Path, port: int = 8883) -> Files:
    files = Files(Folder(folder))
    known = identity.load(files, BOX)
    code = make_code(FleetKey.make(), OLD.der, gateway=NAME, host="127.0.0.1", port=port)
    known.take(code, random_bytes)
    known.enrolled(OLD.der)
    return files


def test_two_authorities_are_kept_through_a_change_of_the_password_and_end_with_a_new_code(tmp_path):
    files = placed(tmp_path)
    known = identity.load(files, BOX)
    known.trust((OLD.der, NEW.der))
    known.rotate(random_bytes)
    known.rotated()
    assert identity.load(files, BOX).now.cas() == (OLD.der, NEW.der)
    known.trust((NEW.der,))
    assert identity.load(files, BOX).now.cas() == (NEW.der,)
    known.trust((NEW.der, THIRD.der))
    known.take(make_code(FleetKey.make(), THIRD.der, gateway="gw-2"), random_bytes)
    assert identity.load(files, BOX).now.cas() == (NEW.der, THIRD.der)
    known.enrolled(THIRD.der)
    assert identity.load(files, BOX).now.cas() == (THIRD.der,)


# The whole box


class Wall(Place):
    """A box that has its place, at a broker whose certificate changes."""

    folder: Path
    number = 0

    async def ask(self, ca: Ca | str, number: int = 0, **more: object) -> tuple[str, dict]:
        """-> (outcome, body)"""
        self.number = number or self.number + 1
        given = {"ca": text(ca.der) if isinstance(ca, Ca) else ca, **more}
        times = 1 + len([word for word, data in self.gateway.mail if f"{self.number:012x}".encode() in data])
        self.say("command", order(self.number, "trust", **given))
        result = await answered(self, self.number, times)
        return result.outcome, json.loads(result.body)

    def papers(self, ca: Ca) -> None:
        shown = ca.issue(self.folder)
        for new, name in ((shown.certificate_file, "broker.crt"), (shown.key_file, "broker.key")):
            new.replace(self.folder / name)

    async def show(self, ca: Ca) -> None:
        """The broker starts anew with a certificate by this authority."""
        self.papers(ca)
        await self.broker.kill()
        await self.broker.start()


@asynccontextmanager
async def wall(folder: Path) -> AsyncIterator[Wall]:
    shown = OLD.issue(folder)
    shown.certificate_file = shown.certificate_file.rename(folder / "broker.crt")
    shown.key_file = shown.key_file.rename(folder / "broker.key")
    broker = Broker(folder, shown=shown)
    await broker.start()
    gateway = await Gateway(broker.port).ready()
    gateway.client.on_connect = lambda client, *_: client.subscribe(f"{topics.PREFIX}/box/+/+", 1)
    box = SystemBox(folder, broker.tls_port, link={"connect_ms": 2000, "no_gateway_after_ms": 1000})
    settings = json.loads(box.config.read_text())
    del settings["password"]
    box.config.write_text(json.dumps(settings))
    box._broker = "-"
    (folder / "files").mkdir()
    identity_file = placed(folder / "files", broker.tls_port).read_plain("/id.a")
    box.system.write_bytes(await asyncio.to_thread(system_image, identity_file))
    try:
        async with SimReader(box.tty) as reader:
            there = Wall(broker, gateway, reader, box)
            there.folder = folder
            beacons = asyncio.create_task(there.beacons())
            await box.start()
            await box.event("reader", state="ready")
            await box.event("link", state="up")
            await heard(there)
            yield there
            beacons.cancel()
    finally:
        await box.kill()
        gateway.close()
        await broker.kill()


def system_image(identity_file: bytes) -> bytes:
    folder, key, release = build(), FleetKey.make(), Release(1, 0, "test")
    files = image.root_files(folder, "linux", bundle.make(folder, "linux", release, key), release, key.modulus)
    return image.make({**files, "id.a": identity_file}, 4 << 20, 32)


async def test_a_gateway_changes_its_authority_and_nobody_touches_the_box(tmp_path):
    async with wall(tmp_path) as there:
        box = there.box
        await there.status(trust=[mark(OLD)], trust_used=mark(OLD))
        assert await there.ask(NEW) == ("done", {"trust": [mark(OLD), mark(NEW)]})
        await there.status(trust=[mark(OLD), mark(NEW)], trust_used=mark(OLD))
        only = there.number + 1
        assert await there.ask(NEW, only, only=True) == ("refused", {"code": "not_proven"})
        await there.show(NEW)
        await box.event("link", times=2, state="up")
        await there.status(trust_used=mark(NEW))
        assert await there.ask(NEW, only, only=True) == ("done", {"trust": [mark(NEW)]})
        await there.status(trust=[mark(NEW)])
        await there.show(OLD)
        await box.event("link", state="down", reason="tls_ca")
        await there.reader.show_codes([b"while the old one is shown"])
        await box.face("stored", seq=1)
        await there.show(NEW)
        await box.face("delivered", complete_to=1)
        await box.kill()
        await box.start()
        await box.event("link", state="up")
        await there.status(boot=2, trust=[mark(NEW)], trust_used=mark(NEW))


async def test_a_certificate_that_the_broker_takes_on_without_dropping_anybody_is_proof_enough(tmp_path):
    async with wall(tmp_path) as there:
        assert (await there.ask(NEW))[0] == "done"
        there.papers(NEW)
        there.broker._process.send_signal(signal.SIGHUP)
        async with asyncio.timeout(20):
            while (await there.ask(NEW, only=True))[0] != "done":
                await asyncio.sleep(0.1)
        await there.status(trust=[mark(NEW)], trust_used=mark(OLD))
        assert len([line for line in there.box.lines if line.get("state") == "up"]) == 1


async def test_what_no_box_should_trust_is_refused_by_name_and_changes_nothing(tmp_path):
    async with wall(tmp_path) as there:
        longest = text(b"0\x82\x04\x15" + b"x" * 1045)
        for given, more, refusal in (
            ("", {}, {"code": "argument_range", "key": "ca"}),
            (longest + "====", {}, {"code": "argument_range", "key": "ca"}),
            (longest, {}, {"code": "argument_form"}),
            (text(OLD.der[:-1]), {}, {"code": "argument_form"}),
            (text(OLD.der[:40] + b"\x00" + OLD.der[41:]), {}, {"code": "argument_form"}),
            (NEW, {"only": 1}, {"code": "argument_type", "key": "only"}),
            (NEW, {"only": "yes"}, {"code": "argument_type", "key": "only"}),
            (NEW, {"and": 1}, {"code": "argument_unknown", "key": "and"}),
            (NEW, {"only": True}, {"code": "not_proven"}),
        ):
            assert await there.ask(given, **more) == ("refused", refusal)
        assert there.told()["trust"] == [mark(OLD)]
        assert text(NEW.der)[:64].encode() not in there.box.system.read_bytes()
        assert (await there.ask(NEW))[0] == "done"
        assert text(NEW.der)[:64].encode() in there.box.system.read_bytes()
        assert await there.ask(THIRD) == ("refused", {"code": "two_already"})
        assert await there.ask(OLD) == ("done", {"trust": [mark(OLD), mark(NEW)]})
        assert await there.ask(OLD, only=True) == ("done", {"trust": [mark(OLD)]})
