# Records that a segment should hold and cannot give any more, looked for in the whole flash: a copy may lie where
# littlefs does not look any more, or the file's list of blocks is broken and the blocks are there.


MOST_BYTES = 20000


def search(carver, epoch, holes):
    # -> {seq: record} of what is missing; one segment's worth at a time, for the memory's sake
    found = {}
    total = 0
    for number in range(carver.blocks):
        for its_epoch, seq, record in carver.block(number):
            if its_epoch == epoch and seq not in found and any(low <= seq <= high for low, high in holes):
                found[seq] = record
                total += len(record)
                if total > MOST_BYTES:
                    return found
    return found


def mend(segments, found):
    # Writes the segments anew that these belong to.
    for first in list(segments.firsts):
        mine = {}
        for seq in found:
            if segments.firsts[segments.index_of(seq)] == first and seq <= segments.end:
                mine[seq] = found[seq]
        if mine:
            segments.rewrite(first, mine)


def without(first, last, found):
    # -> [(low, high)] of the numbers first … last that are not in `found`
    parts = []
    low = first
    for seq in sorted(found):
        if first <= seq <= last:
            if low < seq:
                parts.append((low, seq - 1))
            low = seq + 1
    if low <= last:
        parts.append((low, last))
    return parts
