# What is counted over all boots: resets by the watchdog, erases of the flash. Loaded when it is needed, and let go.
#
# It is one small file. What has not been added yet when the power goes is not counted: erases are added once a day.

import json

_PATH = "/log/tally"


def add(files, **more):
    # -> all totals, {name: count}. Nothing is written where nothing is added.
    totals = _read(files)
    for name, count in more.items():
        totals[name] = totals.get(name, 0) + count
    if any(more.values()):
        files.make_folder("/log")
        files.write(_PATH, json.dumps(totals).encode())
    return totals


def _read(files):
    try:
        totals = json.loads((files.read(_PATH) or b"{}").decode())
    except ValueError:
        return {}
    return totals if isinstance(totals, dict) else {}
