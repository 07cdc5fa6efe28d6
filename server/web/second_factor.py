"""Setting up a second factor, for the page and the API alike; and taking one away.

1. It begins with the password, given in that very request: a session alone draws no secret. Each beginning draws a new
   one, and the last one counts.
2. It counts when a code of it was given. That is an attempt like a log-in's (`lockout`), and the step of the code is
   spent with it: the same code opens nothing more. Of two that confirm at once one wins.
3. Every session of before ends; none of them becomes a strong one. Recovery codes are told once, kept are digests.
4. It is taken away by another administrator, with the password or without; of who sees people it takes two (`two`).
"""

import hmac
from typing import Any

from server.access import passwords, totp, two
from server.access.chain import Told
from server.access.users import User
from server.access.who import Who
from server.errors import Refused
from server.web.desk import Desk

NO_FACTOR: dict[str, Any] = {"totp": None, "totp_step": -1, "recovery": ""}


async def begin(desk: Desk, user_id: str, password: str) -> str:
    """The secret, to be shown this once. Raises as `Logins.confirm` does, and `Refused`: `totp_set`."""
    if (await desk.access.user(user_id)).has_totp:
        raise Refused("totp_set", "an administrator can take it away")
    await desk.logins.confirm(user_id, password)
    return await begin_proved(desk, user_id)


async def begin_proved(desk: Desk, user_id: str) -> str:
    """For whom the password was judged in this request. Raises `Refused`: `totp_set`."""
    secret, vault = totp.new_secret(), desk.access.vault
    await desk.access.begin_totp(user_id, vault.seal(user_id, secret), Told(user_id, "totp_begun", (user_id,)))
    return secret


async def confirm(desk: Desk, user_id: str, code: str, secret: str | None = None) -> tuple[User, list[str]]:
    """The user, for whom it counts now, and the recovery codes. `secret`: the one that must have been begun with.

    Raises `Refused`: `totp_set`, `totp_other`, `locked`, `totp_wrong`, `changed_meanwhile`.
    """
    user, kept = await desk.access.secrets(user_id)
    if user.has_totp or kept.totp is None:
        raise Refused("totp_set", "nothing is being set up")
    begun = desk.access.vault.open(user_id, kept.totp)
    if secret is not None and not hmac.compare_digest(secret.encode(), begun.encode()):
        raise Refused("totp_other", "another secret was drawn since")
    desk.logins.must_not_wait(await desk.access.begin_attempt([("account", desk.logins.account(user.name))]))
    step = totp.step_of(begun, code.strip(), desk.now_ms(), -1)
    if step is None:
        raise Refused("totp_wrong", "not a code of this secret, now")
    codes = totp.new_recovery_codes()
    fields = {"totp_step": step, "recovery": " ".join(totp.recovery_digest(one) for one in codes), "totp": kept.totp}
    told = Told(user_id, "totp_set", (user_id,))
    return await desk.access.change_user(user_id, user.version, fields, told), codes


async def reset(desk: Desk, who: Who, user_id: str, password: str, is_totp: bool, approval: str) -> None:
    """Another's password (empty: it stays) and second factor. Raises `Refused`: `forbidden_role` for one's own,
    `field`, `password_…`, and as `AccessStore.change_user`."""
    if user_id == who.id:
        raise Refused("forbidden_role", "your own password is changed at /api/v1/me/password")
    if not password and not is_totp:
        raise Refused("field", "a password, or totp, or both")
    user = await desk.access.user(user_id)
    fields: dict[str, Any] = dict(NO_FACTOR) if is_totp else {}
    if password:
        made = await desk.logins.hashing(passwords.make, passwords.judge(password, user.name))
        fields |= {"password": made, "must_change_password": True}
    told = Told(who.id, two.RESET, (user_id,), {"totp": is_totp, "fields": sorted(fields)})
    await desk.access.change_user(user_id, None, fields, told, approval)
