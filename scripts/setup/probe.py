# Run by MicroPython, not by CPython: says whether this interpreter can carry the firmware's tests.
import asyncio
import binascii
import hashlib
import io
import select
import socket
import sys
import termios
import time

import deflate
import ffi
import tls
import vfs


class RamDisk:
    def __init__(self, blocks):
        self.data = bytearray(blocks * 4096)

    def readblocks(self, block, buf, offset=0):
        start = block * 4096 + offset
        buf[:] = self.data[start : start + len(buf)]

    def writeblocks(self, block, buf, offset=0):
        start = block * 4096 + offset
        self.data[start : start + len(buf)] = buf

    def ioctl(self, op, arg):
        return {4: len(self.data) // 4096, 5: 4096}.get(op, 0)


def littlefs_keeps_a_file():
    disk = RamDisk(16)
    vfs.VfsLfs2.mkfs(disk)
    vfs.mount(vfs.VfsLfs2(disk), "/flash")
    with open("/flash/scan", "wb") as file:
        file.write(b"kept")
    with open("/flash/scan", "rb") as file:
        kept = file.read()
    vfs.umount("/flash")
    return kept == b"kept"


def deflate_unpacks():  # Debian's build can only unpack
    packed = binascii.unhexlify("78da2b294acc2d1906180074a15529")
    return deflate.DeflateIO(io.BytesIO(packed), deflate.ZLIB).read() == b"tram" * 50


async def wake_after_a_nap():
    begun_ms = time.ticks_ms()
    await asyncio.sleep_ms(5)
    return time.ticks_diff(time.ticks_ms(), begun_ms) >= 5


checks = (
    ("asyncio", lambda: asyncio.run(wake_after_a_nap())),
    ("socket", lambda: socket.getaddrinfo("127.0.0.1", 1883)[0] is not None),
    ("tls", lambda: tls.SSLContext(tls.PROTOCOL_TLS_CLIENT) is not None),
    ("termios", lambda: hasattr(termios, "setraw")),
    ("select", lambda: select.poll() is not None),
    ("littlefs", littlefs_keeps_a_file),
    ("deflate", deflate_unpacks),
    ("ffi", lambda: ffi.open("libc.so.6").func("i", "abs", "i")(-7) == 7),
    ("crc32", lambda: binascii.crc32(b"123456789") == 0xCBF43926),
    ("sha256", lambda: len(hashlib.sha256(b"").digest()) == 32),
)
print(sys.version, "mpy", sys.implementation._mpy & 0xFF)
for name, check in checks:
    if not check():
        print("does not work here:", name)
        sys.exit(1)
    print("works:", name)
