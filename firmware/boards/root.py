# The root of the file system as firmware/files.py wants it, for boards whose own start has mounted it: the methods of a
# littlefs volume.

import os


class Root:
    open = open
    remove = os.remove
    rename = os.rename
    mkdir = os.mkdir
    rmdir = os.rmdir
    stat = os.stat
    statvfs = os.statvfs
    ilistdir = os.ilistdir
    listdir = os.listdir
