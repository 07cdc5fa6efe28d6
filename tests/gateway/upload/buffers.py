"""A real buffer for the upload, with a key that nobody has."""

from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from gateway.buffer import Buffer
from gateway.seal import DigestKeys, Sealer, Shelf
from tests.gateway.buffer.wire import BOOT


def sealer(mono_ms: Callable[[], int], folder: Path | None = None) -> Sealer:
    public = X25519PrivateKey.generate().public_key().public_bytes_raw()
    return Sealer(public, lambda *_: "identified", DigestKeys(Shelf(folder), mono_ms))


async def opened(folder: Path, mono_ms: Callable[[], int]) -> Buffer:
    return await Buffer.open(folder / "buffer", boot=BOOT, mono_ms=mono_ms, sealer=sealer(mono_ms))
