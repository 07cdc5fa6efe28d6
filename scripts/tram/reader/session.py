"""From what a person has typed to a module that answers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from firmware.scanner import gm65
from scripts.tram import exits, out
from scripts.tram.ports import choose, opened
from scripts.tram.reader import table
from scripts.tram.reader.bench import FAMILIES, Bench, OnCode, OnRefused
from scripts.tram.reader.line import ReaderLine
from scripts.tram.reader.words import WORDS
from scripts.tram.reader.zoned import Zoned
from scripts.tram.trouble import Trouble

KINDS = frozenset({"bridge", "reader"})
_FIRST_BAUD = 9600


@dataclass(frozen=True)
class Target:
    """What --port, --baud and --model say."""

    port: str | None = None
    baud: int | None = None
    model: str | None = None


@dataclass(frozen=True)
class Found:
    """A module that answers. `version`: what it says of itself. `woken`: it answers only since it was told to, now."""

    port: str
    bench: Bench
    model: table.Model
    version: bytes
    woken: bool

    @property
    def facts(self) -> dict[str, object]:
        return {
            "port": self.port,
            "model": self.model.name,
            "title": self.model.title,
            "family": self.model.family,
            "baud": self.bench.line.baud,
        }

    @property
    def line(self) -> str:
        return WORDS("found", title=self.model.title, port=self.port, baud=self.bench.line.baud)

    def zoned(self) -> Zoned:
        """Raises Trouble not_with: it has no zones."""
        if not self.model.zones:
            raise self.cannot("why_no_zones")
        return Zoned(self.bench, self.model)

    def cannot(self, why: str) -> Trouble:
        return Trouble("not_with", exits.REFUSED, WORDS, title=self.model.title, why=WORDS(why))


@asynccontextmanager
async def line_of(target: Target) -> AsyncIterator[tuple[str, ReaderLine]]:
    """The port that is meant, open. Raises the Troubles of scripts.tram.ports, and model_unknown."""
    if target.model not in (None, "text", *table.names()):
        names = ", ".join((*table.names(), "text"))
        raise Trouble("model_unknown", exits.USAGE, WORDS, text=target.model, names=names)
    port = choose(target.port, KINDS)
    with opened(port.device, target.baud or _FIRST_BAUD, 0) as serial:
        yield port.device, ReaderLine(serial, port.kind == "reader")


@asynccontextmanager
async def found(
    target: Target, on_code: OnCode | None = None, on_refused: OnRefused | None = None
) -> AsyncIterator[Found]:
    """The module on that port. Raises what line_of and Bench.find raise, and Trouble model_other."""
    async with line_of(target) as (port, line), Bench(line, on_code, on_refused) as bench:
        known = table.model(target.model) if target.model not in (None, "text") else None
        families = (known.family,) if known else FAMILIES
        asked: list[str] = []

        def told(family: str) -> None:
            asked.append(family)
            out.event("asking", WORDS(f"asking_{family}"), family=family)

        family = await bench.find(families, target.baud, told)
        version, name = b"", family
        if family == "gm65":
            version = await _version(bench)
            name = table.told_apart(version, await bench.has_heartbeat())
            if known and known.name not in (name, "gm6x") and table.model(name).model_byte is not None:
                said = {"theirs": known.name, "ours": name, "byte": f"{version[0]:02X}"}
                raise Trouble("model_other", exits.REFUSED, WORDS, **said)
        yield Found(port, bench, known or table.model(name), version or await _text(bench), asked[-1] == "gm65_wake")


async def _version(bench: Bench) -> bytes:
    first, count = gm65.BLOCK_MODEL
    for _ in range(3):
        data = await bench.ask(gm65.read(first, count), count)
        if data is not None:
            return data
    raise bench.unanswered()


async def _text(bench: Bench) -> bytes:
    """What the others say when they are asked for their version, if that is text."""
    if bench.driver.family not in ("de2120", "gm67"):
        return b""
    answer = await bench.driver.check()
    return bytes(byte for byte in answer or b"" if 0x20 <= byte < 0x7F)
