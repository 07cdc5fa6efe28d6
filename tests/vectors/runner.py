# Feeds tests/vectors/wire/*.json to firmware.wire, on CPython and on MicroPython alike: runner.py FOLDER [FILE …]
#
# Each file holds {"form", "valid": [{"name", bytes, "value"}], "invalid": [{"name", bytes, "code"}]} where bytes is
# "text" (UTF-8), "hex", "body" (a provisioning code's, with some signature), or "parts": a list of these and of
# {"fill": "hh", "count": n}. A valid example must decode to its value and encode back to its bytes ("one_way": only
# decode); an invalid one must raise WireError with its code. Only what a file's form needs is loaded: the box's heap is
# small. Prints a line for each failure and, last, how many examples were run; exits with 1 if any failed.
import json
import sys
from binascii import hexlify, unhexlify

from firmware.wire.errors import WireError


def wire(module):
    return __import__("firmware.wire." + module, None, None, ("*",))


def as_spans(data):
    return wire("spans").Spans.parse(data.decode())


def as_topic(data):
    return wire("topics").parse(data.decode())


def spans_bytes(value):
    return str(value).encode()


def topic_bytes(value):
    box_id, word = value
    topics = wire("topics")
    return (topics.BEACON if box_id is None else topics.of(box_id, word)).encode()


def as_provisioning(data):
    provisioning = wire("provisioning")
    wanted, signed, signature = provisioning.decode(data)
    return {key: getattr(wanted, key) for key in provisioning.KEYS}, signed, signature


def provisioning_bytes(value):
    values, signed, signature = value
    values = {key: one for key, one in values.items() if one is not None}
    provisioning = wire("provisioning")
    if provisioning.encode_body(provisioning.Provisioning(values)) != signed:
        return b"another body"
    return provisioning.join(signed, signature)


def as_question(data):
    asked = wire("enrol").decode_question(data)
    return asked.word, asked.box_id, asked.password, asked.new_password, asked.code


def question_bytes(value):
    enrol = wire("enrol")
    return enrol.encode_question(enrol.Question(*value))


def as_succession(data):
    said, signed = wire("succession").decode(data)
    return list(said), signed


def succession_bytes(value):
    succession = wire("succession")
    said = succession.Succession(*value[0])
    return succession.encode(said) if succession.to_sign(said) == value[1] else b"other bytes are signed"


# form -> (module, decode, encode): names in the module, or functions from above
FORMS = {
    "scan": ("record", "decode", "encode_scan"),
    "lost": ("record", "decode", "encode_lost"),
    "identity": ("record", "identity", None),
    "pack": ("message", "decode_pack", "encode_pack"),
    "sealed": ("envelope", "decode", "encode_sealed"),
    "counted": ("envelope", "decode", "encode_counted"),
    "opaque": ("envelope", "decode", "encode_opaque"),
    "ruling": ("ruling", "decode_ruling", "encode_ruling"),
    "notice": ("ruling", "decode_notice", "encode_notice"),
    "ack": ("ack", "decode", "encode"),
    "beacon": ("beacon", "decode_beacon", "encode_beacon"),
    "heard": ("beacon", "decode_heard", "encode_heard"),
    "time": ("beacon", "decode_time", "encode_time"),
    "status": ("status", "decode", None),
    "batch": ("batch", "decode", "encode"),
    "answer": ("answer", "decode", None),
    "spans": ("spans", as_spans, spans_bytes),
    "topic": ("topics", as_topic, topic_bytes),
    "provisioning": ("provisioning", as_provisioning, provisioning_bytes),
    "question": ("enrol", as_question, question_bytes),
    "enrol_answer": ("enrol", "decode_answer", "encode_answer"),
    "command": ("command", "decode", "encode"),
    "result": ("command", "decode_result", "encode_result"),
    "settings": ("settings", "decode", "encode"),
    "offer": ("update", "decode_offer", "encode_offer"),
    "want": ("update", "decode_want", "encode_want"),
    "piece": ("update", "decode_piece", "encode_piece"),
    "manifest": ("manifest", "decode", "encode"),
    "succession": ("succession", as_succession, succession_bytes),
}


def functions(form):
    # -> (decode, encode or None)
    module = wire(FORMS[form][0])
    return [getattr(module, one) if isinstance(one, str) else one for one in FORMS[form][1:]]


def bytes_of(entry):
    if "text" in entry:
        return entry["text"].encode()
    if "hex" in entry:
        return unhexlify(entry["hex"])
    if "fill" in entry:
        return unhexlify(entry["fill"]) * entry["count"]
    if "body" in entry:
        provisioning, encode = wire("provisioning"), wire("base64url").encode
        signature = encode(b"\x01" * provisioning.SIGNATURE_BYTES)
        return provisioning.PREFIX + encode(entry["body"].encode()) + b"." + signature
    return b"".join([bytes_of(part) for part in entry["parts"]])


def plain(value):
    # namedtuples and tuples become lists, bytes become {"hex"}, Spans their ranges: what JSON can hold
    if isinstance(value, (bytes, bytearray)):
        return {"hex": hexlify(value).decode()}
    if hasattr(value, "ranges"):
        return value.ranges
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    return value


def wanted(value):
    # the same shape, from the file: a string of bytes may be given in any of the ways above
    if isinstance(value, dict) and ("text" in value or "hex" in value or "parts" in value or "fill" in value):
        return {"hex": hexlify(bytes_of(value)).decode()}
    if isinstance(value, dict):
        return {key: wanted(one) for key, one in value.items()}
    if isinstance(value, list):
        return [wanted(one) for one in value]
    return value


def check_valid(form, entry):
    decode, encode = functions(form)
    data = bytes_of(entry)
    value = decode(data)
    if plain(value) != wanted(entry["value"]):
        return "decodes to " + str(plain(value))
    if encode is not None and not entry.get("one_way") and encode(value) != data:
        return "does not encode back to its bytes"
    return None


def check_invalid(form, entry):
    try:
        value = functions(form)[0](bytes_of(entry))
    except WireError as err:
        return None if err.code == entry["code"] else "gives " + err.code + " instead of " + entry["code"]
    return "is taken for " + str(plain(value))[:200]


def run(path):
    # -> (valid, invalid, failures)
    with open(path) as file:
        vectors = json.load(file)
    form = vectors["form"]
    failures = []
    for check, kind in ((check_valid, "valid"), (check_invalid, "invalid")):
        for entry in vectors[kind]:
            try:
                wrong = check(form, entry)
            except Exception as err:  # any other error than WireError is a failure of its own
                wrong = "raises " + repr(err)
            if wrong:
                failures.append(path + ": " + kind + " '" + entry["name"] + "' " + wrong)
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
