"""The update's power-cut campaign, on the real interpreter: `python -m scripts.bundle.campaign` runs all of it.

For each way that an update may end, and each program size: a power cut at every flash operation from the first piece to
the end, in every tearing mode, with further cuts in what the box does next. It stops at the first broken promise.
"""

import json
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, NamedTuple

import typer

from scripts.bundle.bundle import Release, manifest_of
from scripts.firmware_build import ROOT, build, micropython_command, micropython_env
from scripts.provisioning.key import FleetKey

SCRIPT = Path(__file__).with_name("cuts.py")
ENDINGS = ("kept", "given_up", "failed")
PROG_BYTES = (32, 256)
MODES = "nothing,half,other_half,bits"
HEAP = "16M"  # the flash itself lies in the interpreter's memory here


class Broken(Exception):
    """A promise was broken: the text is what the interpreter said."""


class Part(NamedTuple):
    """One interpreter's share."""

    ending: str
    prog_bytes: int
    seed: int
    stride: int
    offset: int
    nested: int
    modes: str


def bundles() -> dict[str, object]:
    """Two small versions, signed: a file that stays, one that changes, one that goes, one that is new."""
    old = {
        "firmware.pack": b"version one\n" * 200,
        "firmware/face/glyphs.bin": bytes(range(256)) * 9,
        "link.pack": bytes(range(255, -1, -1)) * 21,
        "wire.pack": b"the same in both\n" * 300,
    }
    new = {
        "codes.pack": b"new",
        "firmware.pack": b"version two\n" * 230,
        "link.pack": bytes(range(256)) * 19,
        "wire.pack": old["wire.pack"],
    }
    key = FleetKey.make()
    signed = {
        "old": {"manifest": manifest_of(old, ["linux"], Release(1, 1, "one"), key), **old},
        "new": {"manifest": manifest_of(new, ["linux"], Release(2, 2, "two"), key), **new},
        "safe": {"manifest": manifest_of({"link.pack": b"safe"}, ["linux"], Release(1, 0, "safe"), None)},
    }
    return {
        "key": key.modulus.hex(),
        **{name: {path: data.hex() for path, data in files.items()} for name, files in signed.items()},
    }


def play(part: Part, given: Path, folder: Path) -> Iterator[tuple[int, int] | dict[str, int]]:
    """Run one part; yield (step, steps) as it goes and its counts at the end. Raises Broken."""
    arguments = [part.ending, str(given), *map(str, part[1:])]
    env = micropython_env(f"{folder}:{ROOT / 'scripts' / 'spool'}")
    command = micropython_command([SCRIPT, *arguments], HEAP)
    with subprocess.Popen(
        command, env=env, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        said: list[str] = []
        try:
            for line in process.stdout or ():
                words = line.split()
                if line.startswith("cut ") and len(words) == 4:
                    yield int(words[1]), int(words[3])
                elif line.startswith("done "):
                    yield json.loads(line[5:])
                else:
                    said.append(line)
        finally:
            process.kill()
    if said:
        raise Broken(f"{' '.join(arguments)}:\n{''.join(said)}")


def run(part: Part, say: Callable[[str], None] = lambda _: None) -> dict[str, int]:
    """One part to its end: its counts."""
    with TemporaryDirectory(prefix="tram-cuts-") as name:
        given = Path(name, "bundles.json")
        given.write_text(json.dumps(bundles()))
        for news in play(part, given, build()):
            if isinstance(news, dict):
                return news
            if news[0] % 100 == 1:
                say(f"{part.ending}, programs of {part.prog_bytes}: {news[0]} of {news[1]}")
    raise Broken(f"{part}: it ended without a word")


def campaign(seed: int, nested: int, jobs: int, say: Callable[[str], None]) -> list[str]:
    """All of it. -> a line for each ending and program size. Raises Broken."""
    lines = []
    for ending in ENDINGS:
        for prog_bytes in PROG_BYTES:
            parts = [Part(ending, prog_bytes, seed, jobs, job, nested, MODES) for job in range(jobs)]
            with ThreadPoolExecutor(jobs) as pool:
                found = list(pool.map(lambda part: run(part, say), parts))
            counts = {name: sum(one[name] for one in found) for name in ("cuts", "images")}
            lines.append(
                f"update {ending}, programs of {prog_bytes}: operations {found[0]['operations']:,}, "
                f"cuts {counts['cuts']:,}, images {counts['images']:,}"
            )
            say(lines[-1])
    return lines


def main(
    seed: Annotated[int, typer.Option(help="Of the tearing.")] = 1,
    nested: Annotated[int, typer.Option(help="Cuts in what the box does after each cut.")] = 8,
    jobs: Annotated[int, typer.Option(help="Interpreters at the same time.")] = 2,
) -> None:
    """Cut the power at every flash operation of an update and of what follows; exit 1 where a promise is broken."""
    try:
        for line in campaign(seed, nested, jobs, lambda text: typer.echo(text, err=True)):
            typer.echo(line)
    except Broken as broken:
        typer.echo(str(broken), err=True)
        raise typer.Exit(1) from broken


if __name__ == "__main__":
    typer.run(main)
