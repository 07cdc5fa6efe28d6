"""Make what is made from the data under hardware/: pins, partition tables, wiring, power, pictures, the enclosure.

scripts/draw             makes what is stale
scripts/draw --all       makes everything anew
scripts/draw NAME …      makes these; `scripts/draw --list` names them
scripts/draw --check     writes nothing, and fails where something is stale or breaks a rule; needs Python alone
"""

import argparse
import sys
import tomllib
from pathlib import Path

from scripts.boards.data import ROOT, BoardsError
from scripts.drawing.generator import DrawingError, Generator, stale, write
from scripts.drawing.rooms import generators, wrong


def check(root: Path) -> list[str]:
    """A line for each file that is stale and each rule that is broken."""
    lines = []
    for generator in generators():
        try:
            lines += [f"run scripts/draw: {name} is not what {generator.name} makes" for name in stale(generator, root)]
        except (BoardsError, DrawingError, tomllib.TOMLDecodeError) as bad:
            lines.append(f"hardware: {bad}")
    return list(dict.fromkeys(lines + wrong(root)))


def draw(root: Path, chosen: list[Generator], anew: bool) -> list[str]:
    """-> the names of the files that changed."""
    changed = []
    for generator in chosen:
        if anew or stale(generator, root):
            print(f"{generator.name} …", flush=True)
            changed += write(generator, root)
    return changed


def main(arguments: list[str] | None = None, root: Path = ROOT) -> None:
    parser = argparse.ArgumentParser(
        "scripts/draw", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME")
    for flag in ("--all", "--check", "--list"):
        parser.add_argument(flag, action="store_true")
    asked = parser.parse_args(arguments)
    known = {generator.name: generator for generator in generators()}
    if unknown := set(asked.names) - set(known):
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    if asked.list:
        print("\n".join(known))
        return
    try:
        if asked.check:
            if lines := check(root):
                sys.exit("\n".join(lines))
            return
        chosen = [known[name] for name in asked.names] or list(known.values())
        for name in draw(root, chosen, asked.all or bool(asked.names)):
            print(f"  {name}")
        if lines := wrong(root):
            sys.exit("\n".join(lines))
    except (BoardsError, DrawingError, tomllib.TOMLDecodeError) as bad:
        sys.exit(str(bad))


if __name__ == "__main__":
    main()
