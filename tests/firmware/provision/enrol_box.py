# Runs on MicroPython: the exchanges of an enrolment, one after the other. enrol_box.py JOB
#
# JOB: a JSON file with host, port, gateway, ca (DER as hex), fingerprint, box_id, password, new, code, limit_ms and
# `asks`: a list of "ca", "enrol", "rotate"; if there is `before`, that CA is trusted too when the password is changed.
# Prints one line of JSON for each: what came of it, and how long it took.
import asyncio
import json
import sys
import time
from binascii import unhexlify

from firmware.link.door import Door
from firmware.link.names import Names
from firmware.provision import enrol

with open(sys.argv[1]) as file:
    job = json.loads(file.read())
ca_der = unhexlify(job["ca"])
cas = tuple([unhexlify(job[key]) for key in ("before", "ca") if key in job])
limit_ms = job["limit_ms"]
names = Names(lambda name: None, list, lambda most: 0, 500)
door = Door(names, job["host"], job["port"], job["gateway"], limit_ms)


async def ask(what):
    if what == "ca":
        return (await enrol.fetch_ca(door, job["fingerprint"], limit_ms)) == ca_der
    if what == "enrol":
        code = job["code"].encode()
        return await enrol.enrol_box(door, (ca_der,), job["box_id"], job["password"], code, limit_ms)
    return await enrol.change_password(door, cas, job["box_id"], job["password"], job["new"], limit_ms)


async def main():
    for what in job["asks"]:
        started_ms = time.ticks_ms()
        try:
            said = {"result": await ask(what)}
        except enrol.Trouble as bad:
            said = {"trouble": bad.code}
        except enrol.Refusal as bad:
            said = {"refused": bad.code, "final": bad.is_final}
        said["took_ms"] = time.ticks_diff(time.ticks_ms(), started_ms)
        print(json.dumps(said))


asyncio.run(main())
