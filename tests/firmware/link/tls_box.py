# Runs under MicroPython: connects over TLS as often as asked, each time one line and its answer, and prints what came
# of it. The only argument is a file of JSON: {"port", "name", "ca": [file, …], "times", "limit_ms", "say": text}.
import asyncio
import gc
import json
import os
import sys
import time
from binascii import hexlify

from firmware.link.errors import LinkError
from firmware.link.tls import Trust, open_tls

WARM = 20  # attempts before what is measured has settled


def facts():
    gc.collect()
    with open("/proc/self/statm") as file:
        pages = int(file.read().split()[1])
    return {"heap": gc.mem_alloc(), "sockets": len(list(os.ilistdir("/proc/self/fd"))), "resident_kb": pages * 4}


def bytes_of(path):
    with open(path, "rb") as file:
        return file.read()


async def once(asked, trust, cas):
    # -> what was said, or the code of what went wrong
    connection = None
    try:
        if trust:
            connection = await trust.open("127.0.0.1", asked["port"], asked["limit_ms"], asked["name"])
        else:
            connection = await open_tls("127.0.0.1", asked["port"], asked["limit_ms"], cas, asked["name"])
        await connection.send([asked["say"].encode(), b"\n"], 1000)
        said = b""
        while not said.endswith(b"\n"):
            said += await asyncio.wait_for_ms(connection.read(1000), 3000)
        signer = hexlify(trust.signer).decode() if trust and trust.signer else None
        return {"said": len(said), "held_ms": connection.held_ms, "signer": signer}
    except LinkError as bad:
        return {"code": bad.code, "detail": bad.detail}
    finally:
        if connection:
            connection.close()


async def watch(worst):
    while True:
        asked_ms = time.ticks_ms()
        await asyncio.sleep_ms(2)
        worst[0] = max(worst[0], time.ticks_diff(time.ticks_ms(), asked_ms))


async def run(asked):
    cas = [bytes_of(path) for path in asked["ca"]] or None
    worst = [0]
    watching = asyncio.create_task(watch(worst))
    try:
        trust = Trust(cas) if asked["times"] > 1 else None
    except LinkError as bad:
        print(json.dumps({"results": [{"code": bad.code}]}))
        return
    before = None
    results = []
    for number in range(asked["times"]):
        result = await once(asked, trust, cas)
        if number < 20:
            results.append(result)
        if number == WARM:
            before = facts()
    watching.cancel()
    print(json.dumps({"results": results, "worst_ms": worst[0], "before": before, "after": facts()}))


with open(sys.argv[1]) as file:
    asyncio.run(run(json.load(file)))
