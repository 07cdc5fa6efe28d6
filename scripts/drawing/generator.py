"""A generator: what it is made from, what it makes, and how.

1. `make(root)` reads below `root` only, writes nothing, and returns path below root (with "/") -> content.
2. What it makes matches `outputs`, and what matches `outputs` is made by it: one too many is as stale as one too few.
3. `inputs` name data and code: where one of them changes, what was made is stale. A pattern that finds nothing is a
   mistake in the generator.
4. A quick one needs Python alone and takes well under a second: its outputs are compared in full. Of the others the
   digests of inputs and outputs are kept in hardware/drawn.json, so that looking needs no tool.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STAMP = Path("hardware/drawn.json")
TEXT = {".csv", ".json", ".md", ".py", ".scad", ".svg", ".toml", ".yml"}


class DrawingError(Exception):
    """`code` is stable: input, output, tool, data."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code


@dataclass(frozen=True)
class Generator:
    """`inputs` and `outputs` are glob patterns below the root, as of Path.glob: "hardware/builds/*/build.toml"."""

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    make: Callable[[Path], dict[str, bytes]]
    quick: bool = False

    def input_files(self, root: Path) -> list[str]:
        for pattern in self.inputs:
            if not any(root.glob(pattern)):
                raise DrawingError("input", f"{self.name}: nothing is called {pattern}")
        return found(root, self.inputs)

    def made(self, root: Path) -> dict[str, bytes]:
        """What it makes, in the order of the names. Raises DrawingError "output" where that is not what it owns."""
        self.input_files(root)
        files = self.make(root)
        for name in files:
            if not any(Path(name).match(pattern) for pattern in self.outputs):
                raise DrawingError("output", f"{self.name} does not own {name}")
        return dict(sorted(files.items()))

    def strays(self, root: Path, made: Iterable[str]) -> list[str]:
        return [name for name in found(root, self.outputs) if name not in set(made)]


def found(root: Path, patterns: Iterable[str]) -> list[str]:
    files = {path for pattern in patterns for path in root.glob(pattern) if path.is_file()}
    return sorted(path.relative_to(root).as_posix() for path in files if "__pycache__" not in path.parts)


def content(path: Path) -> bytes:
    """What a file says, whatever ends the lines of a text in this work tree."""
    data = path.read_bytes()
    return data.replace(b"\r\n", b"\n") if path.suffix in TEXT else data


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def inputs_digest(generator: Generator, root: Path) -> str:
    whole = hashlib.sha256()
    for name in generator.input_files(root):
        whole.update(f"{name} {digest(content(root / name))}\n".encode())
    return whole.hexdigest()


def read_stamp(root: Path) -> dict[str, Any]:
    """Empty where there is none, or none that can be read: then everything is stale."""
    try:
        stamp = json.loads((root / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def stale(generator: Generator, root: Path) -> list[str]:
    """The names of what is not as the generator would make it; of a slow one, by the stamp."""
    if generator.quick:
        made = generator.made(root)
        differing = [name for name, data in made.items() if not _says(root / name, data)]
        return differing + generator.strays(root, made)
    stamped = read_stamp(root).get(generator.name)
    if not isinstance(stamped, dict) or stamped.get("inputs") != inputs_digest(generator, root):
        return found(root, generator.outputs) or list(generator.outputs)
    outputs = stamped.get("outputs")
    outputs = outputs if isinstance(outputs, dict) else {}
    differing = [name for name, told in outputs.items() if not _is(root / name, told)]
    return differing + generator.strays(root, outputs)


def write(generator: Generator, root: Path) -> list[str]:
    """Make all of it, write what differs, take away what is too much. -> the names of what changed."""
    made = generator.made(root)
    changed = [name for name, data in made.items() if not _says(root / name, data)]
    for name in changed:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(made[name])
    for name in generator.strays(root, made):
        (root / name).unlink()
        changed.append(name)
    if not generator.quick:
        _stamp(generator, root, made)
    return changed


def _stamp(generator: Generator, root: Path, made: dict[str, bytes]) -> None:
    stamp = read_stamp(root)
    outputs = {name: digest(content(root / name)) for name in made}
    stamp[generator.name] = {"inputs": inputs_digest(generator, root), "outputs": outputs}
    text = json.dumps(dict(sorted(stamp.items())), indent=1) + "\n"
    (root / STAMP).write_text(text, encoding="utf-8", newline="\n")


def _says(path: Path, data: bytes) -> bool:
    return path.is_file() and content(path) == data


def _is(path: Path, told: object) -> bool:
    return path.is_file() and digest(content(path)) == told
