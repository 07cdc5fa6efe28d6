"""The whole way of a scan but the box's firmware: real broker, gateway as a process, real server, killed at will."""

import base64
import contextlib
import random
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import cast

import httpx
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from firmware.wire import envelope, record, ruling, topics
from scripts.sim import compiled, known_again
from tests.gateway import sealing
from tests.gateway.brokers import ROOT, RealBroker, free_port, password_of
from tests.gateway.gateways import DEFAULT_TIME, RealGateway, wait_for
from tests.gateway.people import Box, Person

BOXES = ["box-a", "box-b"]
WATCHER = "box-w"
READER_TOKEN = "token-of-a-reader"
QUICK = (
    DEFAULT_TIME
    + "[upload]\ntimeout_s = 2.0\nfirst_wait_s = 0.1\nlongest_wait_s = 0.5\ndenied_wait_s = 0.5\n"
    + "[downlink]\nreport_s = 0.5\npoll_s = 2.0\n"
)
"""What takes minutes at a market takes seconds here."""
SMALL = "[buffer]\nmin_free_bytes = 1000000\nballast_bytes = 262144\nsegment_bytes = 1048576\n"

START_S = 90
"""A busy machine takes so long to start a server; one that ends meanwhile is seen at once."""


class RealServer:
    """`python -m server` on a folder and a port that stay."""

    def __init__(self, folder: Path, boxes: list[str], chain_file: Path | None = None) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self.port = free_port()
        self.form = "https" if chain_file else "http"
        write_private(folder / "sealing.key")
        self.config = folder / "server.toml"
        chain = f'tls_chain_file = "{chain_file}"\n' if chain_file else ""
        names = ", ".join(f'"{box}"' for box in boxes)
        self.config.write_text(
            f'listen = "127.0.0.1:{self.port}"\ndata_dir = "data"\nsealing_key_files = ["sealing.key"]\n{chain}'
            f'[[gateways]]\nid = "gw-1"\ntoken_sha256 = "{_digest("token-of-the-gateway")}"\nboxes = [{names}]\n'
            f'[[readers]]\nname = "tests"\ntoken_sha256 = "{_digest(READER_TOKEN)}"\n'
        )
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"{self.form}://127.0.0.1:{self.port}"

    def start(self) -> "RealServer":
        with open(self.folder / "server.log", "ab") as log:
            command = [sys.executable, "-m", "server", "--config", str(self.config)]
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        try:
            wait_for(self.is_well, START_S)
        except BaseException:  # nobody else would end it
            self.process.kill()
            self.process.wait()
            raise
        return self

    def is_well(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, (self.folder / "server.log").read_text()[-2000:]
        try:
            return self._get("/healthz").status_code == 200
        except httpx.HTTPError:
            return False

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def _get(self, path: str, **asked: object) -> httpx.Response:
        headers = {"Authorization": f"Bearer {READER_TOKEN}"}
        with httpx.Client(verify=False, timeout=30, trust_env=False) as http:
            return http.get(self.url + path, params=asked, headers=headers)  # type: ignore[arg-type]

    def lines(self, path: str, **asked: object) -> list[dict[str, object]]:
        answer = self._get(path, **asked).raise_for_status()
        return [httpx.Response(200, text=line).json() for line in answer.text.splitlines()]

    def accounts(self) -> dict[tuple[str, str], dict[str, object]]:
        """The ledger of each spool."""
        found = self._get("/api/v1/ledger").raise_for_status().json()
        return {(one["box_id"], one["epoch"]): one for one in found["ledgers"]}

    def digest_key(self) -> bytes:
        """What it makes digests of records with."""
        return bytes.fromhex((self.folder / "data" / "keys" / "digest.key").read_text())

    def scans(self, box_id: str, epoch: str) -> list[dict[str, object]]:
        """Every scan of one spool, each once for each time that it is there."""
        found: list[dict[str, object]] = []
        while True:
            after = found[-1]["seq"] if found else 0
            page = self.lines("/api/v1/scans", box=box_id, epoch=epoch, after_seq=after, limit=50_000)
            found += page
            if len(page) < 50_000:
                return found


class Whole:
    """`data_on`: a folder on another disk for the gateway's data. What is in `trouble` happens to its disk."""

    def __init__(
        self,
        folder: Path,
        more: str = "",
        url: str = "",
        data_on: Path | None = None,
        chain_file: Path | None = None,
        boxes: list[str] = BOXES,
    ) -> None:
        self.folder = folder
        self.broker = RealBroker(folder / "broker", [*boxes, WATCHER]).start()
        self.server = RealServer(folder / "server", boxes, chain_file)
        self.gateway = RealGateway(
            folder / "gateway", self.broker, url or self.server.url, more=QUICK + (more or SMALL)
        )
        if data_on is not None:
            (folder / "gateway" / "data").symlink_to(data_on)
        self._trouble = folder / "trouble"
        self.gateway.environment = {
            "LD_PRELOAD": str(compiled.shared(ROOT / "scripts/sim/disk_shim.c", folder)),
            "DISK_FOLDER": str(data_on or folder / "gateway" / "data"),
            "DISK_TROUBLE": str(self._trouble),
        }
        self.boxes = [Box(name, password_of(name), self.broker.port) for name in boxes]
        self.made: dict[tuple[str, int], bytes] = {}
        """Code of every scan, by box and number."""

    def trouble(self, what: str) -> None:
        """`full`, `readonly`, `error`, `slow N`, or nothing: from now on."""
        fresh = self._trouble.with_suffix(".new")
        fresh.write_text(what)
        fresh.replace(self._trouble)

    def connect(self) -> None:
        for box in self.boxes:
            box.connect()
        wait_for(lambda: all(box.connected for box in self.boxes))

    def scan(self, count: int, draw: random.Random, bytes_each: int = 110) -> None:
        for _ in range(count):
            box = draw.choice(self.boxes)
            code = b"%d " % (len(self.made) + 1) + draw.randbytes(bytes_each).hex().encode()[:bytes_each]
            self.made[box.box_id, box.scan(code)] = code

    def until_acked(self, timeout_s: float = 30.0) -> None:
        """What the boxes keep they send again, as boxes do, until it is acknowledged."""
        give_up_s = time.monotonic() + timeout_s
        while any(box.kept for box in self.boxes):
            assert time.monotonic() < give_up_s, [len(box.kept) for box in self.boxes]
            for box in self.boxes:
                if not box.connected:
                    box.connect()
                box.say_hello()
                box.resend()
            patience_s = time.monotonic() + 1.0
            while any(box.kept for box in self.boxes) and time.monotonic() < patience_s:
                time.sleep(0.01)

    def acknowledged(self) -> set[tuple[str, int]]:
        kept = {(box.box_id, seq) for box in self.boxes for seq in box.kept}
        return self.made.keys() - kept

    def until_delivered(self, timeout_s: float = 40.0) -> None:
        """The ledger closes: the server has each scan once, with the code that was shown, and lacks none."""

        def closed() -> bool:
            accounts = self.server.accounts()
            of = [accounts.get((box.box_id, box.epoch)) for box in self.boxes if box.last_seq]
            last = [box.last_seq for box in self.boxes if box.last_seq]
            return all(one is not None and one["complete_to"] == seq for one, seq in zip(of, last, strict=True))

        wait_for(closed, timeout_s)
        there: list[tuple[str, int]] = []
        for box in self.boxes:
            for one in self.server.scans(box.box_id, box.epoch):
                there.append((box.box_id, int(str(one["seq"]))))
                assert self.is_of(one, self.made[there[-1]]), there[-1]
        assert len(there) == len(self.made), "something is there twice, or is not"
        assert set(there) == self.made.keys()
        assert self.server.lines("/api/v1/quarantine", after_id=0) == []
        assert [box.wrong for box in self.boxes] == [[] for _ in self.boxes]

    def is_of(self, one: dict[str, object], code: bytes) -> bool:
        """Whether what the server has of a scan is the record that a box made of this code, bit for bit: by the digest
        of the whole record, and by the record itself where its code is nobody's and was kept."""
        raw = base64.b64decode(str(one["raw"]))
        counted = raw if one["code"] is None else envelope.encode_counted(cast(record.Scan, record.decode(raw)))
        made = known_again.made_of(counted, code, str(one["digest"]), self.server.digest_key())
        return made is not None and (one["code"] is None or raw == made)

    def end(self) -> None:
        for box in self.boxes:
            box.disconnect()
        self.gateway.kill()
        self.server.kill()
        self.broker.kill()


class Watcher:
    """Sees what is said to all boxes."""

    def __init__(self, whole: Whole) -> None:
        self._person = Person(whole.broker.port, WATCHER, password_of(WATCHER))
        self._person.subscribe(topics.NOTICE)

    def until(self, state: str, timeout_s: float = 15.0) -> None:
        give_up_s = time.monotonic() + timeout_s
        while ruling.decode_notice(self._person.next(timeout_s)[1]).state != state:
            assert time.monotonic() < give_up_s, f"no notice {state}"

    def leave(self) -> None:
        self._person.leave()


@contextlib.contextmanager
def scanning(whole: Whole, every_s: float = 0.02, seed: int = 1) -> Iterator[None]:
    """People come meanwhile."""
    over, draw = threading.Event(), random.Random(seed)

    def scan() -> None:
        while not over.wait(every_s):
            whole.scan(1, draw)

    thread = threading.Thread(target=scan)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@contextlib.contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """A file system of that size."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
        shutil.rmtree(folder, ignore_errors=True)


def write_private(path: Path) -> None:
    """The key that opens what the gateways of these tests seal."""
    path.write_text(sealing.PRIVATE.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()).hex() + "\n")
    path.chmod(0o600)


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()
