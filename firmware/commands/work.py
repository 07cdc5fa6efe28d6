# One command, from its bytes to its answer. Loaded when one comes.
#
# 1. Read it; known already: the answer that was given. Otherwise judge name, argument, deadline: a refusal ends it.
# 2. If what it changes lasts: `begun` into flash. From here on it is never begun again.
# 3. Execute it, LIMIT_MS at most. What does not last may still refuse, as long as it has begun nothing.
# 4. Its outcome and answer into flash, then to the gateway.

import asyncio
import json

from firmware.wire import sealed
from firmware.wire.command import MAX_BODY_BYTES, Result, asked, decode, encode_result
from firmware.wire.errors import WireError

from .arguments import LASTING, check
from .deadline import judge
from .done import NOT_KEPT, Done

LIMIT_MS = 120000
_POST_LIMIT_MS = 60000
_POST_PAUSE_MS = 500


async def answer_interrupted(commander):
    # What a restart has cut off.
    done = Done(commander.files)
    for command_id, name in done.begun():
        outcome = "done" if name == "reboot" else "interrupted"
        done.settle(command_id, outcome)
        commander.say("command", name=name, id=command_id, outcome=outcome)
        await _post(commander, command_id, outcome, b"")


async def turn_away(commander, head):
    who = asked(head + b"\n")
    if who and who[0] == commander.box_id:
        await _post(commander, who[1], "refused", b'{"code": "busy"}')


async def handle(commander, payload):
    try:
        command = decode(payload)
    except WireError as bad:
        await _refuse(commander, asked(payload), {"code": bad.code})
        return
    if command.box_id != commander.box_id:
        await _refuse(commander, (commander.box_id, command.id), {"code": "other_box"})
        return
    done = Done(commander.files)
    known = done.find(command.id)
    if known is not None:
        commander.count("command_again")
        await _post(commander, command.id, *known)
        return
    argument, refusal = check(command.name, sealed.object_of(command.argument) if command.argument else {})
    code = judge(commander.gateway_now(), command.gateway_boot, command.deadline_ms)
    if refusal is None and command.name not in commander.do:
        refusal = {"code": "not_here"}
    if refusal is None and code is None and done.is_below_floor(command.gateway_boot, command.deadline_ms):
        code = "expired"
    if refusal is None and code is not None:
        refusal = {"code": code}
    if refusal is None:
        refusal = await _execute(commander, done, command, argument)
    if refusal is not None:
        await _refuse(commander, (commander.box_id, command.id), refusal, command.name)


async def _execute(commander, done, command, argument):
    # -> facts of a refusal, or None
    if command.name in LASTING:
        try:
            done.put(command, "begun")
        except OSError:
            return {"code": "flash"}
    commander.say("command", name=command.name, id=command.id, outcome="begun")
    try:
        found = await asyncio.wait_for_ms(commander.do[command.name](argument), LIMIT_MS)
        outcome = "done"
    except asyncio.TimeoutError:
        outcome, found = "failed", {"code": "timeout"}
    except Exception as bad:  # whatever a command meets, it is answered, and the box goes on
        if getattr(bad, "is_refusal", False) and command.name not in LASTING:
            return {"code": bad.code}
        outcome, found = "failed", {"code": str(getattr(bad, "code", None) or type(bad).__name__)}
    parts = found if hasattr(found, "part") else None
    answer = b"" if parts or not found else json.dumps(found).encode()
    if len(answer) > MAX_BODY_BYTES:
        answer = b'{"code": "too_long"}'
    commander.count("command_" + outcome)
    commander.say("command", name=command.name, id=command.id, outcome=outcome)
    try:
        done.put(command, outcome, NOT_KEPT if parts else answer)
    except OSError:
        commander.count("command_not_kept")
    if parts:
        for number in range(1, parts.count + 1):
            await _post(commander, command.id, outcome, parts.part(number), number, parts.count)
    else:
        await _post(commander, command.id, outcome, answer)
    return None


async def _refuse(commander, who, facts, name=""):
    commander.count("command_refused")
    commander.count("command_" + facts["code"])
    commander.say("command", name=name, outcome="refused", **facts)
    if who is not None and who[0] == commander.box_id:
        await _post(commander, who[1], "refused", json.dumps(facts).encode())


async def _post(commander, command_id, outcome, body, part=1, parts=1):
    payload = encode_result(Result(commander.box_id, command_id, outcome, part, parts, body))
    for _ in range(_POST_LIMIT_MS // _POST_PAUSE_MS):
        if commander.post("result", payload):
            return
        await asyncio.sleep_ms(_POST_PAUSE_MS)
    commander.count("command_untold")  # it is kept: asked again, it is told again
