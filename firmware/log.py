# A log that survives: what happened, line by line, in two files of the system volume.
#
# 1. A line is `<crc> <boot> <uptime_ms> <word> <facts as JSON>`; the crc covers what follows it. Who reads skips and
#    counts a line that does not fit its crc.
# 2. Lines wait in memory and are written together: when WAIT_BYTES are waiting or after WAIT_MS, and only while the
#    box is quiet. What is urgent is written at once.
# 3. A file that is full becomes the old one by a rename, which replaces the old one before it: a power cut leaves one
#    or two whole files. Together they never hold more than `limit_bytes`.
# 4. What repeats itself (same word, same texts) within SAME_MS is one line that says how often: a link that flaps all
#    night pushes nothing else out, and does not wear out the flash.
# 5. Secrets are masked here, whoever hands them in. What a code says never comes here.
# 6. Where the flash cannot be written, or memory is short, the newest WAIT_MOST_BYTES are kept, and it is tried again:
#    nobody waits for it.

import json
from binascii import crc32

PATHS = ("/log/old", "/log/now")
WAIT_MS = 30000
WAIT_BYTES = 512
SAME_MS = 300000
_WAIT_MOST_BYTES = 2048
_MOST_SAME = 12
_MOST_FACTS_BYTES = 700
_MOST_TEXT = 400
_CRASH = "/log/crash"
_CRASH_SHOWN = 80
_SECRETS = ("password", "token", "control_key", "wifi", "old", "new", "argument")


class Log:
    # `quiet()`: True while a write may hold the box up.
    def __init__(self, files, boot, now_ms, limit_bytes, quiet=None):
        self.files = files
        self._boot = boot
        self._now_ms = now_ms
        self._file_bytes = limit_bytes // 2
        self._quiet = quiet
        self._waiting = []
        self._waiting_bytes = 0
        self._due_ms = None
        self._same = {}  # (word, texts) -> [since when, how often since, when last, facts]
        self.writes = self.dropped = self.errors = 0
        files.make_folder("/log")
        self._old_bytes, self._size_bytes = [_size(files.fs, path) for path in PATHS]
        crash = files.read(_CRASH)
        self.crash = None  # the end of what the boot before this one ended with
        if crash is not None:
            self.crash = crash.decode()[-_CRASH_SHOWN:]
            self._append(0, "crash", {"trace": crash.decode()})
            self.flush()
            files.remove(_CRASH)

    @property
    def size_bytes(self):
        return self._old_bytes + self._size_bytes

    def rename(self, boot):
        self._boot = boot

    def add(self, word, facts, urgent=False):
        now = self._now_ms()
        if not urgent:
            key = (word, ",".join([value for value in facts.values() if isinstance(value, str)]))
            same = self._same.get(key)
            if same and now - same[0] < SAME_MS:
                same[1] += 1
                same[2] = now
                return
            self._repeats(now)
            if len(self._same) < _MOST_SAME:
                self._same[key] = [now, 0, now, facts]
        self._append(now, word, facts)
        if urgent:
            self.flush()
        elif self._due_ms is None:
            self._due_ms = now + WAIT_MS

    def tick(self):
        # To be called about once a second.
        now = self._now_ms()
        self._repeats(now)
        if self._due_ms is None or (now < self._due_ms and self._waiting_bytes < WAIT_BYTES):
            return
        if self._quiet is None or self._quiet() or now > self._due_ms + WAIT_MS:
            self.flush()

    def flush(self):
        if not self._waiting:
            return
        try:
            self._write(b"".join(self._waiting))
        except (OSError, MemoryError):
            self.errors += 1
            self._due_ms = self._now_ms() + WAIT_MS
            return
        self.writes += 1
        self._waiting = []
        self._waiting_bytes = 0
        self._due_ms = None

    def _repeats(self, now):
        for key, (since_ms, count, last_ms, facts) in list(self._same.items()):
            if now - since_ms >= SAME_MS:
                del self._same[key]
                if count:
                    self._append(last_ms, key[0], facts, count)
                    self._due_ms = self._due_ms or now + WAIT_MS

    def _append(self, uptime_ms, word, facts, again=0):
        line = line_of(self._boot, uptime_ms, word, facts, again)
        self._waiting.append(line)
        self._waiting_bytes += len(line)
        while self._waiting_bytes > _WAIT_MOST_BYTES and len(self._waiting) > 1:
            self._waiting_bytes -= len(self._waiting.pop(0))
            self.dropped += 1

    def _write(self, batch):
        fs = self.files.fs
        if self._size_bytes and self._size_bytes + len(batch) > self._file_bytes:
            fs.rename(PATHS[1], PATHS[0])
            self._old_bytes, self._size_bytes = self._size_bytes, 0
        file = fs.open(PATHS[1], "ab")
        try:
            file.write(batch)
        except BaseException:
            _close_anyhow(file)
            raise
        file.close()
        self._size_bytes += len(batch)


def line_of(boot, uptime_ms, word, facts, again=0):
    told = {}
    for key, value in facts.items():
        if key in _SECRETS:
            value = "***"
        elif isinstance(value, str) and len(value) > _MOST_TEXT:
            value = value[:_MOST_TEXT]
        told[key] = value
    if again:
        told["again"] = again
    text = json.dumps(told)
    if len(text) > _MOST_FACTS_BYTES:
        text = '{"cut": %d}' % len(text)
    line = ("%d %d %s " % (boot, uptime_ms, word) + text).encode()
    return b"%08x " % (crc32(line) & 0xFFFFFFFF) + line + b"\n"


def is_whole(line):
    # `line`: with its line end
    return line[8:9] == b" " and line[-1:] == b"\n" and b"%08x" % (crc32(line[9:-1]) & 0xFFFFFFFF) == line[:8]


def keep_crash(files, trace):
    # For the last moment before a restart: the next start finds it and writes it into the log.
    files.make_folder("/log")
    files.write(_CRASH, trace[-_MOST_TEXT:].encode())


def _size(fs, path):
    try:
        file = fs.open(path, "rb")
    except OSError:
        return 0
    try:
        return file.seek(0, 2)
    finally:
        file.close()


def _close_anyhow(file):
    # littlefs does not sync a file whose write has failed: closing it leaves what was there before.
    try:
        file.close()
    except OSError:
        pass
