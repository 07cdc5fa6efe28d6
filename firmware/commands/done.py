# Which commands were executed, and what was answered: one small file, `/cmd/done`.
#
# 1. Its first line is the floor: `<gateway_boot|-> <deadline_ms>`. Then one line for each command, oldest first:
#    `<id> <gateway_boot> <deadline_ms> <name> <outcome|begun> <answer>`.
# 2. MOST are kept. To make room, first those of other boots of the gateway go: their commands are refused anyway. Then
#    the one with the earliest deadline, and the floor rises to it: what is not above the floor counts as expired. So
#    nothing that was executed can ever be executed again, and the file stays small.
# 3. An answer longer than ANSWER_BYTES is not kept; asked again, the box says so.

MOST = 32
ANSWER_BYTES = 160
_PATH = "/cmd/done"
_NOT_KEPT = b'{"code": "answer_not_kept"}'


class Done:
    def __init__(self, files):
        self._files = files
        self._floor = (b"-", 0)
        self._entries = []  # [id, boot, deadline, name, outcome, answer], bytes
        data = files.read(_PATH)
        if data:
            lines = data.split(b"\n")
            boot, deadline_ms = lines[0].split(b" ")
            self._floor = (boot, int(deadline_ms))
            self._entries = [line.split(b" ", 5) for line in lines[1:]]

    def find(self, command_id):
        # -> (outcome, answer), or None. Begun, and nobody knows how it ended: interrupted.
        entry = self._entry(command_id)
        return entry and ("interrupted" if entry[4] == b"begun" else entry[4].decode(), entry[5])

    def is_below_floor(self, gateway_boot, deadline_ms):
        return self._floor[0] == gateway_boot.encode() and deadline_ms <= self._floor[1]

    def begun(self):
        # -> [(id, name)] of what has no outcome
        return [(entry[0].decode(), entry[3].decode()) for entry in self._entries if entry[4] == b"begun"]

    def put(self, command, outcome, answer=b""):
        self.settle(command.id, outcome, answer, command)

    def settle(self, command_id, outcome, answer=b"", command=None):
        if len(answer) > ANSWER_BYTES:
            answer = _NOT_KEPT
        entry = self._entry(command_id)
        if entry is None:
            boot = command.gateway_boot.encode()
            self._make_room(boot)
            entry = [command_id.encode(), boot, b"%d" % command.deadline_ms, command.name.encode(), b"", b""]
            self._entries.append(entry)
        entry[4:] = [outcome.encode(), answer]
        head = self._floor[0] + b" %d" % self._floor[1]
        self._files.make_folder("/cmd")
        self._files.write(_PATH, b"\n".join([head] + [b" ".join(one) for one in self._entries]))

    def _entry(self, command_id):
        wanted = command_id.encode()
        for entry in self._entries:
            if entry[0] == wanted:
                return entry
        return None

    def _make_room(self, boot):
        if len(self._entries) < MOST:
            return
        for entry in self._entries:
            if entry[1] != boot:
                self._entries.remove(entry)
                return
        first = min(self._entries, key=lambda entry: int(entry[2]))
        self._floor = (boot, max(int(first[2]), self._floor[1] if self._floor[0] == boot else 0))
        self._entries.remove(first)
