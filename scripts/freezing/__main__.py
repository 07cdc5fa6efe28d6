"""The two halves of scripts/freeze-proof.

python -m scripts.freezing folder DIR               what MicroPython's unix port is built with
python -m scripts.freezing boxes DIR MICROPYTHON    whether it is in there; runs boxes out of it, and as always;
                                                    prints the memory of both
"""

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Any

from scripts.bundle import bundle, frozen
from scripts.freezing import boxes
from scripts.tram.release.frozen import marks_in

BOARD, VERSION = "linux", 1
KIB = 1024


def folder(out: Path) -> None:
    """manifest.py and the sources, as scripts/build-firmware writes them for a frozen board."""
    bundle.write_folder(frozen.to_freeze(BOARD, VERSION, BOARD), out)


def missing(given: Path, program: bytes) -> list[str]:
    """What of that folder is not in the interpreter as it should be."""
    names = [path.relative_to(given).as_posix() for path in sorted(given.rglob("*.py"))]
    wrong = [name for name in names if name != frozen.MANIFEST and name.encode() + b"\0" not in program]
    if marks_in(program) != marks_in((given / frozen.MARK_MODULE).read_bytes()):
        wrong.append("its mark")
    return wrong


async def compare(interpreter: Path, work: Path) -> list[str]:
    """-> lines to print. Raises RuntimeError, TimeoutError where a box does not do what it should."""
    lines = ["heap in KiB, 64-bit      in use   at most   largest free block"]
    for name, story in (("no TLS, no system volume", boxes.plain), ("all, set up by its code", boxes.whole)):
        kept: list[Any] = []
        for how, taken in (("loaded", None), ("frozen", interpreter)):
            heap = await story(work / f"{story.__name__}-{how}", taken)
            kept.append(heap["kept"])
            numbers = "   ".join(f"{(heap[key] or 0) / KIB:6.1f}" for key in ("kept", "peak", "block"))
            lines.append(f"{name}, {how}: {numbers}")
        lines.append(f"{name}: frozen needs {100 * kept[1] / kept[0]:.0f} % of it")
    return lines


def main() -> None:
    if [*sys.argv[1:2], len(sys.argv)] not in (["folder", 3], ["boxes", 4]):
        sys.exit(__doc__)
    if sys.argv[1] == "folder":
        folder(Path(sys.argv[2]))
        return
    given = Path(sys.argv[3]).absolute()
    if wrong := missing(Path(sys.argv[2]), given.read_bytes()):
        sys.exit(f"freeze-proof: the interpreter lacks {', '.join(wrong[:5])}: manifest.py does not freeze")
    with tempfile.TemporaryDirectory(prefix="tram-freeze-") as work:
        try:
            print("\n".join(asyncio.run(compare(given, Path(work)))))
        except (RuntimeError, TimeoutError) as bad:
            sys.exit(f"freeze-proof: a box does not run out of the frozen code: {bad}")


if __name__ == "__main__":
    main()
