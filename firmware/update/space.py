# How much of a littlefs volume is free. statvfs counts a folder's two blocks twice, which on a small flash is what an
# update needs; so the files are counted here.

_BLOCK_BYTES = 4096
_USABLE_BYTES = 4080  # a file's blocks point at each other
_INLINE_BYTES = 128  # what is no longer lies in its folder's own blocks
_FOLDER = 0x4000


def free_blocks(fs):
    status = fs.statvfs("/")
    return status[2] * status[1] // _BLOCK_BYTES - _used(fs, "")


def blocks_of(length):
    return 0 if length <= _INLINE_BYTES else -(-length // _USABLE_BYTES)


def _used(fs, folder):
    blocks = 2
    for entry in list(fs.ilistdir(folder or "/")):
        blocks += _used(fs, folder + "/" + entry[0]) if entry[1] == _FOLDER else blocks_of(entry[3])
    return blocks
