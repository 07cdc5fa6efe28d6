# Feeds tests/vectors/codes/*.json to firmware.codes, on CPython and on MicroPython alike: vectors.py FILE …
#
# Each file holds {"kind", "valid": [{"name", bytes}], "invalid": [{"name", bytes, "kind"}]} where bytes is "text"
# (UTF-8), "hex", or "parts": a list of these and of {"fill": "hh", "count": n}. A valid example is of the file's kind;
# an invalid one is of the kind that it says, which is another.
# Prints a line for each failure and, last, how many examples were run; exits with 1 if any failed.

import json
import sys
from binascii import unhexlify

from firmware.codes import KINDS, kind_of


def bytes_of(entry):
    if "text" in entry:
        return entry["text"].encode()
    if "hex" in entry:
        return unhexlify(entry["hex"])
    if "fill" in entry:
        return unhexlify(entry["fill"]) * entry["count"]
    return b"".join([bytes_of(part) for part in entry["parts"]])


def run(path):
    # -> (valid, invalid, failures)
    with open(path) as file:
        vectors = json.load(file)
    failures = []
    for group in ("valid", "invalid"):
        for entry in vectors[group]:
            wanted = vectors["kind"] if group == "valid" else entry["kind"]
            try:
                got = kind_of(bytes_of(entry))
            except Exception as error:  # any error is a failure of its own
                got = "an error: " + repr(error)
            if got != wanted or got not in KINDS or (got == vectors["kind"]) != (group == "valid"):
                failures.append(path + ": " + group + " '" + entry["name"] + "' is named " + got)
    return len(vectors["valid"]), len(vectors["invalid"]), failures


def main(paths):
    valid = invalid = 0
    failures = []
    for path in paths:
        counts = run(path)
        valid += counts[0]
        invalid += counts[1]
        failures += counts[2]
    for failure in failures:
        print(failure)
    print("vectors:", valid, "valid,", invalid, "invalid,", len(failures), "failed")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
