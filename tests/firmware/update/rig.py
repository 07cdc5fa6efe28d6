"""Bundles of a few small files, signed by a key of the moment, and a box that is offered them."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from firmware.wire import update
from scripts.bundle.bundle import Release, manifest_of
from scripts.firmware_build import ROOT, build, run_micropython
from scripts.provisioning.key import FleetKey

DRIVE = Path(__file__).with_name("drive.py")
BOX = "box-000001"
KEY = FleetKey.make()
FILES = {
    "link.pack": bytes(range(256)) * 9,
    "spool.pack": b"the spool is the same in every version" * 100,
    "firmware.pack": b"version one" * 150,
    "firmware/face/glyphs.bin": b"\x00\x7f" * 700,
}
NEWER = {
    "link.pack": bytes(reversed(range(256))) * 17,
    "spool.pack": FILES["spool.pack"],
    "firmware.pack": b"version two" * 160,
    "codes.pack": b"new" * 11,
}


def bundle(
    files: Mapping[str, bytes], version: int, floor: int = 0, boards: tuple[str, ...] = ("linux",), key: Any = KEY
) -> dict[str, bytes]:
    """A bundle as a gateway has it."""
    release = Release(version, floor, f"v{version}")
    return {"manifest": manifest_of(files, boards, release, key), **files}


def offer(files: Mapping[str, bytes], version: int, box_id: str = BOX, **other: Any) -> str:
    """The offer of a bundle, in hexadecimal."""
    manifest = files["manifest"]
    length = other.get("length", len(manifest))
    digest = other.get("sha256", hashlib.sha256(manifest).hexdigest())
    return update.encode_offer(update.Offer(box_id, version, length, digest)).hex()


def taken_back(box_id: str = BOX) -> str:
    return update.encode_offer(update.Offer(box_id, 0, 0, "")).hex()


OLD = bundle(FILES, 4, 2)
NEW = bundle(NEWER, 5, 3)
SLOT = {"active": "a", "good": "a", "floor": 2}


def on_volume(slot: str, files: Mapping[str, bytes]) -> dict[str, bytes]:
    return {f"/{slot}/{path}": data for path, data in files.items()}


class Story:
    """What lies on a box's volume before it is offered something."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.files = {**on_volume("a", OLD), "/fleet.key": KEY.modulus.hex().encode(), "/id.a": b"who I am"}
        self.case: dict[str, Any] = {"running": "a", "slot": dict(SLOT)}

    def run(self, messages: list[Any], serve: Mapping[str, bytes] = NEW, heap: str = "2M", **more: Any) -> "End":
        """Give the box what a gateway sends, each message when the one before has led to rest."""
        case = {
            **self.case,
            "files": {path: data.hex() for path, data in self.files.items()},
            "serve": {path: data.hex() for path, data in serve.items()},
            "messages": messages,
            "serve_next": {path: data.hex() for path, data in more.pop("serve_next", {}).items()},
            **more,
        }
        given, made = self._folder / "case.json", self._folder / "out.json"
        given.write_text(json.dumps(case))
        path = f"{build()}:{ROOT / 'scripts' / 'spool'}"
        done = run_micropython([DRIVE, given, made], heap, cwd=self._folder, path=path)
        assert done.returncode == 0, done.stderr.decode() + done.stdout.decode()
        return End(self, json.loads(made.read_text()))


class End:
    """What came of it."""

    def __init__(self, story: Story, result: dict[str, Any]) -> None:
        self.says: list[dict[str, Any]] = result["says"]
        self.counters: dict[str, int] = result["counters"]
        self.facts: dict[str, Any] = result["facts"]
        self.slot: dict[str, Any] = result["slot"]
        self.restarts: int = result["restarts"]
        self.wants: list[list[Any]] = result["wants"]
        self._files: dict[str, str] = result["files"]
        self._before = {path: hashlib.sha256(data).hexdigest() for path, data in story.files.items()}
        self._slot_before = story.case["slot"]

    @property
    def states(self) -> list[str]:
        return [said["state"] for said in self.says]

    @property
    def refused(self) -> Any:
        return self.facts.get("firmware_refused")

    def slot_is(self, slot: str, files: Mapping[str, bytes]) -> bool:
        found = {path: digest for path, digest in self._files.items() if path.startswith(f"/{slot}/")}
        return found == {path: hashlib.sha256(data).hexdigest() for path, data in on_volume(slot, files).items()}

    def is_untouched(self) -> bool:
        """Slots, key and identity are as they were, and /slot says the same. /manifest may hold what was looked at."""
        kept = {path: digest for path, digest in self._files.items() if path != "/manifest"}
        del kept["/slot"]
        return kept == self._before and self.slot == self._slot_before

    def switched(self, files: Mapping[str, bytes], slot: str = "b") -> bool:
        """The update is whole in its slot, and is what starts next."""
        is_whole = self.slot_is(slot, files) and self.states[-1] == "restarting" and self.restarts == 1
        return is_whole and self.slot["active"] == slot and self.slot["trial"] == 1 and self.slot["tries"] == 0
