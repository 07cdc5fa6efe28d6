# Which provisioning codes a box takes. Nothing changes on the box for one that it does not take.
#
# 1. `form`: not a code as SPEC §13 says. `signature`: not the fleet's.
# 2. `expired`: surely past, by the earliest that it can be now. A box that does not know the time leaves that to the
#    gateway, which does.
# 3. `replayed`: issued no later than the last one that this box was enrolled with, or than the one it is busy with.
# 4. `other_box`: made for another one.
# 5. `provisioned`: this box has its place, the code is not made for exactly this box, and nobody holds the button.
# 6. `storage`: it could not be written down.

from binascii import unhexlify
from hashlib import sha256

from firmware.wire import provisioning, rsa
from firmware.wire.errors import WireError

SAME = "same"  # not a refusal: the box is busy with this very code


def modulus_of(text):
    # the content of /fleet.key -> 256 bytes, or b"" if that is not what it is
    try:
        modulus = unhexlify((text or b"").strip())
    except ValueError:
        return b""
    return modulus if len(modulus) == rsa.KEY_BYTES else b""


def judge(text, modulus, known, button_held, utc_ms):
    # `known`: box_id, is_provisioned, floor_ms (issued_ms of the last one it was enrolled with), busy_ms (of the one
    # that it is busy with, or 0). -> (reason or None, Provisioning or None)
    try:
        wanted, signed, signature = provisioning.decode(text)
    except WireError:
        return "form", None
    if not rsa.verify(modulus, sha256(signed).digest(), signature):
        return "signature", None
    box_id, is_provisioned, floor_ms, busy_ms = known
    if utc_ms is not None and utc_ms > wanted.expires_ms:
        return "expired", None
    if wanted.issued_ms <= max(floor_ms, busy_ms):
        return "replayed", None
    if wanted.box is not None and wanted.box != box_id:
        return "other_box", None
    if is_provisioned and wanted.box is None and not button_held:
        return "provisioned", None
    return None, wanted


def take(identity, modulus, text, button_held, utc_ms, random_bytes):
    # -> None: taken and written down; SAME; or the reason why not
    if identity.code is not None and text == identity.code:
        return SAME
    known = (identity.box_id, identity.now is not None, identity.floor_ms, identity.busy_ms())
    reason, _ = judge(text, modulus, known, button_held, utc_ms)
    if reason is None:
        try:
            identity.take(text, random_bytes)
        except OSError:
            return "storage"
    return reason
