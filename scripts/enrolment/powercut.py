# Runs on MicroPython: a power cut at every flash operation of what changes a box's identity, in every tearing mode.
#
#   powercut.py CODES STORY PROG_BYTES STRIDE OFFSET NESTED MODE,MODE…
#
# CODES: a JSON file with `modulus` (hex), `box_id`, `ca` (hex, DER) and `codes`: `here`, `there`, and `again` for the
# same gateway as `here`. The story is made once, on a real littlefs, with a journal of its flash operations. Then, for
# every STRIDE-th operation from OFFSET on and for every mode, the image is made in which that operation is torn. The
# box that starts from it must mount it, be what it was or what it becomes, get to the story's end with the same
# gateway, and end with the password that the gateway has; whenever it starts it trusts the authority that the gateway
# shows. NESTED operations of that recovery are torn in turn.
# Prints `done {"cuts": …}`.

import asyncio
import json
import sys
from binascii import unhexlify
from hashlib import sha256

import vfs
from ramflash import RamFlash, apply, torn

from firmware.files import Files
from firmware.provision import check, enrol, identity, rotate, trust
from firmware.wire import enrol as wire
from firmware.wire import provisioning

BLOCKS, BLOCK_BYTES = 24, 4096
OTHERS = {"/fleet.key": b"f" * 512, "/slot": b"a", "/set/now": b"{}" * 90}


class Draw:
    def __init__(self, seed):
        self._state = seed * 2654435761 & 0xFFFFFFFF

    def below(self, most):
        self._state = (self._state * 1103515245 + 12345) & 0xFFFFFFFF
        return (self._state >> 8) % most

    def bytes(self, count):
        return bytes([self.below(256) for _ in range(count)])


class Gateway:
    # What SPEC §13 asks of one, in memory. `history` says when its passwords changed, in flash operations of the box.
    # Which authority it shows is kept in the same way, as if it were a password.
    Failed = OSError

    def __init__(self, given, history=()):
        self.given = given
        self.passwords = {}  # (gateway, box) -> password
        self.spent = {}  # token -> (box, password)
        self.history = list(history)
        for event in self.history:
            self._apply(event)

    def _apply(self, event):
        _, gateway, box_id, password, token = event
        self.passwords[gateway, box_id] = password
        if token:
            self.spent[token] = (box_id, password)

    def learn(self, clock, *event):
        self.history.append([clock()] + list(event))  # noqa: RUF005  (MicroPython has no other way)
        self._apply(self.history[-1])

    def shown(self, box_id):
        return self.given[self.passwords.get(("shows", box_id), "ca")]

    def answer(self, question, gateway, clock):
        if question.word == "ca":
            return wire.ca(self.given["ca"])
        box_id, password = question.box_id, question.password
        if question.word == "rotate":
            have = self.passwords.get((gateway, box_id))
            if have not in (password, question.new_password):
                return wire.refused("password")
            self.learn(clock, gateway, box_id, question.new_password, None)
            return wire.enrolled(box_id)
        wanted, _, _ = provisioning.decode(question.code)
        if self.spent.get(wanted.token, (box_id, password)) != (box_id, password):
            return wire.refused("token_spent")
        self.learn(clock, wanted.gateway, box_id, password, wanted.token)
        return wire.enrolled(box_id)


class Door:
    Failed = OSError

    def __init__(self, gateway, name, clock):
        self._gateway = gateway
        self._name = name
        self._clock = clock

    async def open(self, cas):
        return self

    async def send(self, parts, limit_ms):
        answer = self._gateway.answer(wire.decode_question(b"".join(parts)), self._name, self._clock)
        self._left = wire.encode_answer(answer)

    async def read(self, most):
        data, self._left = self._left[:most], self._left[most:]
        return data

    def close(self):
        pass


class Box:
    def __init__(self, flash, gateway, given, draw, fresh=False):
        if fresh:
            vfs.VfsLfs2.mkfs(flash, readsize=128, progsize=flash.prog_bytes, lookahead=32)
        self.files = Files(vfs.VfsLfs2(flash, readsize=128, progsize=flash.prog_bytes, lookahead=32, mtime=False))
        if fresh:
            self.files.make_folder("/set")
            for path, data in OTHERS.items():
                self.files.write(path, data)
        self.gateway = gateway
        self.given = given
        self.draw = draw
        self.clock = lambda: len(flash.journal or ())
        self.identity = identity.load(self.files, given["box_id"])
        if self.identity.now:
            check_(gateway.shown(given["box_id"]) in self.identity.now.cas(), "not the gateway's authority")

    def trust(self, name, is_only):
        known, shown = self.identity, self.gateway.shown(self.given["box_id"])
        cas = known.now.cas()
        signer = sha256(shown).digest()
        wanted, code = asyncio.run(trust.settle(cas, self.given[name], is_only, signer, None, 1000))
        check_(code is None, "refused", code)
        if wanted != cas:
            known.trust(wanted)

    def show(self, text, button=False):
        return check.take(self.identity, self.given["modulus"], text, button, None, self.draw.bytes)

    def be_enrolled(self):
        code, known = self.identity.code, self.identity
        wanted, _, _ = provisioning.decode(code)
        door = Door(self.gateway, wanted.gateway, self.clock)
        ca_der = asyncio.run(enrol.fetch_ca(door, wanted.ca, 1000))
        asyncio.run(enrol.enrol_box(door, (ca_der,), known.box_id, known.password, code, 1000))
        known.enrolled(ca_der)

    def rotate(self):
        door = Door(self.gateway, self.identity.now.gateway, self.clock)
        return asyncio.run(rotate.rotate(self.identity, door, 1000, self.draw.bytes))

    def resume(self):
        door = Door(self.gateway, self.identity.now.gateway, self.clock)
        return asyncio.run(rotate.resume(self.identity, door, 1000))


# The stories: what happens, and what must come out of it, whoever was cut where.


def new_box(box, code, other):
    if box.identity.now is None and box.identity.code is None:
        check_(box.show(code) is None, "the code is not taken")
    if box.identity.code is not None:
        box.be_enrolled()


def moved_box(box, code, other):
    new_box_or_none(box, code)
    if box.identity.now.gateway == "gw-here" and box.identity.code is None:
        check_(box.show(other, button=True) is None, "the other code is not taken")
    if box.identity.code is not None:
        box.be_enrolled()


def same_gateway(box, code, other):
    # a code for the gateway that it has already, heard there, but the answer never comes: dropped
    new_box_or_none(box, code)
    known = box.identity
    if known.code is None and provisioning.decode(other)[0].token not in box.gateway.spent:
        check_(box.show(other, button=True) is None, "the other code is not taken")
    if known.code is not None:
        wanted, _, _ = provisioning.decode(known.code)
        door = Door(box.gateway, wanted.gateway, box.clock)
        asyncio.run(enrol.enrol_box(door, (), known.box_id, known.password, known.code, 1000))
        known.drop()
    box.resume()


def rotated(box, code, other):
    new_box_or_none(box, code)
    box.rotate()


def trusted(box, code, other):
    # a second authority, the gateway's change to it, and the first one is dropped
    new_box_or_none(box, code)
    if box.gateway.shown(box.given["box_id"]) == box.given["ca"]:
        box.trust("ca2", False)
        box.gateway.learn(box.clock, "shows", box.given["box_id"], "ca2", None)
    box.trust("ca2", True)


def restarts(box, code, other):
    # a box with a place, busy with a code whose gateway is never there, that loses its power again and again
    new_box_or_none(box, code)
    if box.identity.code is None and box.identity.now.gateway == "gw-here":
        box.show(other, button=True)
    while box.identity.code is not None:
        box.identity = identity.load(box.files, box.given["box_id"])
        box.identity.start()


def new_box_or_none(box, code):
    if box.identity.now is None:
        new_box(box, code, None)


STORIES = {
    "new_box": (new_box, "here", "there", "gw-here"),
    "moved_box": (moved_box, "here", "there", "gw-there"),
    "same_gateway": (same_gateway, "here", "again", "gw-here"),
    "rotated": (rotated, "here", "there", "gw-here"),
    "trusted": (trusted, "here", "there", "gw-here"),
    "restarts": (restarts, "here", "there", "gw-here"),
}


def check_(holds, what, *more):
    if not holds:
        raise AssertionError(what + " " + " ".join([str(one) for one in more]))


def check_end(box, gateway_name):
    for path, data in OTHERS.items():
        check_(box.files.read(path) == data, "another file is not what it was", path)
    again = identity.load(box.files, box.given["box_id"])
    check_(again.now is not None and again.code is None, "no identity, or still busy")
    check_(again.now.gateway == gateway_name, "another gateway", again.now.gateway)
    have = box.gateway.passwords[gateway_name, box.given["box_id"]]
    check_(again.now.password == have, "not the password that the gateway has")
    check_(again.now.cas() == (box.gateway.shown(box.given["box_id"]),), "not the gateway's authority, and no other")


def after_cut(image, history, given, story, prog_bytes, seed, nested, modes, draw):
    # -> how many images were checked
    tell, first, second, gateway_name = story
    flash = RamFlash(BLOCKS, BLOCK_BYTES, image, prog_bytes)
    flash.journal = journal = []
    box = Box(flash, Gateway(given, history), given, Draw(seed))
    begun = len(box.gateway.history)
    tell(box, given[first], given[second])
    flash.journal = None
    check_end(box, gateway_name)
    count = 1
    if not nested or not journal:
        return count
    points = range(len(journal)) if len(journal) <= nested else [draw.below(len(journal)) for _ in range(nested)]
    for point in points:
        again = bytearray(image)
        for operation in journal[:point]:
            apply(again, operation, BLOCK_BYTES)
        torn(again, journal[point], BLOCK_BYTES, modes[draw.below(len(modes))], draw.below)
        known = history + [event for event in box.gateway.history[begun:] if event[0] <= point]
        count += after_cut(again, known, given, story, prog_bytes, seed + 1, 0, modes, draw)
    return count


def main(path, name, prog_bytes, stride, offset, nested, modes):
    with open(path) as file:
        given = json.loads(file.read())
    for key in ("modulus", "ca", "ca2"):
        given[key] = unhexlify(given[key])
    for key, code in given.pop("codes").items():
        given[key] = code.encode()
    story, draw = STORIES[name], Draw(7)
    flash = RamFlash(BLOCKS, BLOCK_BYTES, None, prog_bytes)
    box = Box(flash, Gateway(given), given, Draw(1), fresh=True)
    image = bytearray(flash.image)
    flash.journal = journal = []
    story[0](box, given[story[1]], given[story[2]])
    flash.journal = None
    check_end(box, story[3])
    images = cuts = 0
    for cut in range(len(journal)):
        if cut % stride == offset:
            history = [event for event in box.gateway.history if event[0] <= cut]
            for mode in modes:
                broken = bytearray(image)
                torn(broken, journal[cut], BLOCK_BYTES, mode, draw.below)
                try:
                    images += after_cut(broken, history, given, story, prog_bytes, 100 + cut, nested, modes, draw)
                except Exception:
                    print("cut", cut, "of", len(journal), "mode", mode)
                    raise
                cuts += 1
        apply(image, journal[cut], BLOCK_BYTES)
    print("done", json.dumps({"operations": len(journal), "cuts": cuts, "images": images}))


path, name, prog_bytes, stride, offset, nested, modes = sys.argv[1:8]
main(path, name, int(prog_bytes), int(stride), int(offset), int(nested), modes.split(","))
