# A new password for an old one. A cut at any point leaves a password that works, or one step away from it.
#
# 1. The new one is on flash, as `rotating`, before the gateway hears it.
# 2. The gateway says yes whether it makes the change now or has made it before: then the identity has the new one.
# 3. No answer: nobody knows which one the gateway has. `rotating` stays, and the same question settles it later.
# 4. A final refusal: the old one stays. `password`: the gateway knows neither; this box needs a new code.

from .enrol import Refusal, Trouble, change_password


async def rotate(identity, door, limit_ms, random_bytes):
    # -> "done", or why not: a refusal's code (final), or "unsettled" (ask `resume` again)
    identity.rotate(random_bytes)
    return await resume(identity, door, limit_ms)


async def resume(identity, door, limit_ms):
    # Settles a rotation that was cut off. "done" too where there is nothing to settle.
    now, new = identity.now, identity.rotating
    if new is None:
        return "done"
    try:
        await change_password(door, now.cas(), identity.box_id, now.password, new, limit_ms)
    except Trouble:
        return "unsettled"
    except Refusal as bad:
        if not bad.is_final:
            return "unsettled"
        identity.not_rotated()
        return bad.code
    identity.rotated()
    return "done"
