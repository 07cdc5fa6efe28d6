# Runs on MicroPython: what a board's own start-up is to the firmware on it, for scripts/simbox --system IMAGE.
#
#   stage.py IMAGE ARGUMENT …
#
# 1. The image is mounted at /flash, as a board mounts its flash; `system_volume` holds it (`flash`, `fs`) for
#    firmware/boards/linux.py, so that it is mounted once.
# 2. What was needed for that came from this machine's build, and is forgotten, but for the flash itself: it stands for
#    a chip. The firmware comes from the image alone.
# 3. boot.py and main.py of the image are run as a board runs them: one after the other, in the same namespace.
# 4. An image without boot.py is that of a board whose firmware is frozen: the code is the interpreter's own, or, where
#    that has none inside, this machine's build in its place.
import gc
import os
import sys

import vfs

from firmware.boards.flash_image import FlashImage

BLOCK_BYTES, PROG_BYTES = 4096, 32


class Volume:
    def __init__(self, path):
        self.flash = FlashImage(path, os.stat(path)[6], BLOCK_BYTES, PROG_BYTES)
        self.fs = vfs.VfsLfs2(self.flash, readsize=128, progsize=PROG_BYTES, lookahead=32, mtime=False)


def run(path, names):
    with open(path) as file:
        code = compile(file.read(), path, "exec")
    exec(code, names)  # noqa: S102  (it is what the board was given)


def run_frozen():
    try:
        __import__("main")
    except ImportError as bad:
        if "'main'" not in str(bad):
            raise
        __import__("firmware.main")


def main():
    gc.threshold(4096)
    volume = Volume(sys.argv.pop(1))
    vfs.mount(volume.fs, "/flash")
    for name in list(sys.modules):
        if name.split(".")[0] == "firmware" and name != "firmware.boards.flash_image":
            del sys.modules[name]
    sys.modules["system_volume"] = volume
    if "boot.py" not in os.listdir("/flash"):
        sys.path.pop(0)  # where this file lies
        gc.collect()
        run_frozen()
        return
    sys.path[:] = ["/flash", ".frozen"]
    names = {"__name__": "__main__"}
    gc.collect()
    run("/flash/boot.py", names)
    gc.collect()
    run("/flash/main.py", names)


main()
