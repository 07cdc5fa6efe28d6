"""What came from the server, as files beside the wishes of this machine.

    server.json          what the server wishes, as it said it
    done.json            its commands that are answered, as long as it names them
    fetched.json         which bundles came from it: those go again when nobody wants them
    firmware/<n>.part/   a bundle that is being put together

1. The wishes are one file, replaced as a whole: a power cut leaves those of before or those of now.
2. A command that is in done.json is not given again, however often the server names it.
3. A bundle gets onto the shelf when it is whole, signed and synced (bundle.py); until then nobody can want it.
"""

import shutil
from collections.abc import Mapping, Set
from pathlib import Path

from firmware.wire.fields import U32_MAX
from firmware.wire.manifest import Manifest
from gateway import files
from gateway.downlink import bundle, desired
from gateway.downlink.bundle import Bundle, BundleError
from gateway.downlink.desired import Desired, DesiredError

NAME = "server.json"


class Central:
    """Part of the store; every method blocks for the disk and may raise OSError."""

    def __init__(self, folder: Path, fleet_key: bytes | None, gateway_id: str) -> None:
        """`gateway_id`: whose wishes count; without it none do."""
        self._folder = folder
        self._shelf = folder / "firmware"
        self._fleet_key = fleet_key
        self._gateway_id = gateway_id
        self._read: tuple[tuple[int, int, int], Desired | None] | None = None

    @property
    def can_verify(self) -> bool:
        return self._fleet_key is not None

    def desired(self) -> Desired:
        """What the server wished last; nothing where it never did, or where that cannot be read."""
        return self._look() or desired.NOTHING

    @property
    def is_damaged(self) -> bool:
        return self._look() is None and self._read is not None

    def take(self, body: bytes) -> Desired:
        """These are the server's wishes from now on. Raises DesiredError."""
        taken = desired.decode(body, self._gateway_id)
        files.make_folder(self._folder)
        files.write(self._folder / NAME, body)
        done = self.done()
        named = {one.id for one in taken.commands}
        if done.keys() - named:
            self._write_done({one: outcome for one, outcome in done.items() if one in named})
        return taken

    def done(self) -> dict[str, str]:
        """id -> outcome"""
        found = files.read_json(self._folder / "done.json") or {}
        return {one: outcome for one, outcome in found.items() if isinstance(outcome, str)}

    def finish(self, order_id: str, outcome: str) -> None:
        """Not to be given again, if it is the server's."""
        if any(order_id == one.id for one in self.desired().commands):
            self._write_done(self.done() | {order_id: outcome})

    # --- bundles

    def signed(self, data: bytes) -> Manifest:
        """A manifest of the fleet's. Raises BundleError."""
        return bundle.signed(data, self._fleet_key or b"", "the server's manifest")

    def part(self, version: int) -> Path:
        """Where a bundle is put together."""
        return self._shelf / f"{version}.part"

    def shelve(self, version: int) -> Bundle:
        """What was put together is whole: check it, and have it on the shelf. Raises BundleError or OSError."""
        if self._fleet_key is None:
            raise BundleError("signature", "without `enrol.fleet_key_file` no signature can be checked")
        self._write_fetched({*self.fetched(), version})  # before: what is on the shelf and not noted stays for ever
        with files.locked(self._shelf):
            return bundle.shelve(self.part(version), self._shelf, self._fleet_key)

    def fetched(self) -> set[int]:
        found = files.read_json(self._folder / "fetched.json") or {}
        versions = found.get("versions")
        return {one for one in versions if _is_version(one)} if isinstance(versions, list) else set()

    def drop(self, keep: Set[int]) -> set[int]:
        """Take away what was fetched and is not to be kept, and what was begun of such; -> these versions."""
        gone = self.fetched() - keep
        for path in self._shelf.glob("*.part"):
            if not (path.stem.isdigit() and int(path.stem) in keep):
                shutil.rmtree(path, ignore_errors=True)
        if gone:
            with files.locked(self._shelf):
                for version in gone:
                    shutil.rmtree(self._shelf / str(version), ignore_errors=True)
            self._write_fetched(self.fetched() - gone)
        return gone

    # --- inside

    def _look(self) -> Desired | None:
        path = self._folder / NAME
        try:
            status = path.stat()
        except FileNotFoundError:
            self._read = None
            return None
        mark = status.st_ino, status.st_mtime_ns, status.st_size
        if self._gateway_id and (self._read is None or self._read[0] != mark):
            try:
                self._read = mark, desired.decode(path.read_bytes(), self._gateway_id)
            except DesiredError:
                self._read = mark, None
        return None if self._read is None else self._read[1]

    def _write_done(self, done: Mapping[str, str]) -> None:
        files.write_json(self._folder / "done.json", dict(done))

    def _write_fetched(self, versions: Set[int]) -> None:
        files.write_json(self._folder / "fetched.json", {"v": 1, "versions": sorted(versions)})


def _is_version(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= U32_MAX
