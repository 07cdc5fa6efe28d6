"""requirements/gateway.txt: of run.txt, what requirements/gateway.in names and what that needs; pins and hashes alike.

Usage: python3 -m scripts.gateway_install.pins [--check]
"""

import re
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "requirements"


def blocks(text: str) -> dict[str, str]:
    """Name -> its lines, pins, hashes and who needs it."""
    found: dict[str, str] = {}
    name = ""
    for line in text.splitlines(keepends=True):
        begins = re.match(r"([A-Za-z0-9_.-]+)(\[[^\]]*\])?==", line)
        if begins:
            name = begins[1].lower()
        if name:
            found[name] = found.get(name, "") + line
    return found


def needed_by(block: str) -> set[str]:
    """Who needs it, from uv's `# via` lines."""
    _, _, via = block.partition("# via")
    return {re.sub(r"\[.*", "", word).lower() for word in re.findall(r"[A-Za-z0-9_.\[\]-]+", via)}


def wanted(text: str) -> set[str]:
    return {line.strip().lower() for line in text.splitlines() if line.strip() and not line.startswith("#")}


def part(run: str, named: set[str]) -> str:
    """Raises KeyError for a name that run.txt has not."""
    all_blocks = blocks(run)
    chosen = {name for name in named if all_blocks[name]}
    while more := {name for name, block in all_blocks.items() if needed_by(block) & chosen} - chosen:
        chosen |= more
    return "".join(all_blocks[name] for name in sorted(chosen))


def made() -> str:
    return part((FOLDER / "run.txt").read_text(), wanted((FOLDER / "gateway.in").read_text()))


def main() -> int:
    target = FOLDER / "gateway.txt"
    if "--check" in sys.argv:
        return int(not target.exists() or target.read_text() != made())
    target.write_text(made())
    return 0


if __name__ == "__main__":
    sys.exit(main())
