# How the reader should be set, whichever it is.
#
# 1. What is wanted is named in words; a word that is not known, or a value out of its range, is refused by name.
# 2. The reader's own light and sound of success are off unless asked for: the reader cannot know what is kept, and
#    only the box may show green.
# 3. The pause between two reads is never shorter than what the framing needs to see them apart, and short enough by
#    default for two visitors a second.
# 4. A model that cannot do what is wanted is used as it is, and is half_configured by the names of what it cannot.

READING = {"manual": 0, "command": 1, "continuous": 2, "sensing": 3}
BAUDS = (1200, 4800, 9600, 14400, 19200, 38400, 57600, 115200)
_SWITCHES = ("protocol", "setup_codes", "sound", "success_light")
_RANGES = {"same_code_ms": (0, 12700), "interval_ms": (300, 25500), "verify_ms": (1000, 3600000)}

DEFAULTS = {
    "reading": "continuous",
    "protocol": True,
    "setup_codes": False,
    "same_code_ms": 500,  # 0: the reader gives the same code again and again
    "interval_ms": 300,
    "baud": 115200,  # None: leave it as it is
    "sound": False,
    "success_light": False,
    "verify_ms": 10000,
}


class SettingsError(Exception):
    def __init__(self, code: str, name: str) -> None:
        super().__init__(code + ": " + name)
        self.code = code
        self.name = name


def complete(wanted: dict) -> dict:
    for name, value in wanted.items():
        if name not in DEFAULTS:
            raise SettingsError("unknown", name)
        if not _fits(name, value):
            raise SettingsError("value", name)
    full = dict(DEFAULTS)
    full.update(wanted)
    return full


def _fits(name: str, value) -> bool:
    if name in _SWITCHES:
        return value is True or value is False
    if name == "reading":
        return isinstance(value, str) and value in READING
    if name == "baud":
        return value is None or (isinstance(value, int) and value in BAUDS)
    low, high = _RANGES[name]
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
