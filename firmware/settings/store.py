# The settings in flash. Three small files, each written whole or not at all (firmware/files.py):
#
#   /set/good     `<version>` LF <the wish as it came>            what was confirmed last
#   /set/trial    `<version> <starts> <reader>` LF <the wish>     what is being tried: started how often, and how the
#                                                                 reader was before
#   /set/refused  `<version> <code> <key|->`                      the last one that was not taken, or given up
#
# The order of every change, so that a power cut anywhere leaves the old settings or the new ones:
# 1. A new wish: `trial`. It names all networks, so those that were dropped before are known again. The box starts anew.
# 2. Each start on a trial: `trial` with one start more, before anything of it is used.
# 3. Confirmed: `good`, then `trial` goes, then `refused` goes. Cut off between: a trial of the version of `good` goes.
# 4. Given up: `refused`, then `trial` goes. Cut off between: a trial of the version of `refused` goes.
# 5. Refused before it was tried: `refused`, nothing else.

_GOOD = "/set/good"
_TRIAL = "/set/trial"
_REFUSED = "/set/refused"
_DROPPED = "/set/dropped"


class Store:
    def __init__(self, files):
        self._files = files

    # Reading: each -> None where there is nothing whole

    def good(self):
        # -> (version, text)
        head, text = self._read(_GOOD, 1)
        return head and (int(head[0]), text)

    def trial(self):
        # -> (version, starts, reader, text)
        head, text = self._read(_TRIAL, 3)
        return head and (int(head[0]), int(head[1]), head[2], text)

    def refused(self):
        # -> (version, code, key)
        head, _ = self._read(_REFUSED, 3)
        return head and (int(head[0]), head[1], "" if head[2] == "-" else head[2])

    def _read(self, path, count):
        data = self._files.read(path)
        if data is None:
            return None, None
        head, _, text = data.partition(b"\n")
        fields = head.decode().split(" ")
        return (fields, text.decode()) if len(fields) == count else (None, None)

    # Changes

    def try_out(self, version, reader, text, starts=0):
        self._write(_TRIAL, "%d %d %s\n" % (version, starts, reader or "-") + text)
        if not starts:
            self._files.remove(_DROPPED)

    def confirm(self):
        version, _, _, text = self.trial()
        self._write(_GOOD, "%d\n" % version + text)
        self._files.remove(_TRIAL)
        self._files.remove(_REFUSED)

    def refuse(self, version, code, key=""):
        self._write(_REFUSED, "%d %s %s" % (version, code, key.replace(" ", "_")[:64] or "-"))

    def give_up(self, version, code, key=""):
        self.refuse(version, code, key)
        self._files.remove(_TRIAL)

    def drop_trial(self):
        self._files.remove(_TRIAL)

    def drop_good(self):
        self._files.remove(_GOOD)

    def clear(self):
        # For a box that becomes another: what was wished for the old one says nothing about the new one.
        for path in (_TRIAL, _GOOD, _REFUSED):
            self._files.remove(path)

    def _write(self, path, text):
        self._files.make_folder("/set")
        self._files.write(path, text.encode())
