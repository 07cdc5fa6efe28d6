# Who this box is, where it belongs and how it proves it: twice on the system volume, /id.a and /id.b.
#
# 1. All of it is one sealed file, written whole, first as /id.a, then as /id.b; each carries a number that grows. The
#    newest that is whole counts, and the other is mended when it is read: a cut leaves the old state or the new one.
# 2. `now`: the identity in use. It stays in use until the gateway has answered that there is a new one.
# 3. `code` and `password`: a code that was taken and whose enrolment is not finished, with the password that the box
#    drew for it. They are on flash before the token leaves the box: who was cut off asks again with the same password,
#    and the gateway answers alike.
# 4. A box that has its place and does not get through with a new code drops it, and is what it was.
# 5. `rotating`: the one password, beside that in use, that this box's gateway may have by now: drawn for a rotation, or
#    for a code that names the gateway that the box has already. Asked to change the old one into it, the gateway says
#    yes in both cases, so the box asks before it relies on either. There is never a second one.
# 6. `floor_ms`: when the code was issued that it was enrolled with last; older ones are not taken any more.
# 7. What was written for another box (a copied flash) is not ours: the box is new.
# 8. Secrets are shown nowhere, and repr says so.
# 9. `ca` is the gateway's authority, and `ca2`, where it is, a second one that is trusted as well: that is how a
#    gateway gets a new one without anybody visiting its boxes (trust.py).
#
# Reading it, as every start does, loads nothing else: what codes and passwords look like is loaded where one changes.

import json
from binascii import a2b_base64, b2a_base64

PATHS = ("/id.a", "/id.b")
MOST_STARTS = 3  # of a box with a place, busy with a new code
_KEPT = ("gateway", "host", "port", "enrol_port", "wifi", "place", "gate", "direction")


_CAS = ("ca", "ca2")


class Known:
    # An identity in use.
    def __init__(self, values):
        self._values = values

    def __repr__(self):
        return "Known(%s at %s, ***)" % (self._values["box_id"], self._values["gateway"])

    def __getattr__(self, name):
        if name[:1] != "_" and name in self._values:
            return self._values[name]
        raise AttributeError(name)

    def cas(self):
        # -> one or two certificates, DER
        return tuple([a2b_base64(self._values[key]) for key in _CAS if key in self._values])

    def settings(self):
        # as in a config file
        v = self._values
        link = {"host": v["host"], "port": v["port"], "tls": True, "gateway": v["gateway"]}
        link["enrol_port"] = v["enrol_port"]
        gate = {"place": v["place"], "gate": v["gate"], "direction": v["direction"]}
        return {"box_id": v["box_id"], "password": v["password"], "wifi": v["wifi"], "link": link, "gate": gate}


class Identity:
    def __init__(self, files, box_id, state):
        self._files = files
        self._state = state
        self.box_id = box_id

    def __repr__(self):
        return "Identity(%s, now=%s, busy=%s)" % (self.box_id, self.now, self.code is not None)

    @property
    def now(self):
        values = self._state.get("now")
        return Known(values) if values and values["box_id"] == self.box_id else None

    @property
    def code(self):
        text = self._state.get("code")
        return text.encode() if text and self._state.get("for") == self.box_id else None

    @property
    def password(self):
        return self._state.get("password")

    @property
    def rotating(self):
        return self._state.get("rotating") if self.now else None

    @property
    def floor_ms(self):
        return self._state.get("floor_ms", 0)

    def busy_ms(self):
        return _wanted(self.code).issued_ms if self.code else 0

    # Enrolment

    def take(self, text, random_bytes):
        # The caller has checked it. A code that the box was busy with before is dropped for it.
        wanted = _wanted(text)
        password = draw_password(random_bytes)
        change = {"code": text.decode(), "for": self.box_id, "starts": 0}
        if self.now is not None and wanted.gateway == self.now.gateway:
            change["rotating"] = password = self.rotating or password
        change["password"] = password
        self._write(change)

    def start(self):
        # -> False: a box with a place has begun this too often, and the code is dropped
        if self.now is None:
            return True
        if self._state.get("starts", 0) >= MOST_STARTS:
            self.drop()
            return False
        self._write({"starts": self._state.get("starts", 0) + 1})
        return True

    def enrolled(self, ca_der):
        wanted = _wanted(self.code)
        values = {key: getattr(wanted, key) for key in _KEPT}
        values["box_id"] = self.box_id
        values["password"] = self.password
        values["ca"] = _text(ca_der)
        self._write(_NOT_BUSY, {"now": values, "floor_ms": wanted.issued_ms, "rotating": None})

    def drop(self):
        self._write(_NOT_BUSY)

    def trust(self, cas):
        # from now on these, one or two
        values = {key: value for key, value in self._state["now"].items() if key not in _CAS}
        for key, ca_der in zip(_CAS, cas):
            values[key] = _text(ca_der)
        self._write({"now": values})

    # The password

    def rotate(self, random_bytes):
        # -> the password to change to. One that the gateway may have already stays the one to change to.
        if self.rotating is None:
            self._write({"rotating": draw_password(random_bytes)})
        return self.rotating

    def rotated(self):
        values = dict(self._state["now"])
        values["password"] = self.rotating
        self._write({"now": values, "rotating": None})

    def not_rotated(self):
        # the gateway has said no: whatever it has, it is not this one
        self._write({"rotating": None})

    # Flash

    def _write(self, *changes):
        state = dict(self._state)
        for change in changes:
            state.update(change)
        state = {key: value for key, value in state.items() if value is not None}
        state["v"], state["n"] = 1, self._state.get("n", 0) + 1
        data = json.dumps(state).encode()
        self._files.write(PATHS[0], data)
        self._state = state  # from here on it is what counts, whatever becomes of the second one
        self._files.write(PATHS[1], data)


_NOT_BUSY = {"code": None, "password": None, "for": None, "starts": None}


def _text(der):
    return b2a_base64(der).decode().strip()


def _wanted(code):
    from firmware.wire import provisioning

    return provisioning.decode(code)[0]


def draw_password(random_bytes):
    from firmware.wire import base64url
    from firmware.wire.enrol import PASSWORD_BYTES

    return base64url.encode(random_bytes(PASSWORD_BYTES)).decode()


def load(files, box_id):
    found = [files.read(path) for path in PATHS]
    states = [_state(data) for data in found]
    newest = 1 if states[1].get("n", 0) > states[0].get("n", 0) else 0
    if found[newest] is not None and found[1 - newest] != found[newest] and states[newest]:
        try:
            files.write(PATHS[1 - newest], found[newest])
        except OSError:
            pass  # a flash that takes nothing any more can still be read
    return Identity(files, box_id, states[newest])


def _state(data):
    # -> what is in a file; {} if there is nothing that this code can read
    try:
        state = json.loads(data.decode()) if data else {}
    except ValueError:  # UnicodeError is one too
        return {}
    return state if isinstance(state, dict) and state.get("v") == 1 and type(state.get("n")) is int else {}
