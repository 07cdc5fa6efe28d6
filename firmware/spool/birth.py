# Making a volume: the only place that formats. FORMAT.md §5 tells why a cut anywhere in it leads to the same end.

from struct import unpack_from

from . import segments
from .errors import SpoolError
from .flash import MARKER_BLOCKS
from .marker import Marker
from .mirror import Mirror, make_folders
from .volume import Volume

LEAST_BLOCKS = 48
LEAST_BLOCK_BYTES = 4096
_MOST_RETIRED = 8


def check_geometry(flash, marker, box_id):
    blocks, block_bytes = flash.blocks, flash.block_bytes
    if blocks < LEAST_BLOCKS or block_bytes < LEAST_BLOCK_BYTES:
        raise SpoolError("geometry", "too small: %d blocks of %d" % (blocks, block_bytes))
    if marker is not None:
        if marker.box_id != box_id:
            raise SpoolError("other_box", marker.box_id)
        if (marker.blocks, marker.block_bytes) != (blocks, block_bytes):
            raise SpoolError("geometry", "made with %d blocks of %d" % (marker.blocks, marker.block_bytes))
        return
    said = [geometry for geometry in (_superblock(flash, 0), _superblock(flash, 1)) if geometry is not None]
    if said and (block_bytes, blocks - MARKER_BLOCKS) not in said:
        raise SpoolError("geometry", "littlefs has %d blocks of %d" % (said[0][1], said[0][0]))


def _superblock(flash, number):
    # -> (block bytes, blocks) as littlefs noted them, or None
    data = flash.read(number)
    if data is None or data[8:16] != b"littlefs":
        return None
    return unpack_from("<II", data, 24)


def first_marker(flash, box_id, epoch, before, retired, lost):
    generation = before.generation + 1 if before is not None else 1
    retired = (before.retired if before is not None else []) + retired
    return Marker(
        generation, "making", box_id, epoch, flash.block_bytes, flash.blocks, retired[-_MOST_RETIRED:], b"".join(lost)
    )


def make(flash, markers, marker):
    # -> the Marker that says `made`. `marker` says `making`, and is on flash in one block at least.
    blocks = flash.blocks - MARKER_BLOCKS
    volume = Volume.format(flash.bdev, blocks)
    make_folders(volume)
    volume.make_folder(segments.FOLDER)
    Mirror(volume, marker.box_id, marker.epoch).write_state(0, 0, 0, [marker.lost])
    volume.close()
    flash.sync()
    made = Marker(
        marker.generation + 1,
        "made",
        marker.box_id,
        marker.epoch,
        marker.block_bytes,
        marker.blocks,
        marker.retired,
        b"",
    )
    markers.write(made)
    flash.sync()
    return made


def renewed(flash, box_id, epoch, marker):
    # The marker that both blocks shall hold, where they do not hold the same.
    generation = marker.generation + 1 if marker is not None else 1
    retired = marker.retired if marker is not None else []
    return Marker(generation, "made", box_id, epoch, flash.block_bytes, flash.blocks, retired, b"")
