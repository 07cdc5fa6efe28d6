"""What befalls files: bits that flip, stretches that turn to nothing, ends that are missing."""

from pathlib import Path
from random import Random
from typing import NamedTuple


class Hits(NamedTuple):
    """Which bytes are not what they were."""

    bytes_hit: dict[str, set[int]]
    cut_to: dict[str, int]
    told: list[str]

    def touches(self, name: str, start: int, end: int) -> bool:
        if end > self.cut_to.get(name, end):
            return True
        hit = self.bytes_hit.get(name)
        return hit is not None and any(at in hit for at in range(start, end))


def damage(folder: Path, draw: Random) -> Hits:
    """One to three blows to one to three files."""
    hits = Hits({}, {}, [])
    files = sorted(one for one in folder.iterdir() if one.is_file() and one.stat().st_size and one.name != "lock")
    for path in draw.sample(files, min(len(files), draw.choice((1, 1, 1, 2, 3)))):
        blow = draw.choice((_flip, _flip, _cut, _blank))
        blow(path, draw, hits)
    return hits


def _flip(path: Path, draw: Random, hits: Hits) -> None:
    data = bytearray(path.read_bytes())
    count = draw.choice((1, 1, 1, 3, 20))
    for _ in range(count):
        at = draw.randrange(len(data))
        data[at] ^= 1 << draw.randrange(8)
        hits.bytes_hit.setdefault(path.name, set()).add(at)
    path.write_bytes(data)
    hits.told.append(f"{count} bits of {path.name}")


def _cut(path: Path, draw: Random, hits: Hits) -> None:
    size = draw.choice((0, draw.randrange(path.stat().st_size), draw.randrange(path.stat().st_size)))
    with path.open("r+b") as file:
        file.truncate(size)
    hits.cut_to[path.name] = size
    hits.told.append(f"{path.name} cut to {size}")


def _blank(path: Path, draw: Random, hits: Hits) -> None:
    data = bytearray(path.read_bytes())
    at = draw.randrange(len(data))
    end = min(len(data), at + draw.choice((64, 512, 4096)))
    data[at:end] = bytes(end - at)
    path.write_bytes(data)
    hits.bytes_hit.setdefault(path.name, set()).update(range(at, end))
    hits.told.append(f"{end - at} bytes of {path.name} at {at}")
