# Runs on MicroPython: rotations of a box that has its place, with a gateway whose answers are given. rotate_box.py JOB
import asyncio
import json
import os
import sys
from binascii import unhexlify

from firmware.files import Files
from firmware.provision import identity, rotate
from firmware.wire import enrol

with open(sys.argv[1]) as file:
    job = json.loads(file.read())


class Folder:
    # the working directory as a volume
    @staticmethod
    def open(path, mode):
        return open(path[1:], mode)

    @staticmethod
    def rename(old, new):
        os.rename(old[1:], new[1:])


class Door:
    Failed = OSError
    asked = []

    async def open(self, cas):
        assert cas == (unhexlify(job["ca"]),)
        self._left = job["answers"].pop(0).encode()
        return self

    async def send(self, parts, limit_ms):
        question = enrol.decode_question(b"".join(parts))
        self.asked.append([question.password, question.new_password])

    async def read(self, most):
        data, self._left = self._left, b""
        if not data:
            raise Gone()
        return data

    def close(self):
        pass


class Gone(OSError):
    code = "connection_lost"


async def play(known):
    outcomes = []
    for what in job["do"]:
        if what == "restart":
            known = identity.load(files, job["box_id"])
        elif what == "rotate":
            outcomes.append(await rotate.rotate(known, Door(), 1000, os.urandom))
        else:
            outcomes.append(await rotate.resume(known, Door(), 1000))
    return outcomes


files = Files(Folder)
known = identity.load(files, job["box_id"])
known.take(job["code"].encode(), os.urandom)
known.enrolled(unhexlify(job["ca"]))
old = known.now.password
outcomes = asyncio.run(play(known))
known = identity.load(files, job["box_id"])
names = {old: "old"}
shown = []
for pair in Door.asked:
    names.setdefault(pair[1], "new")
    shown.append(names[pair[0]] + ">" + names[pair[1]])
uses = names.get(known.now.password, "neither")
print(json.dumps({"outcomes": outcomes, "uses": uses, "asked": shown, "rotating": known.rotating is not None}))
