# What each command may be told. Pure.

# name -> {key: (type, least, most, default)}; for text, least and most are bytes. A default of None: required.
ARGUMENTS = {
    "identify": {"seconds": (int, 1, 110, 10)},  # work.py ends what takes longer than two minutes
    "reboot": {},
    "self_test": {},
    "reader_reinit": {},
    "fetch_log": {"lines": (int, 1, 2000, 200), "skip": (int, 0, 100000, 0)},
    "drop_wifi": {"ssid": (str, 1, 32, None)},
    "rotate_password": {},
    "trust": {"ca": (str, 4, 1400, None), "only": (bool, 0, 1, False)},  # base64 of the certificate, DER
    "succession": {"text": (str, 1, 1200, None)},
}
# What these change outlives them: that they were begun is in flash before they begin. (`trust` changes one file as a
# whole, `succession` goes on from where it was cut off, and told twice they do nothing the second time.)
LASTING = ("reboot", "reader_reinit", "drop_wifi", "rotate_password")


def check(name, given):
    # -> (argument with all its keys, None), or (None, facts of the refusal)
    if name not in ARGUMENTS:
        return None, {"code": "unknown_command"}
    known = ARGUMENTS[name]
    for key in given:
        if key not in known:
            return None, {"code": "argument_unknown", "key": str(key)[:32]}
    argument = {}
    for key, (kind, least, most, default) in known.items():
        value = given.get(key, default)
        if value is None:
            return None, {"code": "argument_missing", "key": key}
        if not isinstance(value, kind) or isinstance(value, bool) != (kind is bool):
            return None, {"code": "argument_type", "key": key}
        try:
            size = len(value.encode()) if kind is str else value
        except UnicodeError:  # half of a surrogate pair
            size = -1
        if not least <= size <= most:
            return None, {"code": "argument_range", "key": key}
        argument[key] = value
    return argument, None
