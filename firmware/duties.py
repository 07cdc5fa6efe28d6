# What the box does when it is told to (firmware/commands says which of it, once, and answers). Loaded for one command
# and let go after.
#
# Each takes the argument that was checked, and gives facts for the answer, or None. What it raises has a `.code`; a
# DutyRefused has begun nothing.

import asyncio

_REBOOT_AFTER_MS = 1500  # the answer goes out first
_DROPPED = "/set/dropped"  # their names, one in a line; start.py leaves them out
_MOST_DROPPED = 8


class DutyError(Exception):
    def __init__(self, code):
        super().__init__(code)
        self.code = code


class DutyRefused(DutyError):
    is_refusal = True


async def identify(app, argument):
    app.face.show("identify")
    await asyncio.sleep_ms(argument["seconds"] * 1000)
    app.face.over("identify")


async def reboot(app, argument):
    app.restart_in(_REBOOT_AFTER_MS, "command")


async def self_test(app, argument):
    from firmware.commands.self_test import flash_works, judge

    facts = app.vitals.self_test_facts()
    facts["flash"] = flash_works(app.files)
    if app.reader:
        facts["reader_test"] = await app.reader.self_test()
    return judge(facts)


async def reader_reinit(app, argument):
    if not app.reader:
        raise DutyError("no_reader")
    app.reader.reinit()


async def fetch_log(app, argument):
    from firmware import log
    from firmware.commands.fetch_log import LogParts

    return LogParts(app.log, log.PATHS, log.is_whole, argument["lines"], argument["skip"])


async def drop_wifi(app, argument):
    from firmware.commands.drop_wifi import refusal

    if not app.uplink.wifi:
        raise DutyError("no_wifi")
    code = refusal(argument["ssid"], app.config.wifi, app.uplink.wifi.ssid)
    if code:
        raise DutyError(code)
    app.uplink.wifi.drop(argument["ssid"])
    dropped = (app.files.read(_DROPPED) or b"").decode().split("\n")
    app.files.make_folder("/set")
    app.files.write(_DROPPED, "\n".join(dropped[-_MOST_DROPPED:] + [argument["ssid"]]).encode())


async def rotate_password(app, argument):
    outcome = await resume_rotation(app, True)
    if outcome != "done":
        raise DutyError(outcome)
    app.restart_in(_REBOOT_AFTER_MS, "password")


async def resume_rotation(app, is_new=False):
    # -> "done", "unsettled", or a refusal's code
    from firmware.link.door import Door
    from firmware.provision import identity, rotate

    if not app.config.link.tls:
        raise DutyError("no_identity")
    limits = app.config.link
    known = identity.load(app.files, app.config.box_id)
    if known.now is None:
        raise DutyError("no_identity")
    door = Door(app.uplink.names, limits.host, limits.enrol_port, limits.gateway, limits.connect_ms)
    if is_new:
        return await rotate.rotate(known, door, limits.answer_ms, app.board.random_bytes)
    return await rotate.resume(known, door, limits.answer_ms)


async def succession(app, argument):
    from firmware.provision import succession as successions

    utc_ms, bound_ms = app.uplink.clock.utc(app.now_ms())
    utc = None if utc_ms is None else (utc_ms - bound_ms, utc_ms + bound_ms)
    text = argument["text"].rstrip("\n") + "\n"  # a command line loses the end
    code = await successions.take(app.files, text.encode(), utc)
    del successions
    if code:
        raise DutyRefused(code)
    return {"fleet_key": app.care.look_at_key(True)}


async def trust(app, argument):
    from firmware.link.door import Door
    from firmware.link.errors import LinkError
    from firmware.link.tls import Trust
    from firmware.provision import identity
    from firmware.provision import trust as trusting

    limits, uplink = app.config.link, app.uplink
    known = identity.load(app.files, app.config.box_id)
    if not limits.tls or known.now is None:
        raise DutyRefused("no_identity")
    der, cas = trusting.der_of(argument["ca"]), known.now.cas()
    try:
        Trust((der or b"",))  # one that TLS does not take would close the way to the gateway
    except LinkError:
        raise DutyRefused("argument_form")
    door = Door(uplink.names, limits.host, limits.port, limits.gateway, limits.connect_ms + 2 * limits.answer_ms)
    wanted, code = await trusting.settle(cas, der, argument["only"], uplink.link.signer, door, limits.answer_ms)
    if code:
        raise DutyRefused(code)
    if wanted != cas:
        known.trust(wanted)
    uplink.trust(wanted)
    return {"trust": uplink.trusted}
