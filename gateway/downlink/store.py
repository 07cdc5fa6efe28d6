"""Wishes and results as files: the gateway reads what the command line wrote a moment ago, and the other way round.

    settings/<box_id>.json      what is wished of a box's settings: version, settings
    commands/<id>.json          a command that is not answered yet
    results/<id>.json, .log     what came of it
    firmware/<version>/         a bundle: the manifest and its files
    wanted.json                 which version for which box ("*": for every box), the latest last
    server.json and others      what came from the server: central.py

1. Every file is written whole and synced, one writer at a time (a lock on the folder), so that a power cut leaves the
   wish as it was or as it is.
2. Settings are numbered upwards, past whatever the box says it has: another content never has a number that was used.
3. A deadline is on this machine's monotonic clock of this boot; what was given before a restart of the machine has
   expired.
4. Results are bounded in number and bytes: the oldest go.
5. What cannot be read is no wish; it is named in `damaged`.
6. Two wish: this machine's command line and the server. Of a box's settings the higher version counts (the server's,
   where both have the same). Of firmware the server's word counts where it names a version for that box, else that of
   the command line for that box, else that for every box. Commands of both are given.
7. A version of firmware that the server wishes is the one with the manifest that it names; another one under that
   number is not offered (`mismatched`).
"""

import json
import secrets
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from firmware.wire import command, fields, settings
from firmware.wire.command import Command
from firmware.wire.errors import WireError
from firmware.wire.fields import MS_MAX, U32_MAX
from firmware.wire.settings import Settings
from gateway import files
from gateway.downlink import bundle, central
from gateway.downlink.bundle import Bundle, BundleError
from gateway.downlink.central import Central
from gateway.downlink.desired import Asked

EVERY_BOX = "*"
QUIET_NS = 2_000_000_000
"""Only what has not been changed for so long is taken to be as it was: two changes may bear the same time."""
READ_EVERY = 60
"""At the latest so many looks later everything is read all the same: somebody may have edited a file in its place."""
MOST_COMMANDS = 1_000
MOST_OF_A_BOX = 16
MOST_RESULTS = 1_000
MOST_RESULT_BYTES = 16 * 1024 * 1024
MOST_WANTED = 32
"""So far back goes what was wanted before."""


class StoreError(Exception):
    """A wish that cannot be kept; `code` is stable: `box`, `command`, `argument`, `settings`, `version`, `too_many`."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code


class Order(NamedTuple):
    """A command as it was given."""

    id: str
    box_id: str
    name: str
    argument: str
    """A JSON object, or nothing."""
    gateway_boot: str
    deadline_ms: int

    def on_the_wire(self) -> Command:
        argument = self.argument.encode()
        return Command(self.box_id, self.id, self.gateway_boot, self.deadline_ms, self.name, argument)


class Wishes(NamedTuple):
    """All that is wished, at one moment."""

    settings: Mapping[str, Settings]
    orders: Mapping[str, Order]
    wanted: Mapping[str, int]
    """box_id or "*" -> version; 0: none."""
    bundles: Mapping[int, Bundle]
    asked: Sequence[Asked] = ()
    """Commands of the server's that are not answered yet, in its order."""
    updates_at_once: int | None = None
    """As the server wishes it."""
    mismatched: Sequence[int] = ()
    """Versions that are here with another manifest than the server's."""

    def wanted_by(self, box_id: str) -> int | None:
        """The version that this box should have; 0: none any more; None: nobody ever said."""
        return self.wanted.get(box_id, self.wanted.get(EVERY_BOX))


NO_WISHES = Wishes({}, {}, {}, {})


class Store:
    """The folder; every method blocks for the disk and may raise OSError."""

    def __init__(self, folder: Path, fleet_key: bytes | None, gateway_id: str = "") -> None:
        """`gateway_id`: whose wishes of the server's count; without it none do."""
        self._folder = folder
        self._fleet_key = fleet_key
        self.central = Central(folder, fleet_key, gateway_id)
        self._cache: dict[Path, tuple[tuple[int, int, int], Any]] = {}
        self._lock = threading.Lock()
        self._unreadable: list[str] = []
        self._latest: tuple[tuple[int, ...], Wishes] | None = None
        self._since_read = 0
        self.damaged: list[str] = []

    # --- reading

    def wishes(self) -> Wishes:
        """What is there now; files that are as they were are not read again. Two tasks ask, each in its thread."""
        with self._lock:
            mark = self._mark()
            self._since_read += 1
            if self._latest is not None and self._latest[0] == mark and self._since_read < READ_EVERY:
                return self._latest[1]
            self._unreadable = []
            found = self._wishes()
            self.damaged, self._since_read = self._unreadable, 0
            is_quiet = all(time.time_ns() - changed_ns > QUIET_NS for changed_ns in mark)
            self._latest = (mark, found) if is_quiet else None
            return found

    def _mark(self) -> tuple[int, ...]:
        """When each folder was changed last: whatever is written is renamed into one of them."""
        times = []
        for name in ("", "settings", "commands", "firmware"):
            try:
                times.append((self._folder / name).stat().st_mtime_ns)
            except FileNotFoundError:
                times.append(0)
        return tuple(times)

    def _wishes(self) -> Wishes:
        wished = {one.box_id: one for one in self._each("settings", _settings_of)}
        orders = {one.id: one for one in self._each("commands", _order_of)}
        bundles = {one.version: one for one in self._bundles()}
        theirs = self.central.desired()
        if self.central.is_damaged:
            self._unreadable.append(central.NAME)
        for box_id, one in theirs.settings.items():
            if box_id not in wished or wished[box_id].version <= one.version:
                wished[box_id] = one
        odd = [
            version
            for version, listed in theirs.bundles.items()
            if version in bundles and bundles[version].manifest_sha256 != listed.manifest_sha256
        ]
        done = self.central.done() if theirs.commands else {}
        asked = [one for one in theirs.commands if one.id not in done]
        wanted = _wanted_of(self.wanted(), theirs.firmware, odd)
        return Wishes(wished, orders, wanted, bundles, asked, theirs.updates_at_once, odd)

    def wanted(self) -> dict[str, int]:
        return {scope: versions[-1] for scope, versions in self._history().items()}

    def result(self, order_id: str) -> dict[str, Any] | None:
        """What came of a command; `text` is there for what was no JSON."""
        found = files.read_json(self._folder / "results" / f"{order_id}.json")
        log = self._folder / "results" / f"{order_id}.log"
        if found is not None and log.exists():
            found["text"] = log.read_bytes().decode(errors="replace")
        return found

    def settings_of(self, box_id: str) -> Settings | None:
        return _settings_of(self._folder / "settings" / f"{box_id}.json")

    # --- wishing

    def wish(self, box_id: str, text: bytes, reported: int = 0) -> Settings:
        """These settings for this box, from now on; `reported`: the highest version that the box has ever named."""
        _check_box(box_id)
        folder = self._folder / "settings"
        with files.locked(folder):
            before, theirs = self.settings_of(box_id), self.central.desired().settings.get(box_id)
            version = max([reported, *(one.version for one in (before, theirs) if one is not None)]) + 1
            if version > U32_MAX:
                raise StoreError("version", "there is no higher version")
            try:
                made = Settings(box_id, version, _compact(text))
                settings.encode(made)
            except WireError as error:
                raise StoreError("settings", f"not settings: {error}") from error
            files.write_json(folder / f"{box_id}.json", {"v": 1, "version": version, "settings": json.loads(made.body)})
        return made

    def order(self, box_id: str, name: str, argument: str, gateway_boot: str, deadline_ms: int) -> Order:
        """Have a box told; the id is new."""
        _check_box(box_id)
        made = Order(secrets.token_hex(6), box_id, name, argument, gateway_boot, deadline_ms)
        try:
            command.encode(made.on_the_wire())
        except WireError as error:
            code = "argument" if error.code in ("json", "too_long") else "command"
            raise StoreError(code, f"not a command: {error}") from error
        except UnicodeError as error:
            raise StoreError("argument", "not a command: not UTF-8") from error
        folder = self._folder / "commands"
        with files.locked(folder):
            waiting = list(self._each("commands", _order_of))
            if len(waiting) >= MOST_COMMANDS or sum(one.box_id == box_id for one in waiting) >= MOST_OF_A_BOX:
                raise StoreError("too_many", "too many commands wait for their answer already")
            files.write_json(folder / f"{made.id}.json", {"v": 1} | made._asdict())
        return made

    def add(self, source: Path) -> Bundle:
        """Take a bundle in. Raises BundleError."""
        if self._fleet_key is None:
            raise BundleError("signature", "without `enrol.fleet_key_file` no signature can be checked")
        with files.locked(self._folder / "firmware"):
            return bundle.take_in(source, self._folder / "firmware", self._fleet_key)

    def want(self, version: int, scope: str = EVERY_BOX) -> None:
        """This firmware for a box, or for every box that nothing else was said for; 0: none."""
        if scope != EVERY_BOX:
            _check_box(scope)
        if version and version not in {one.version for one in self._bundles()}:
            raise StoreError("version", f"there is no firmware of version {version} here; add it first")
        with files.locked(self._folder):
            history = self._history()
            versions = history.get(scope, [])
            if versions[-1:] != [version]:
                history[scope] = [*versions, version][-MOST_WANTED:]
                files.write_json(self._folder / "wanted.json", history)

    def back(self, scope: str = EVERY_BOX) -> int:
        """What was wanted before, again; -> that version, 0: none."""
        with files.locked(self._folder):
            history = self._history()
            versions = history.get(scope, [])
            if not versions or versions == [0]:
                raise StoreError("version", "nothing was wanted before")
            history[scope] = versions[:-1] or [0]
            files.write_json(self._folder / "wanted.json", history)
            return history[scope][-1]

    # --- recording

    def finish(self, order: Order, outcome: str, body: bytes, keep_order: bool = False) -> None:
        """Keep what came of it, then forget the command, unless an answer may come yet. The same again is the same."""
        folder = files.make_folder(self._folder / "results")
        said, text = _body_of(order.name, body)
        record = {"v": 1, "outcome": outcome, "said": said, **order._asdict()}
        if text is not None:
            files.write(folder / f"{order.id}.log", text)
        files.write_json(folder / f"{order.id}.json", record)
        self.central.finish(order.id, outcome)
        if not keep_order:
            self.forget(order)
        _prune(folder)

    def forget(self, order: Order) -> None:
        files.remove(self._folder / "commands" / f"{order.id}.json")

    # --- inside

    def _history(self) -> dict[str, list[int]]:
        found = files.read_json(self._folder / "wanted.json") or {}
        history = {}
        for scope, versions in found.items():
            if isinstance(versions, list) and versions and all(_is_version(one) for one in versions):
                history[scope] = versions
        return history

    def _each(self, name: str, read: Any) -> Iterator[Any]:
        for path in sorted((self._folder / name).glob("*.json")):
            yield from self._cached(path, read)

    def _bundles(self) -> Iterator[Bundle]:
        for path in sorted((self._folder / "firmware").glob("*")):
            if path.name.isdigit():
                yield from self._cached(path, self._bundle_of)

    def _bundle_of(self, path: Path) -> Bundle | None:
        try:
            found = bundle.check(path, self._fleet_key or b"")
        except BundleError:
            return None
        return found if str(found.version) == path.name else None

    def _cached(self, path: Path, read: Any) -> Iterator[Any]:
        try:
            status = path.stat()
        except FileNotFoundError:  # it was taken away since the folder was listed
            return
        mark = status.st_ino, status.st_mtime_ns, status.st_size
        known = self._cache.get(path)
        if known is None or known[0] != mark:
            if len(self._cache) > 4 * MOST_COMMANDS:
                self._cache.clear()
            known = self._cache[path] = mark, read(path)
        if known[1] is None:
            self._unreadable.append(path.name)
        else:
            yield known[1]


def _check_box(box_id: str) -> None:
    try:
        fields.box_id(fields.to_bytes(box_id))
    except WireError as error:
        raise StoreError("box", f"not a box id: {box_id!r}") from error


def _compact(text: bytes) -> bytes:
    try:
        return json.dumps(
            json.loads(text.decode()), ensure_ascii=False, allow_nan=False, separators=(",", ":")
        ).encode()
    except (ValueError, RecursionError) as error:
        raise StoreError("settings", f"not JSON: {error}") from error


def _settings_of(path: Path) -> Settings | None:
    found = files.read_json(path)
    if found is None:
        return None
    try:
        made = Settings(
            path.name.removesuffix(".json"), found["version"], _compact(json.dumps(found["settings"]).encode())
        )
        settings.encode(made)
    except (KeyError, TypeError, WireError, StoreError):
        return None
    return made


def _order_of(path: Path) -> Order | None:
    found = files.read_json(path)
    if found is None or found.pop("v", None) != 1:
        return None
    try:
        made = Order(**found)
        command.encode(made.on_the_wire())
    except (TypeError, AttributeError, ValueError, WireError):
        return None
    return made if f"{made.id}.json" == path.name and made.deadline_ms <= MS_MAX else None


def _body_of(name: str, body: bytes) -> tuple[dict[str, Any] | None, bytes | None]:
    """-> (the object, or nothing; the text, where it is no object)."""
    if not body:
        return None, None
    if name != "fetch_log":
        try:
            said = json.loads(body.decode())
        except (ValueError, RecursionError):
            said = None
        if isinstance(said, dict):
            return said, None
    return None, body


def _prune(folder: Path) -> None:
    """The oldest go, answer and text together."""
    by_age = sorted(folder.glob("*.json"), key=lambda one: one.stat().st_mtime_ns, reverse=True)
    total_bytes = 0
    for number, path in enumerate(by_age):
        log = path.with_suffix(".log")
        total_bytes += path.stat().st_size + (log.stat().st_size if log.exists() else 0)
        if number >= MOST_RESULTS or total_bytes > MOST_RESULT_BYTES:
            files.remove(log)
            files.remove(path)


def _wanted_of(ours: Mapping[str, int], theirs: Mapping[str, int], odd: Sequence[int]) -> dict[str, int]:
    """Who wants which firmware, of two who wish."""
    wanted = dict(ours)
    for box_id, version in theirs.items():
        if version and version not in odd:
            wanted[box_id] = version
        elif not version and box_id not in ours and EVERY_BOX not in ours:
            wanted[box_id] = 0
    return wanted


def _is_version(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= U32_MAX
