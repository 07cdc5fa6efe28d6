"""Reports as a gateway makes them."""

import json

EVENTS_EPOCH = "aaaaaaaaaaaa"


def event(no, kind, body, at_ms=(1, 2)):
    return {"no": no, "kind": kind, "at_ms": list(at_ms) if at_ms else None, "body": body}


def told(**changes):
    """A report of gw-1, as bytes."""
    said = {
        "v": 1,
        "gateway_id": "gw-1",
        "events_epoch": EVENTS_EPOCH,
        "wishes_version": 0,
        "sent_utc_ms": None,
        "uptime_ms": 5000,
        "software": "1.0",
        "health": [],
        "boxes": [],
        "numbers": {},
        "events": [],
        **changes,
    }
    return json.dumps(said).encode()


def part(name, state, reason="", since_s=5):
    return {"part": name, "state": state, "reason": reason, "since_s": since_s}


def box(box_id, state, reason="", since_s=5, status=None):
    return {"box_id": box_id, "state": state, "reason": reason, "since_s": since_s, "status": status}
