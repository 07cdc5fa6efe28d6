# The log, read out in parts, the newest line first: never more than one part of it is in memory.
#
# 1. One pass finds the whole lines and their lengths; what is damaged is counted, and told at the head of part 1.
# 2. Each part is read on its own, when it is asked for. Lines that were written meanwhile are not in it.
# 3. Where the old file has been replaced meanwhile, parts come shorter: nothing is made up.

PART_BYTES = 1024  # several of them wait in memory to be sent
_MOST_PARTS = 64
_MOST_LINE_BYTES = 1024


class LogParts:
    # `log`: firmware.log as it is handed in: `.files`; `paths`, `is_whole`: of that module.
    def __init__(self, log, paths, is_whole, lines, skip):
        log.flush()
        self._fs = log.files.fs
        self._paths = paths
        self._is_whole = is_whole
        lengths, self.damaged = self._survey()
        last = max(0, len(lengths) - skip)
        self._parts = _packed(lengths, max(0, last - lines), last)
        self.count = len(self._parts)

    def part(self, number):
        # -> bytes of part `number`, from 1 on
        first, last = self._parts[number - 1]
        found = []
        index = 0
        lines = self._whole_lines()
        try:
            while index < last:
                line = next(lines, None)
                if line is None:
                    break
                if index >= first:
                    found.append(line)
                index += 1
        finally:
            lines.close()  # and with it the file: the garbage collector must not
        if number == 1:
            found.append(b"# damaged lines: %d\n" % self.damaged)
        found.reverse()
        return b"".join(found)

    def _survey(self):
        self._damaged = 0
        lengths = [len(line) for line in self._whole_lines()]
        return lengths, self._damaged

    def _whole_lines(self):
        for path in self._paths:
            try:
                file = self._fs.open(path, "rb")
            except OSError:
                continue
            try:
                while True:
                    line = file.readline(_MOST_LINE_BYTES)
                    if not line:
                        break
                    if self._is_whole(line):
                        yield line
                    else:
                        self._damaged += 1
            finally:
                file.close()


def _packed(lengths, first, last):
    # -> [(first, behind the last)] of each part, newest first; there is always one
    parts = []
    size = 64  # what part 1 says about damage
    end = begin = last
    while begin > first:
        if size + lengths[begin - 1] > PART_BYTES and begin < end:
            parts.append((begin, end))
            end = begin
            size = 0
        begin -= 1
        size += lengths[begin]
    parts.append((begin, end))
    return parts[:_MOST_PARTS]
