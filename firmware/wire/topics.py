# Topics read like sentences (SPEC §2): tram/1/box/<box_id>/<word>.

from .errors import WireError
from .fields import box_id as _box_id
from .fields import to_bytes

PREFIX = "tram/1"
BEACON = PREFIX + "/beacon"
NOTICE = PREFIX + "/notice"
UP_WORDS = ("scan", "status", "heard", "result", "want")
DOWN_WORDS = ("ack", "time", "command", "settings", "update", "ruling")


def of(box_id: str, word: str) -> str:
    return PREFIX + "/box/" + box_id + "/" + word


def scan(box_id: str) -> str:
    return of(box_id, "scan")


def status(box_id: str) -> str:
    return of(box_id, "status")


def heard(box_id: str) -> str:
    return of(box_id, "heard")


def ack(box_id: str) -> str:
    return of(box_id, "ack")


def time(box_id: str) -> str:
    return of(box_id, "time")


def parse(topic: str) -> "tuple[str | None, str]":
    # -> (box_id, word); beacon and notice belong to no box
    if topic == BEACON:
        return None, "beacon"
    if topic == NOTICE:
        return None, "notice"
    parts = topic.split("/")
    if len(parts) != 5 or parts[0] != "tram" or parts[1] != "1" or parts[2] != "box":
        raise WireError("topic", "not a topic of ours")
    if parts[4] not in UP_WORDS and parts[4] not in DOWN_WORDS:
        raise WireError("topic", "unknown last word")
    try:
        return _box_id(to_bytes(parts[3])), parts[4]
    except WireError:
        raise WireError("topic", "not a box id")
