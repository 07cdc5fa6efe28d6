# Runs on MicroPython: a system volume in memory, and a power cut at every flash operation of what is done to it.

import gc

import vfs
from ramflash import MODES, RamFlash, apply, torn

from firmware.files import Files

BLOCKS, BLOCK_BYTES = 24, 4096
journal = []  # the operations of the story so far
OURS = {"/fleet.key": b"ab" * 256, "/id.a": b'{"box_id": "box-1"}'}


class Draw:
    def __init__(self, seed):
        self._state = seed * 2654435761 % 4294967296 or 1

    def __call__(self, below):
        self._state = (self._state * 1103515245 + 12345) % 2147483648
        return (self._state >> 8) % below


class Flash(RamFlash):
    fails = False  # from now on it takes nothing any more

    def writeblocks(self, number, buffer, offset=0):
        return -5 if self.fails else super().writeblocks(number, buffer, offset)


def mount(flash):
    return Files(vfs.VfsLfs2(flash, readsize=128, progsize=flash.prog_bytes, lookahead=32, mtime=False))


def fresh(prog_bytes=32):
    # -> (flash, files) of a box that has just been given its identity
    flash = Flash(BLOCKS, BLOCK_BYTES, None, prog_bytes)
    vfs.VfsLfs2.mkfs(flash, readsize=128, progsize=prog_bytes, lookahead=32)
    files = mount(flash)
    for path, data in OURS.items():
        files.write(path, data)
    return flash, files


def every_cut(before, story, check, prog_bytes=32, modes=MODES, stride=1):
    # `before(files)`, then `story(files)` with a journal; then for each operation of it, torn in each way, a box that
    # starts on what is left: `check(files, cut)`. -> how many operations, how many images
    flash, files = fresh(prog_bytes)
    before(files)
    image = bytearray(flash.image)
    flash.journal = journal
    del journal[:]
    story(files)
    flash.journal = None
    images = 0
    draw = Draw(7)
    for cut in range(len(journal)):
        for mode in modes if cut % stride == 0 else ():
            broken = bytearray(image)
            torn(broken, journal[cut], BLOCK_BYTES, mode, draw)
            gc.collect()
            left = mount(RamFlash(BLOCKS, BLOCK_BYTES, broken, prog_bytes))
            try:
                for path, data in OURS.items():
                    assert left.read(path) == data, path
                check(left, cut)
            except BaseException:
                print("cut", cut, "of", len(journal), "mode", mode)
                raise
            images += 1
        apply(image, journal[cut], BLOCK_BYTES)
    return len(journal), images
