# SHA-256 of files on flash, a chunk at a time, so that others run in between.

import asyncio
from binascii import hexlify
from hashlib import sha256

_CHUNK_BYTES = 512


async def digest_of(fs, path):
    # -> hexadecimal, or None where there is no such file
    try:
        file = fs.open(path, "rb")
    except OSError:
        return None
    digest = sha256()
    try:
        chunk = file.read(_CHUNK_BYTES)
        while chunk:
            digest.update(chunk)
            await asyncio.sleep_ms(0)
            chunk = file.read(_CHUNK_BYTES)
    finally:
        file.close()
    return hexlify(digest.digest()).decode()
