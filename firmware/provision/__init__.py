# How a box comes to know where it belongs: a signed code is shown to it, and its token buys it a password (SPEC §13).
#
# This is what others call: `boot` at start, `offer` for a code that a box is shown; rotate.py has the change of the
# password, and firmware/newcomer.py enrols. All of it is needed seldom: import it inside a function, and forget
# NEEDED_SELDOM after. `boot` loads the first of them alone.

from binascii import hexlify

NEEDED_SELDOM = (
    "firmware.provision",
    "firmware.link.door",
    "firmware.wire.provisioning",
    "firmware.wire.enrol",
    "firmware.wire.base64url",
    "firmware.wire.rsa",
)
_KEY = "/fleet.key"


def box_id_of(unique_id):
    return "box-" + hexlify(unique_id).decode()[:28]


def fleet_key(files):
    # -> the 256 bytes that signatures are checked with; b"" where there are none: then no code is taken
    from .check import modulus_of

    return modulus_of(files.read_plain(_KEY))


def boot(files, box_id):
    # -> (base, cas, is_rotating). `base`: what the identity says of the settings, as in a config file; None: this box
    # is for firmware.newcomer, having no identity or a code to enrol with. `cas`: the certificates of the gateway's
    # CAs, DER. `is_rotating`: run `resume` before, or beside, the link.
    from .identity import load

    identity = load(files, box_id)
    if identity.now is None or identity.code is not None:
        return None, None, False
    return identity.now.settings(), identity.now.cas(), identity.rotating is not None


def offer(files, box_id, text, button_held, utc_ms, random_bytes):
    # A code is shown to this box. -> None: it is taken, and firmware.newcomer will enrol with it; or why not.
    # `utc_ms`: the earliest that it can be now; None where nothing is known.
    from . import check
    from .identity import load

    identity = load(files, box_id)
    return check.take(identity, fleet_key(files), text, button_held, utc_ms, random_bytes)
