"""Read the boards' code against the published stubs of the MicroPython port that it is for.

    python -m scripts.boards.types [ROOT]

1. One run of mypy per port: the stubs of two ports name the same modules, and each has a standard library of its own.
2. The firmware's modules themselves are checked, not a copy; the module of another port is never looked at.
3. What is not linux's and not another family's belongs to every port.
"""

import os
import subprocess
import sys
from pathlib import Path

from scripts.boards.data import ROOT, load

STUBS = ROOT / ".tram" / "stubs"
CACHE = ROOT / ".tram" / "mypy_cache"
SETTINGS = Path(__file__).with_name("mypy.ini")
PORTS = {"esp": "esp32", "rp2": "rp2"}
LINUX = ("linux", "libc", "flash_image", "flash_cut", "serial")


def files(family: str, root: Path = ROOT) -> list[Path]:
    """The modules of firmware/boards that a board of this family may load."""
    others = {name for board in load() if board.family != family for name in (board.name, f"pins_{board.name}")}
    others |= set(PORTS) - {family}
    return [
        path
        for path in sorted((root / "firmware" / "boards").glob("*.py"))
        if path.stem not in others and not path.stem.startswith(LINUX) and path.stem != "__init__"
    ]


def check(family: str, root: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run mypy over them; its return code and its words say what is wrong."""
    stubs = STUBS / PORTS[family]
    cache = (CACHE if root == ROOT else root / ".mypy_cache") / PORTS[family]
    command = [sys.executable, "-m", "mypy", "--config-file", str(SETTINGS), "--custom-typeshed-dir", str(stubs)]
    command += ["--cache-dir", str(cache), *map(str, files(family, root))]
    environment = {**os.environ, "MYPYPATH": f"{stubs}{os.pathsep}{root}"}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=root)


def main() -> None:
    root = Path(sys.argv[1]).resolve() if sys.argv[1:] else ROOT
    failed = 0
    for family, port in PORTS.items():
        done = check(family, root)
        print(f"{port}: {done.stdout.strip()}{done.stderr.strip()}")
        failed |= done.returncode
    sys.exit(failed)


if __name__ == "__main__":
    main()
