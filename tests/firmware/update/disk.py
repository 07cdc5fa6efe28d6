"""A system image, read and written from outside with littlefs-python."""

import json
from pathlib import Path
from typing import Any, Self

from littlefs import LittleFS

from scripts.bundle.image import sealed

BLOCK_BYTES = 4096


class Volume:
    def __init__(self, image: bytes) -> None:
        self._fs = LittleFS(
            block_size=BLOCK_BYTES,
            block_count=len(image) // BLOCK_BYTES,
            read_size=128,
            prog_size=32,
            cache_size=512,
            lookahead_size=32,
            mount=False,
        )
        self._fs.context.buffer[:] = image
        self._fs.mount()

    @classmethod
    def of(cls, path: Path) -> Self:
        return cls(path.read_bytes())

    def image(self) -> bytes:
        return bytes(self._fs.context.buffer)

    def save(self, path: Path) -> None:
        path.write_bytes(self.image())

    def read(self, path: str) -> bytes:
        with self._fs.open(path, "rb") as file:
            return file.read()

    def write(self, path: str, data: bytes) -> None:
        with self._fs.open(path, "wb") as file:
            file.write(data)

    def files(self) -> dict[str, bytes]:
        """Everything on it, by path."""
        found = {}
        for root, _, names in self._fs.walk("/"):
            for name in names:
                path = f"{root.rstrip('/')}/{name}"
                found[path] = self.read(path)
        return found

    def state(self) -> dict[str, Any]:
        """What /slot says."""
        data = self.read("slot")
        body = data[: data.rindex(b"\n#", 0, len(data) - 1)]
        assert sealed(body) == data
        return json.loads(body)
