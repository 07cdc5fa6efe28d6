"""A disk as a power cut may leave it, out of what recorder.c wrote down.

1. What was synced is there. A file's sync brings its content and size; a folder's sync brings names. (ext4 would bring
   a new file's name with its sync, and keep the order of names; nobody may count on that here.)
2. Of what was not synced since, anything may be there: nothing, all, one write alone, some writes, or each sector
   (512) or page (4096) as it was at a moment of its own. Of names: none, all, the first few, or any.
"""

from collections.abc import Iterator
from random import Random
from typing import NamedTuple

HEAD_BYTES = 21


class Call(NamedTuple):
    kind: str
    handle: int
    at: int
    one: bytes
    two: bytes


def calls(data: bytes) -> Iterator[Call]:
    at = 0
    while at + HEAD_BYTES <= len(data):
        kind, handle = chr(data[at]), int.from_bytes(data[at + 1 : at + 5], "little", signed=True)
        value = int.from_bytes(data[at + 5 : at + 13], "little", signed=True)
        first = int.from_bytes(data[at + 13 : at + 17], "little")
        second = int.from_bytes(data[at + 17 : at + 21], "little")
        at += HEAD_BYTES
        yield Call(kind, handle, value, data[at : at + first], data[at + first : at + first + second])
        at += first + second


class Change(NamedTuple):
    kind: str
    """W, T or A."""
    at: int
    data: bytes


class File:
    """What one file holds, under whatever names."""

    def __init__(self, synced: bytes = b"") -> None:
        self.synced = bytearray(synced)
        self.pending: list[Change] = []

    def sync(self) -> None:
        for change in self.pending:
            _apply(self.synced, change)
        self.pending.clear()

    def now(self) -> bytearray:
        data = bytearray(self.synced)
        for change in self.pending:
            _apply(data, change)
        return data


def _apply(data: bytearray, change: Change) -> None:
    kind, at, written = change
    if kind == "T":
        del data[at:]
    if kind == "W" and not written:
        return
    end = at + len(written)
    if end > len(data):
        data.extend(bytes(end - len(data)))
    if kind == "W":
        data[at:end] = written


class Naming(NamedTuple):
    """A change of names: (name, file that it is to have; None: none)."""

    folder: str
    sets: tuple[tuple[str, File | None], ...]


class Platter:
    """Goes through the calls; `image` may be asked for between any two."""

    def __init__(self, root: str, files: dict[str, bytes] | None = None) -> None:
        self._root = root
        self._now: dict[str, File] = {name: File(data) for name, data in (files or {}).items()}
        self._synced: dict[str, File] = dict(self._now)
        self._names: list[Naming] = []
        self._handles: dict[int, File | str] = {}
        self._folders = {"", *(_folder(name) for name in self._now), *(["buffer"] if files else [])}
        self._fresh_folders: set[str] = set()

    def _name(self, path: bytes) -> str:
        return path.decode().removeprefix(self._root).strip("/")

    def _set(self, *sets: tuple[str, File | None]) -> None:
        for name, file in sets:
            if file is None:
                self._now.pop(name, None)
            else:
                self._now[name] = file
        self._names.append(Naming(_folder(sets[0][0]), sets))

    def take(self, call: Call) -> None:
        kind = call.kind
        if kind == "P":
            self._handles.clear()
        elif kind == "O":
            self._open(call)
        elif kind == "C":
            self._handles.pop(call.handle, None)
        elif kind in "WTA":
            file = self._handles.get(call.handle)
            if isinstance(file, File):
                file.pending.append(Change(kind, call.at, call.one))
        elif kind == "S":
            self._sync(self._handles.get(call.handle))
        elif kind == "M":
            self._folders.add(self._name(call.one))
            self._fresh_folders.add(self._name(call.one))
        elif kind == "U":
            self._set((self._name(call.one), None))
        elif kind in "RL":
            old, new = self._name(call.one), self._name(call.two)
            file = self._now[old]
            self._set((new, file), *([(old, None)] if kind == "R" else []))

    def _open(self, call: Call) -> None:
        name = self._name(call.one)
        if name in self._folders:
            self._handles[call.handle] = name
            return
        if call.at & 1:
            self._set((name, File()))
        self._handles[call.handle] = file = self._now[name]
        if call.at & 2 and not call.at & 1:
            file.pending.append(Change("T", 0, b""))

    def _sync(self, what: File | str | None) -> None:
        if isinstance(what, File):
            what.sync()
        elif what is not None:
            for naming in self._names:
                if naming.folder == what:
                    _name_all(self._synced, naming)
            self._names = [one for one in self._names if one.folder != what]
            self._fresh_folders = {one for one in self._fresh_folders if _folder(one) != what}

    def is_settled(self) -> bool:
        """Whether a cut could leave only one thing."""
        return not self._names and not any(file.pending for file in self._now.values())

    def image(self, how: str, draw: Random) -> dict[str, bytes]:
        """name -> content. `how`: none, all, or mixed."""
        names = dict(self._synced)
        for naming in _some_names(self._names, how, draw):
            _name_all(names, naming)
        if how != "all" and self._fresh_folders and (how == "none" or draw.random() < 0.3):
            names = {name: file for name, file in names.items() if _folder(name) not in self._fresh_folders}
        contents: dict[int, bytes] = {}
        for file in names.values():
            if id(file) not in contents:
                contents[id(file)] = _some_content(file, how, draw)
        return {name: contents[id(file)] for name, file in names.items()}


def _folder(name: str) -> str:
    return name.rpartition("/")[0]


def _name_all(names: dict[str, File], naming: Naming) -> None:
    for name, file in naming.sets:
        if file is None:
            names.pop(name, None)
        else:
            names[name] = file


def _some_names(names: list[Naming], how: str, draw: Random) -> list[Naming]:
    if how in ("none", "all"):
        return names if how == "all" else []
    way = draw.choice(("all", "none", "first", "first", "any"))
    if way == "any":
        return [one for one in names if draw.random() < 0.5]
    return names[: {"all": len(names), "none": 0, "first": draw.randint(0, len(names))}[way]]


def _some_content(file: File, how: str, draw: Random) -> bytes:
    if how == "none" or not file.pending:
        return bytes(file.synced)
    if how == "all":
        return bytes(file.now())
    way = draw.choice(("none", "all", "alone", "first", "some", "most", "sectors", "sectors", "pages"))
    if way in ("sectors", "pages"):
        return _torn(file, 512 if way == "sectors" else 4096, draw)
    count = len(file.pending)
    alone = draw.randrange(count)
    first = draw.randint(0, count)
    chances = {"none": 0.0, "all": 1.0, "some": 0.5}
    data = bytearray(file.synced)
    for n, change in enumerate(file.pending):
        is_there = {"alone": n == alone, "first": n < first, "most": n != alone}.get(way)
        if draw.random() < chances.get(way, 0.0) if is_there is None else is_there:
            _apply(data, change)
    return bytes(data)


def _torn(file: File, size: int, draw: Random) -> bytes:
    """Each sector as it was after some of the changes; so the length, too."""
    count = len(file.pending)
    moments = [0, count, count, draw.randint(0, count)]
    cuts: dict[int, int] = {}
    data, length, end = bytearray(file.synced), len(file.synced), draw.choice(moments)
    for n, (kind, at, written) in enumerate(file.pending):
        top = at + len(written)
        if n < end:
            length = at if kind == "T" else max(length, top)
        if kind == "T":
            written, top = bytes(max(0, len(data) - at)), len(data)
        if kind == "A" or not written:
            continue
        data.extend(bytes(max(0, top - len(data))))
        for sector in range(at // size, (top - 1) // size + 1):
            if n < cuts.setdefault(sector, draw.choice(moments)):
                low, high = max(at, sector * size), min(top, (sector + 1) * size)
                data[low:high] = written[low - at : high - at]
    data.extend(bytes(max(0, length - len(data))))
    return bytes(data[:length])
