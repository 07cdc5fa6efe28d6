# MQTT 3.1.1 packets of a client: values in, bytes out; bytes in, events out. No I/O.
#
# 1. We send CONNECT (clean session), PUBLISH (QoS 0 and 1), PUBACK, SUBSCRIBE, PINGREQ and DISCONNECT.
# 2. We take CONNACK, PUBLISH (QoS 0 and 1), PUBACK, SUBACK and PINGRESP. Anything else, a reserved flag that is set,
#    or a body that is not what its type asks for, is the broker's fault: PacketError, and the connection is over.
# 3. A PUBLISH that is larger than we can hold is no fault: it is passed over, and reported as Skipped, so that a
#    message that somebody left there cannot keep the box off the line for ever.
# 4. A packet identifier is 1 … 65,535 and wraps.
# Source: OASIS MQTT Version 3.1.1, chapters 2 and 3.

from collections import namedtuple

Connack = namedtuple("Connack", "session_present code")
Publish = namedtuple("Publish", "topic payload qos retain pid")
Puback = namedtuple("Puback", "pid")
Suback = namedtuple("Suback", "pid codes")
Pingresp = namedtuple("Pingresp", "")
Skipped = namedtuple("Skipped", "length")

PINGREQ = b"\xc0\x00"
DISCONNECT = b"\xe0\x00"
REFUSED = 0x80

MAX_HELD_BYTES = 8704  # settings of 8,192 bytes, with what is around them
MAX_SKIPPED_BYTES = 1 << 20
MAX_PID = 65535


class PacketError(Exception):
    def __init__(self, code, detail=""):
        super().__init__(code, detail)
        self.code = code
        self.detail = detail


def next_pid(pid):
    return 1 if pid >= MAX_PID else pid + 1


def length_field(length):
    if not 0 <= length <= 268435455:
        raise PacketError("packet_length", str(length))
    out = bytearray()
    while True:
        byte = length & 0x7F
        length >>= 7
        out.append(byte | (0x80 if length else 0))
        if not length:
            return bytes(out)


def _text(value):
    data = value.encode() if isinstance(value, str) else value
    if len(data) > 65535:
        raise PacketError("packet_text", str(len(data)))
    return len(data).to_bytes(2, "big") + data


def _pid_bytes(pid):
    if not 1 <= pid <= MAX_PID:
        raise PacketError("packet_pid", str(pid))
    return pid.to_bytes(2, "big")


def connect(client_id, keepalive_s, user, password, will_topic, will_payload):
    # Clean session; user name and password; a retained last will of QoS 1.
    flags = 0x80 | 0x40 | 0x20 | 0x08 | 0x04 | 0x02
    body = b"\x00\x04MQTT\x04" + bytes([flags]) + keepalive_s.to_bytes(2, "big") + _text(client_id)
    body += _text(will_topic) + _text(will_payload) + _text(user) + _text(password)
    return b"\x10" + length_field(len(body)) + body


def publish_head(topic, length_bytes, qos=0, retain=False, pid=0):
    # Everything before the payload, which is sent from where it lies.
    name = _text(topic)
    if qos not in (0, 1):
        raise PacketError("packet_qos", str(qos))
    tail = _pid_bytes(pid) if qos else b""
    first = 0x30 | (qos << 1) | (1 if retain else 0)
    return bytes([first]) + length_field(len(name) + len(tail) + length_bytes) + name + tail


def puback(pid):
    return b"\x40\x02" + _pid_bytes(pid)


def subscribe(pid, topics):
    body = _pid_bytes(pid)
    for topic, qos in topics:
        body += _text(topic) + bytes([qos])
    return b"\x82" + length_field(len(body)) + body


class Incoming:
    # Bytes in any pieces in, events out.

    def __init__(self, max_held_bytes=MAX_HELD_BYTES):
        self._held = bytearray()
        self._skip_bytes = 0
        self._max_held_bytes = max_held_bytes

    def feed(self, data):
        events = []
        if self._skip_bytes:
            passed = min(self._skip_bytes, len(data))
            self._skip_bytes -= passed
            data = data[passed:]
        self._held.extend(data)
        start = 0
        while True:
            head = _head(self._held, start)
            if head is None:
                break
            first, body_at, length = head
            _check_head(first, length)
            if length > self._max_held_bytes:
                events.append(self._pass_over(first, length))
                left = len(self._held) - body_at
                self._skip_bytes = max(0, length - left)
                start = body_at + min(length, left)
                continue
            if len(self._held) < body_at + length:
                break
            events.append(_event(first, bytes(memoryview(self._held)[body_at : body_at + length])))
            start = body_at + length
        if start:
            self._held = bytearray(memoryview(self._held)[start:])
        return events

    def _pass_over(self, first, length):
        if first >> 4 != 3 or length > MAX_SKIPPED_BYTES:
            raise PacketError("packet_length", str(length))
        return Skipped(length)


def _head(held, at):
    # -> (first byte, where the body begins, its length), or None while the head is not complete.
    length = shift = 0
    for position in range(at + 1, min(at + 5, len(held))):
        length |= (held[position] & 0x7F) << shift
        shift += 7
        if held[position] < 0x80:
            return held[at], position + 1, length
    if len(held) >= at + 5:
        raise PacketError("packet_length", "no end")
    return None


def _check_head(first, length):
    # Before the body is waited for: who speaks another protocol is known by its first bytes.
    kind = first >> 4
    if kind not in (2, 3, 4, 9, 13):
        raise PacketError("packet_type", str(kind))
    if kind != 3 and first & 0x0F:
        raise PacketError("packet_flags", str(first))
    if kind in (2, 4, 13) and length != (0 if kind == 13 else 2):
        raise PacketError("packet_body", "wrong length")


def _event(first, body):
    kind = first >> 4
    if kind == 2:
        return _connack(body)
    if kind == 3:
        return _publish(first & 0x0F, body)
    if kind == 13:
        return Pingresp()
    pid = _taken_pid(body)
    if kind == 4:
        return Puback(pid)
    codes = body[2:]
    if not codes or any(code not in (0, 1, 2, REFUSED) for code in codes):
        raise PacketError("packet_body", "suback")
    return Suback(pid, codes)


def _connack(body):
    if body[0] > 1 or body[1] > 5 or (body[0] and body[1]):
        raise PacketError("packet_body", "connack")
    return Connack(body[0] == 1, body[1])


def _taken_pid(body, at=0):
    if len(body) < at + 2:
        raise PacketError("packet_body", "no packet identifier")
    pid = body[at] << 8 | body[at + 1]
    if not pid:
        raise PacketError("packet_pid", "0")
    return pid


def _publish(flags, body):
    qos = (flags >> 1) & 3
    if qos > 1 or (flags & 8 and not qos):
        raise PacketError("packet_qos", str(flags))
    end = 2 + (body[0] << 8 | body[1]) if len(body) >= 2 else 3
    if end == 2 or len(body) < end:
        raise PacketError("packet_body", "topic")
    try:
        topic = str(body[2:end], "utf-8")
    except UnicodeError:
        raise PacketError("packet_body", "topic is not UTF-8")
    if "\x00" in topic or "#" in topic or "+" in topic:
        raise PacketError("packet_body", "topic")
    pid = _taken_pid(body, end) if qos else 0
    return Publish(topic, body[end + 2 if qos else end :], qos, bool(flags & 1), pid)
