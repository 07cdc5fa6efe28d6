# What a box can find out about itself without anybody standing before it.

_PATH = "/cmd/test"
_READS = ("ready", "half_configured")  # some modules cannot be told all that is wanted, and read all the same
_PATTERN = b"\x00\xff\x55\xaa" * 64


def flash_works(files):
    # The system volume takes what it is given, and gives it back.
    try:
        files.make_folder("/cmd")
        files.write(_PATH, _PATTERN)
        same = files.read(_PATH) == _PATTERN
        files.remove(_PATH)
    except OSError:
        return False
    return same


def judge(facts):
    # `facts`: reader, spool, link (up or down), clock_bound_ms, heap_free, flash, kept_waiting
    # -> the same, with what is wrong by name
    wrong = []
    if facts.get("reader") not in _READS:
        wrong.append("reader")
    if facts.get("spool") != "ok":
        wrong.append("spool")
    if not facts.get("flash"):
        wrong.append("flash")
    if facts.get("heap_free", 0) < 16384:
        wrong.append("heap")
    if facts.get("clock_bound_ms") is None:
        wrong.append("clock")
    found = dict(facts)
    found["wrong"] = wrong
    return found
