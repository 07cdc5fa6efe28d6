"""Write the firmware's pins, the partition tables and the wiring page from hardware/boards.toml.

scripts/pins           writes what differs
scripts/pins --check   writes nothing, and fails where something differs
"""

import sys

from scripts.boards.data import ROOT, BoardsError, load
from scripts.boards.written import differing, files


def main() -> None:
    if sys.argv[1:] not in ([], ["--check"]):
        sys.exit(__doc__)
    try:
        boards = load()
    except BoardsError as bad:
        sys.exit(str(bad))
    stale = differing(boards)
    if sys.argv[1:] and stale:
        sys.exit("run scripts/pins: " + ", ".join(map(str, stale)))
    texts = files(boards)
    for path in stale:
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(texts[path], encoding="utf-8")
        print(f"{path} written")


if __name__ == "__main__":
    main()
