"""A box over the network: what its gateway knows of it, what it answers through the gateway, and the gateway itself."""

from collections.abc import Mapping
from typing import Any

from scripts.tram import out
from scripts.tram.doctor.box import findings
from scripts.tram.doctor.finding import BAD, OK, WARN, Finding, bad, ok, warn
from scripts.tram.doctor.network import strength
from scripts.tram.doctor.usb import Seen
from scripts.tram.doctor.words import WORDS
from scripts.tram.lang import pick

ANSWER_S = 30
LOG_LINES = 300
_LEVELS = {"ok": OK, "note": OK, "warning": WARN}


def look(box_id: str, gateway: str | None) -> Seen:
    """Raises Trouble of scripts.tram.gateways: no_gateway, no_box, gateway_silent, no_right, …"""
    from scripts.tram.gateways.cards import card
    from scripts.tram.gateways.client import Client

    known = card(gateway)
    client = Client(known)
    with out.step("lan", WORDS("step_lan")) as bar:
        told = client.box(box_id)
        bar(1, 4)
        test = client.tell(box_id, "self_test", within_s=ANSWER_S)
        bar(2, 4)
        log = client.tell(box_id, "fetch_log", {"lines": LOG_LINES}, within_s=ANSWER_S) if test else None
        bar(3, 4)
        gateways_own = client.doctor()
        bar(4, 4)
    answers = {"box": told, "self_test": test, "log": log, "gateway": gateways_own}
    return Seen(judged(box_id, known.gateway, answers), answers, "gateway")


def look_at_gateway(gateway: str | None) -> Seen:
    """The gateway itself, as its own doctor sees it. Raises as `look` does."""
    from scripts.tram.gateways.cards import card
    from scripts.tram.gateways.client import Client

    with out.step("lan", WORDS("step_lan")) as bar:
        own = Client(card(gateway)).doctor()
        bar(1, 1)
    return Seen([_of_gateway(one) for one in own], {"gateway": own}, "gateway")


def judged(box_id: str, gateway: str, answers: Mapping[str, Any]) -> list[Finding]:
    """Pure: what gateway and box said -> findings."""
    told, test, log = answers["box"], answers.get("self_test"), answers.get("log")
    found = [_state(box_id, gateway, told)]
    said: dict[str, Any] = {"hello": {"box_id": box_id}, "status": told.get("said") or {}}
    if test is None or test.get("outcome") != "done":
        found.append(bad("lan_no_answer", box=box_id, gateway=gateway, seconds=ANSWER_S))
    else:
        said["self_test"] = test.get("said") or {}
    if log and log.get("text"):
        said["log"] = {"log": str(log["text"]).splitlines()}
    if said["status"]:
        found += findings(said)
        level = strength(said["status"].get("rssi"))
        if level != OK:
            found.append(Finding("lan_weak", level, {"box": box_id, "rssi": said["status"]["rssi"]}))
    return [*found, *(_of_gateway(one) for one in answers.get("gateway") or [])]


def _state(box_id: str, gateway: str, told: Mapping[str, Any]) -> Finding:
    why = told.get("why") or {}
    if told.get("state") in ("well", "ok", "online") or not (why.get("vi") and why.get("en")):
        return ok("lan_well", box=box_id, gateway=gateway)
    return warn("lan_state", box=box_id, gateway=gateway, why=pick(why["vi"], why["en"]))


def _of_gateway(one: Mapping[str, Any]) -> Finding:
    """A finding of the gateway's own doctor, in its own words."""
    vi, en = one.get("vi") or {}, one.get("en") or {}
    titles = (str(vi.get("title", "?")), str(en.get("title", "?")))
    return Finding(
        f"gateway.{one.get('key', '?')}",
        _LEVELS.get(str(one.get("level")), BAD),
        {},
        (titles, (str(vi.get("todo", "")), str(en.get("todo", "")))),
    )
