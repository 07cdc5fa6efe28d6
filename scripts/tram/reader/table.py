"""What the folder hardware/readers says of each kind of reader module: its zones or commands, and what they mean. Pure.

1. A zone is one byte, or some that belong together; its number is that of the first. A field is some bits of a zone.
2. `fixed` zones are never written: the module's own (fixed), and those where a write is a command (action).
3. What a model's file says comes on top of the file that it names with `like`.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from scripts.tram.lang import pick

FOLDER = Path(__file__).resolve().parents[3] / "hardware" / "readers"
ZONES = 256


@dataclass(frozen=True)
class Value:
    """One of the values that a setting may have. `raw`: its bits, or the command that sets it."""

    word: str
    raw: int | str
    vi: str
    en: str

    @property
    def text(self) -> str:
        return pick(self.vi, self.en)


@dataclass(frozen=True)
class Field:
    """Some bits of a zone, as numbers of the whole zone (its bytes in their order)."""

    name: str
    mask: int
    vi: str
    en: str
    values: tuple[Value, ...] = ()
    step: int = 0
    unit: str = ""
    on: int = 0

    @property
    def title(self) -> str:
        return pick(self.vi, self.en)

    def raw(self, number: int) -> int:
        return (number & self.mask) >> _shift(self.mask)

    def word(self, number: int) -> str:
        """What a program reads: the word of a value, or its number in units."""
        raw = self.raw(number)
        named = next((value.word for value in self.values if value.raw == raw), None)
        return named if named is not None else str(self._amount(raw))

    def text(self, number: int) -> str:
        """What a person reads."""
        raw = self.raw(number)
        named = next((value.text for value in self.values if value.raw == raw), None)
        return named if named is not None else f"{self._amount(raw)} {self.unit}".strip()

    def set(self, number: int, word: str) -> int:
        """The zone's number with this field set. Raises ValueError: it cannot have that value."""
        return number & ~self.mask | self._raw_of(word) << _shift(self.mask)

    def choices(self) -> str:
        """What it may be, for a person who asked for something else."""
        words = [value.word for value in self.values]
        if self.step:
            most = (self.mask >> _shift(self.mask)) & ~self.on
            words.append(f"0…{most * self.step} {self.unit}".strip())
        return ", ".join(words)

    def _amount(self, raw: int) -> int:
        if self.on and not raw & self.on:
            return 0
        return (raw & ~self.on) * (self.step or 1)

    def _raw_of(self, word: str) -> int:
        for value in self.values:
            if word == value.word:
                return int(value.raw)
        digits = word.removesuffix(self.unit.lower()).strip() if self.unit else word
        if not self.step or not (digits.isascii() and digits.isdecimal()):
            raise ValueError(word)
        raw, rest = divmod(int(digits), self.step)
        if rest or raw > (self.mask >> _shift(self.mask)) & ~self.on:
            raise ValueError(word)
        return raw | self.on if raw else 0


@dataclass(frozen=True)
class Wanted:
    """What the box wants of some bits of a zone, under the name that the firmware gives it."""

    name: str
    mask: int
    value: int


@dataclass(frozen=True)
class Zone:
    at: int
    count: int
    order: str
    source: str
    fixed: str
    fields: tuple[Field, ...]
    wanted: tuple[Wanted, ...]
    instead: tuple[Wanted, ...]
    shipped: int | None

    @property
    def is_text(self) -> bool:
        """It holds bytes, and no number."""
        return len(self.fields) == 1 and not self.fields[0].mask

    def number(self, zones: bytes) -> int:
        return int.from_bytes(zones[self.at : self.at + self.count], self._order)

    def writes(self, number: int) -> dict[int, int]:
        """zone -> byte."""
        return {self.at + at: byte for at, byte in enumerate(number.to_bytes(self.count, self._order))}

    def differs(self, zones: bytes, has_protocol: bool) -> list[Wanted]:
        """What of it is not as the box wants it. A module may do after all what its manual does not know."""
        number = self.number(zones)
        missing = [want for want in self.wanted if number & want.mask != want.value]
        if has_protocol or not (missing and self.instead):
            return missing
        return [want for want in self.instead if number & want.mask != want.value]

    @property
    def _order(self) -> Any:
        return self.order


@dataclass(frozen=True)
class Command:
    """A setting of a module that takes commands instead of having zones."""

    name: str
    vi: str
    en: str
    source: str
    values: tuple[Value, ...]
    wanted: str

    @property
    def title(self) -> str:
        return pick(self.vi, self.en)


@dataclass(frozen=True)
class SetupCode:
    """A printed code that the module obeys, whose content somebody has published."""

    content: str
    source: str
    vi: str
    en: str

    @property
    def title(self) -> str:
        return pick(self.vi, self.en)


@dataclass(frozen=True)
class Frame:
    """A whole command as one sends it by hand: a write of `data` to a zone, a read of `count` zones, or a save."""

    vi: str
    en: str
    write: int | None = None
    data: str = ""
    read: int | None = None
    count: int = 0
    save: bool = False

    @property
    def title(self) -> str:
        return pick(self.vi, self.en)

    @property
    def sent(self) -> bytes:
        from firmware.scanner import gm65

        if self.write is not None:
            return bytes(gm65.write(self.write, bytes.fromhex(self.data)))
        return bytes(gm65.save() if self.read is None else gm65.read(self.read, self.count))


@dataclass(frozen=True)
class Model:
    name: str
    title: str
    family: str
    volts: str
    vi: str
    en: str
    sources: Mapping[str, str]
    zones: tuple[Zone, ...] = ()
    commands: tuple[Command, ...] = ()
    codes: tuple[SetupCode, ...] = ()
    frames: tuple[Frame, ...] = ()
    model_byte: int | None = None
    cannot: tuple[str, ...] = ()
    """What the box would want and this model has not, under the firmware's names."""
    has_heartbeat: bool = False
    defaults: int | str | None = None
    coding: str = ""
    keeps: bool = False
    of_zone: Mapping[int, Zone] = field(default_factory=dict)
    """Each of the zones that is known -> the zone that it belongs to."""

    @property
    def supply(self) -> str:
        return pick(self.volts.replace(".", ","), self.volts)

    @property
    def has_protocol(self) -> bool:
        return "protocol" not in self.cannot

    @property
    def note(self) -> str:
        return pick(self.vi, self.en)

    def field(self, name: str) -> tuple[Zone, Field]:
        """As `named`, of one that is there. Raises KeyError."""
        found = self.named(name)
        if found is None:
            raise KeyError(name)
        return found

    def named(self, name: str) -> tuple[Zone, Field] | None:
        """The field of that name, and its zone."""
        return next(((zone, one) for zone in self.zones for one in zone.fields if one.name == name), None)

    def command(self, name: str) -> Command | None:
        return next((command for command in self.commands if command.name == name), None)


def names() -> list[str]:
    """Of all kinds of module that there are files for."""
    return sorted(file.stem for file in FOLDER.glob("*.toml"))


@cache
def model(name: str) -> Model:
    """Raises KeyError: there is none of that name."""
    if name not in names():
        raise KeyError(name)
    said = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    head = said["reader"]
    like = model(head["like"]) if "like" in head else None
    zones = {zone.at: zone for zone in like.zones} if like else {}
    zones.update((zone["at"], _zone(zone)) for zone in said.get("zones", ()))
    return Model(
        name=name,
        title=head["title"],
        family=head["family"],
        volts=head["supply"],
        vi=head["note"]["vi"],
        en=head["note"]["en"],
        sources=said["sources"],
        zones=tuple(zones[at] for at in sorted(zones)),
        commands=tuple(_command(command) for command in said.get("commands", ())),
        frames=(*(Frame(**frame) for frame in said.get("frames", ())), *(like.frames if like else ())),
        codes=tuple(SetupCode(**code) for code in said.get("codes", ())),
        model_byte=head.get("model_byte"),
        cannot=tuple(head.get("cannot", ())),
        has_heartbeat=head.get("has_heartbeat", False),
        defaults=head.get("defaults"),
        coding=head.get("coding", ""),
        keeps=head.get("keeps", False),
        of_zone={zone.at + at: zone for zone in zones.values() for at in range(zone.count)},
    )


def told_apart(version: bytes, has_heartbeat: bool) -> str:
    """Which model of the GM65 family it is, by what it says of itself; gm6x: nobody can tell."""
    models = [model(name) for name in names() if model(name).family == "gm65"]
    found = [one.name for one in models if one.model_byte == version[0]]
    if has_heartbeat and not found:
        found = [one.name for one in models if one.has_heartbeat]
    return found[0] if found else "gm6x"


def _zone(said: Mapping[str, Any]) -> Zone:
    fields = [_field(one) for one in said.get("fields", ())]
    if "text" in said:
        fields = [Field(mask=0, **said["text"])]
    return Zone(
        at=said["at"],
        count=said.get("bytes", 1),
        order=said.get("order", "big"),
        source=said["source"],
        fixed=said.get("fixed", ""),
        fields=tuple(fields),
        wanted=tuple(Wanted(**want) for want in said.get("wanted", ())),
        instead=tuple(Wanted(**want) for want in said.get("instead", ())),
        shipped=said.get("shipped"),
    )


def _field(said: Mapping[str, Any]) -> Field:
    return Field(**{**said, "values": _values(said.get("values", ()))})


def _command(said: Mapping[str, Any]) -> Command:
    return Command(**{"wanted": "", **said, "values": _values(said["values"])})


def _values(said: Iterable[list[Any]]) -> tuple[Value, ...]:
    return tuple(Value(one[0], one[1], *(one[2:] or (one[0], one[0]))) for one in said)


def _shift(mask: int) -> int:
    return (mask & -mask).bit_length() - 1 if mask else 0
