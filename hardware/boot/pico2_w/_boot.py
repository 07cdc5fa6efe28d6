# Raspberry Pi Pico 2 W (4 MiB): to be frozen into MicroPython as `_boot.py`, in the place of the stock one.
# Written by scripts/draw from hardware/boards.toml: change it there.
#
# The stock one mounts all that is reserved for files, spool and all, and formats it where that fails for any reason.
# This one mounts the first part, and formats nothing: what cannot be mounted is left for somebody to look at.

import rp2
import vfs

try:
    vfs.mount(vfs.VfsLfs2(rp2.Flash(start=0, len=1048576), progsize=256), "/")
except OSError as bad:
    print("the system volume cannot be mounted:", bad)
del rp2, vfs
