# Which commands were executed, and what was answered: one small file, `/cmd/done`.
#
# 1. Its first line is the floor: `<gateway_boot|-> <deadline_ms>`. Then one line for each command, oldest first:
#    `<id> <gateway_boot> <deadline_ms> <name> <outcome|begun> <answer>`.
# 2. MOST are kept. To make room, first those of other boots of the gateway go: their commands are refused anyway. Then
#    the one with the earliest deadline, and the floor rises to it: what is not above the floor counts as expired. So
#    nothing that was executed can ever be executed again, and the file stays small.
# 3. Answers are kept while all of them together are not longer than ANSWERS_BYTES; the oldest go first. Asked again for
#    one that went, the box says so.

MOST = 32
ANSWERS_BYTES = 2048
_PATH = "/cmd/done"
NOT_KEPT = b'{"code": "answer_not_kept"}'


class Done:
    def __init__(self, files):
        self._files = files
        self._lines = (files.read(_PATH) or b"- 0").split(b"\n")

    def find(self, command_id):
        # -> (outcome, answer), or None. Begun, and nobody knows how it ended: interrupted.
        at = self._index(command_id)
        if at is None:
            return None
        outcome, answer = self._lines[at].split(b" ", 5)[4:]
        return ("interrupted" if outcome == b"begun" else outcome.decode()), answer

    def is_below_floor(self, gateway_boot, deadline_ms):
        boot, floor_ms = self._lines[0].split(b" ")
        return boot == gateway_boot.encode() and deadline_ms <= int(floor_ms)

    def begun(self):
        # -> [(id, name)] of what has no outcome
        entries = [line.split(b" ", 5) for line in self._lines[1:] if b" begun " in line]
        return [(entry[0].decode(), entry[3].decode()) for entry in entries if entry[4] == b"begun"]

    def put(self, command, outcome, answer=b""):
        if self._index(command.id) is None:
            self._make_room(command.gateway_boot.encode())
            head = (command.id, command.gateway_boot, str(command.deadline_ms), command.name, "begun", "")
            self._lines.append(" ".join(head).encode())
        self.settle(command.id, outcome, answer)

    def settle(self, command_id, outcome, answer=b""):
        at = self._index(command_id)
        head = self._lines[at].split(b" ", 5)[:4]
        self._lines[at] = b" ".join(head + [outcome.encode(), answer])
        self._cut_answers()
        self._files.make_folder("/cmd")
        self._files.write(_PATH, b"\n".join(self._lines))

    def _index(self, command_id):
        wanted = command_id.encode() + b" "
        for at in range(1, len(self._lines)):
            if self._lines[at].startswith(wanted):
                return at
        return None

    def _make_room(self, boot):
        lines = self._lines
        if len(lines) <= MOST:
            return
        earliest, at = None, 1
        for index in range(1, len(lines)):
            _, of_boot, deadline, _ = lines[index].split(b" ", 3)
            if of_boot != boot:
                del lines[index]
                return
            if earliest is None or int(deadline) < earliest:
                earliest, at = int(deadline), index
        floor_boot, floor_ms = lines[0].split(b" ")
        if floor_boot == boot:
            earliest = max(earliest, int(floor_ms))
        lines[0] = boot + b" %d" % earliest
        del lines[at]

    def _cut_answers(self):
        room_bytes = ANSWERS_BYTES
        for at in range(len(self._lines) - 1, 0, -1):
            fields = self._lines[at].split(b" ", 5)
            if fields[5] == NOT_KEPT:
                continue
            room_bytes -= len(fields[5])
            if room_bytes < 0 and fields[5]:
                self._lines[at] = b" ".join(fields[:5] + [NOT_KEPT])
