# What a box that reads its reader answers: one that scans (app.py), and one that has no place yet (newcomer.py).
#
# 1. Looking for networks holds everything up for two seconds or more, so it waits until nobody is at the gate and the
#    driver is not joining; after 20 s it is refused. A radio that was off is off again afterwards.
# 2. A newcomer's spool is closed. It is opened for the question, as the box itself would open it; but nothing is made
#    on a flash that was never used.
# 3. A record goes out in pieces of PIECE_BYTES.

import asyncio
import gc
from binascii import crc32

from firmware.wire import base64url

from .answer import Refused

PIECE_BYTES = 384
_MOST_BYTES = 8192
_DRIVER = (OSError, RuntimeError)


async def status(box, argument, out):
    facts = {"v": 1, "box_id": box.config.box_id}
    facts.update(box.report())
    await out.tell_all(facts)


async def self_test(box, argument, out):
    from firmware.commands import self_test as test

    gc.collect()
    facts = box.vitals.self_test_facts() if box.spool else {"heap_free": gc.mem_free(), "reader": box.reader_state[0]}
    facts["flash"] = test.flash_works(box.files)
    facts["reader_test"] = await box.reader.self_test() if box.reader else None
    facts = test.judge(facts)
    if not box.spool:
        facts["wrong"] = [name for name in facts["wrong"] if name not in ("spool", "clock")]
    await out.tell_all(facts)


async def settings(box, argument, out):
    for key, value in box.config.__dict__.items():
        if key == "reader":
            value = box.reader.wanted if box.reader else value
        elif hasattr(value, "__dict__"):
            value = {name: _masked(name, one) for name, one in value.__dict__.items()}
        if key != "test":
            await out.tell_all({key: _masked(key, value)})


def _masked(name, value):
    if name == "wifi":
        return [[ssid, "***" if password else ""] for ssid, password in value]
    return "***" if value and name in ("password", "control_key") else value


async def wifi(box, argument, out):
    wifi = box.uplink.wifi if box.spool else box.wifi
    known = box.config if box.spool else box.wanted()
    wlan = wifi.wlan if wifi else box.board.wlan()
    if wlan is None:
        raise Refused("not_here")
    in_use = wifi.ssid if wifi and wifi.is_ready() else None
    for ssid, _ in known.wifi if known else ():
        facts = {"ssid": ssid, "in_use": ssid == in_use}
        if wifi and ssid != in_use:
            facts["reason"] = wifi.reasons.get(ssid)
        await out.tell({"networks": [facts]})
    await out.tell_all({"state": wifi.state if wifi else "off", "ssid": wifi.ssid if wifi else None})
    if in_use is not None:
        await out.tell_all({"rssi": wifi.rssi, "address": _quietly(lambda: wlan.ifconfig()[0])})
    if argument["scan"]:
        await _wait(wifi, box)
        await out.tell({"seen": []})
        found = _look(wlan)
        found.sort(key=lambda one: -one[3])
        for one in found[:24]:
            facts = {"ssid": _text(bytes(one[0])), "rssi": one[3], "channel": one[2], "security": one[4]}
            await out.tell({"seen": [facts]})


async def _wait(wifi, box):
    left_ms = 20000
    while (box.spool and not box.is_quiet()) or (wifi and wifi.state in ("starting", "joining")):
        if left_ms <= 0:
            raise Refused("busy")
        await asyncio.sleep_ms(50)
        left_ms -= 50


def _look(wlan):
    was_on = wlan.active()
    try:
        if not was_on:
            wlan.active(True)
        return list(wlan.scan())
    except _DRIVER:
        raise Refused("driver")
    finally:
        if not was_on:
            _quietly(lambda: wlan.active(False))


def _quietly(call):
    try:
        return call()
    except _DRIVER:
        return None


def _text(ssid):
    try:
        return ssid.decode()
    except UnicodeError:
        return repr(ssid)


async def link(box, argument, out):
    if box.spool:
        uplink, link, gate = box.uplink, box.config.link, box.config.gate
        state, reason, detail = uplink.link_state
        facts = {"state": state, "reason": reason, "detail": detail, "gateway_state": uplink.gateway_state}
        facts.update({"host": link.host, "port": link.port, "tls": link.tls, "gateway": link.gateway})
        facts.update({"place": gate.place, "gate": gate.gate, "trust": uplink.trusted})
        facts.update({"trust_used": uplink.trust_used(), "clock_bound_ms": uplink.clock.utc(box.now_ms())[1]})
    else:
        facts, wanted = {"state": "down", "reason": box.trouble}, box.wanted()
        for key in ("host", "port", "enrol_port", "gateway", "place", "gate") if wanted else ():
            facts[key] = getattr(wanted, key)
    await out.tell_all(facts)


async def identify(box, argument, out):
    async def show():
        box.face.show("identify")
        await asyncio.sleep_ms(argument["seconds"] * 1000)
        box.face.over("identify")

    box.identifying = asyncio.create_task(show())


async def reader(box, argument, out):
    if not box.reader:
        raise Refused("not_here")
    facts = await box.reader.self_test()
    facts["wanted"] = box.reader.wanted
    await out.tell_all(facts)


def _spool(box):
    # -> (its state, the spool or None)
    if box.spool:
        return box.spool.state, box.spool
    from firmware.spool import Spool
    from firmware.spool.carve import Carver
    from firmware.spool.flash import Flash

    flash, box_id = box.board.open_flash(box.config.flash), box.config.box_id
    raw = Flash(flash)
    if Carver(raw, raw.blocks, box_id).is_blank():
        return "blank", None
    try:
        spool = Spool.open(flash, box_id, box.board.random_bytes)
    except Spool.Error:
        return "unreadable", None  # of another box, or no spool
    return "closed" if spool.state == "ok" else spool.state, spool


async def unsent(box, argument, out):
    state, spool = _spool(box)
    if spool is None:
        await out.tell({"state": state, "waiting": 0 if state == "blank" else None})
    elif argument["others"]:
        for epoch, seq, record in spool.others(_MOST_BYTES, argument["most"]):
            await _tell_record(epoch, seq, record, out)
    elif argument["after"] >= 0:
        await _tell_after(spool, argument["after"], argument["most"], out)
    else:
        facts = {"epoch": spool.epoch, "state": state, "waiting": spool.waiting, "lost": len(spool.lost)}
        facts.update({"first": spool.first_held, "last": spool.last_seq})
        facts["oldest_s"] = box.vitals.oldest_s() if box.spool else None
        await out.tell_all(facts)


async def _tell_after(spool, after, most, out):
    while most:
        picked = spool.pick(after + 1, _MOST_BYTES, most)
        if not picked:
            return
        for seq, record in picked:
            await _tell_record(spool.epoch, seq, record, out)
            after = seq
        most -= len(picked)
    if after < spool.last_seq:
        await out.tell({"next": after})


async def _tell_record(epoch, seq, record, out):
    for at in range(0, len(record), PIECE_BYTES):
        piece = record[at : at + PIECE_BYTES]
        facts = {"epoch": epoch, "seq": seq, "at": at, "of": len(record), "data": base64url.encode(piece).decode()}
        facts["crc"] = "%08x" % (crc32(piece) & 0xFFFFFFFF)
        await out.tell({"records": [facts]})


async def wipe(box, argument, out):
    from firmware import wipe as wiping

    state, spool = _spool(box)
    waiting = spool.waiting if spool else -(state != "blank")
    wiping.begin(box, waiting, argument, Refused, out.end)
