# The system volume of the linux board: littlefs in the file that --system names. It is never formatted here.
#
# Who starts the box from a slot of that very volume has mounted it before any firmware was there, and says so in
# sys.modules["system_volume"], with `flash` and `fs`: there must not be two of it.

import binascii
import os
import sys

import vfs

from firmware.files import Files

from .errors import BoardError
from .flash_image import FlashImage, FlashImageError

BLOCK_BYTES = 4096
PROG_BYTES = 32


def open_flash(path):
    mounted = sys.modules.get("system_volume")
    return mounted.flash if mounted else _open_image(path)


def _open_image(path):
    try:
        size_bytes = os.stat(path)[6]
    except OSError:
        raise BoardError("board_system", path + " is not there")
    try:
        return FlashImage(path, size_bytes, BLOCK_BYTES, PROG_BYTES)
    except FlashImageError as bad:
        raise BoardError(bad.code, bad.detail)


def open_files(flash):
    # -> Files, or None: the flash is as it came from the factory, nothing is on it yet
    mounted = sys.modules.get("system_volume")
    if mounted:
        return Files(mounted.fs)
    try:
        return Files(vfs.VfsLfs2(flash, readsize=128, progsize=PROG_BYTES, lookahead=32, mtime=False))
    except OSError as bad:
        if _is_erased(flash, 0) and _is_erased(flash, 1):
            return None
        raise BoardError("board_system", "the system volume cannot be mounted: " + str(bad))


def _is_erased(flash, number):
    block = bytearray(flash.block_bytes)
    return flash.readblocks(number, block, 0) == 0 and block == b"\xff" * len(block)


def unique_id(path):
    # -> bytes that are this box's for ever: drawn at the first call
    files = Files(_Folder)
    text = files.read_plain(path)
    if text is None:
        files.write_plain(path, binascii.hexlify(os.urandom(8)))
        return unique_id(path)
    try:
        number = binascii.unhexlify(text.strip())
    except ValueError:
        number = b""
    if not number:  # to draw another one would be to become somebody else
        raise BoardError("board_id", path)
    return number


class _Folder:
    open = open
    rename = os.rename
