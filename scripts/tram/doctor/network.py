"""What a box says of its way to the gateway -> findings: Wi-Fi, gateway, TLS, enrolment. Pure, as box.py is.

1. Three troubles look alike from outside and are told apart: the network is not in the air, it does not take the
   password, it gives no address. Weak signals make a right password fail: then both are named.
2. What cannot work yet because something before it does not is not told as a trouble of its own.
"""

import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from scripts.tram.doctor.box import Answers
from scripts.tram.doctor.finding import BAD, OK, WARN, Finding, bad, ok, warn

WEAK_DBM, VERY_WEAK_DBM = -75, -85
_PLAIN = {
    "no_address": "wifi_no_address",
    "failed": "wifi_refused",
    "timeout": "wifi_timeout",
    "driver": "wifi_driver",
    "lost": "wifi_lost",
    "unreached": "wifi_unreached",
}
_ENTERPRISE = 5  # in the ESP32's numbers alone
_LINK = {
    "tls_ca": "gateway_other_ca",
    "tls_name": "gateway_other_name",
    "tls_expired": "gateway_certificate_time",
    "tls_not_yet": "gateway_certificate_time",
    "tls_memory": "gateway_tls_memory",
    "connect_timeout": "gateway_unreachable",
    "connect_failed": "gateway_unreachable",
    "subscribe_refused": "gateway_login",
}
_LINK_BEGINS = {
    "name_": "gateway_name",
    "broker_name": "gateway_name",
    "tls_": "gateway_tls",
    "connack_refused": "gateway_login",
}
_FINAL = ("form", "signature", "expired", "other_gateway", "other_box", "token_spent", "unknown_box", "password")


def findings(answers: Answers) -> Iterator[Finding]:
    """The way from the box to its gateway, from near to far."""
    wifi = answers.get("wifi", {})
    yield from _wifi(wifi, str(answers.get("hello", {}).get("board", "")))
    yield from _gateway(answers, _waits_for_wifi(wifi))
    yield from _enrolment(answers)


def _waits_for_wifi(wifi: Mapping[str, Any]) -> bool:
    networks = wifi.get("networks") or []
    return bool(networks) and not any(network.get("in_use") for network in networks)


def _wifi(wifi: Mapping[str, Any], board: str) -> Iterator[Finding]:
    networks = wifi.get("networks") or []
    is_up = any(network.get("in_use") for network in networks)
    for network in networks:
        if network.get("in_use"):
            yield _signal(wifi, network["ssid"])
        elif reason := network.get("reason"):
            found = _failure(network["ssid"], reason, wifi.get("seen"), board)
            yield found._replace(level="warn") if is_up else found
    if networks and not is_up and not any(network.get("reason") for network in networks):
        yield warn("wifi_joining", ssid=wifi.get("ssid") or networks[0]["ssid"])
    if not networks and wifi.get("seen") == []:
        yield bad("wifi_nothing_heard")


def _signal(wifi: Mapping[str, Any], ssid: str) -> Finding:
    heard = _heard(wifi.get("seen"), ssid)
    rssi = wifi.get("rssi") or (heard or {}).get("rssi")
    facts = {"ssid": ssid, "rssi": "?" if rssi is None else rssi, "address": wifi.get("address", "?")}
    if heard is not None:
        facts["channel"] = heard.get("channel", "?")
    unscanned = "" if heard is not None else "_unscanned"
    level = strength(rssi)
    return Finding(("wifi_up" if level == OK else "wifi_weak") + unscanned, level, facts)


def strength(rssi: int | None) -> str:
    """How good a signal of so many dBm is; one that is not known counts as good."""
    if rssi is None or rssi > WEAK_DBM:
        return OK
    return BAD if rssi <= VERY_WEAK_DBM else WARN


def _failure(ssid: str, reason: str, seen: list[dict[str, Any]] | None, board: str) -> Finding:
    heard = _heard(seen, ssid)
    if heard and heard.get("security") == _ENTERPRISE and board.startswith("esp"):
        return bad("wifi_enterprise", ssid=ssid)
    if reason == "no_ap":
        return _not_there(ssid, heard, seen)
    if reason == "wrong_password":
        if heard and heard["rssi"] <= WEAK_DBM:
            return bad("wifi_password_or_weak", ssid=ssid, rssi=heard["rssi"])
        return bad("wifi_wrong_password", ssid=ssid)
    return bad(_PLAIN.get(reason, "wifi_timeout"), ssid=ssid)


def _not_there(ssid: str, heard: dict[str, Any] | None, seen: list[dict[str, Any]] | None) -> Finding:
    if heard:
        return warn("wifi_comes_and_goes", ssid=ssid, rssi=heard["rssi"])
    if seen == []:
        return bad("wifi_nothing_heard")
    like = next((one["ssid"] for one in seen or [] if _folded(one["ssid"]) == _folded(ssid)), None)
    if like is not None:
        return bad("wifi_other_spelling", ssid=ssid, like=like)
    return bad("wifi_no_network", ssid=ssid)


def _heard(seen: list[dict[str, Any]] | None, ssid: str) -> dict[str, Any] | None:
    return next((one for one in seen or [] if one.get("ssid") == ssid), None)


def _folded(name: str) -> str:
    """A name without what people mistype: case, blanks, marks."""
    plain = unicodedata.normalize("NFD", name.casefold().replace("đ", "d"))
    return "".join(letter for letter in plain if letter.isalnum() and not unicodedata.combining(letter))


def _gateway(answers: Answers, waits: bool) -> Iterator[Finding]:
    link, status = answers.get("link", {}), answers.get("status", {})
    program = answers.get("hello", {}).get("program", "box")
    if not link or program == "newcomer":
        return
    reason = str(link.get("reason") or "")
    facts = {
        "gateway": link.get("gateway") or link.get("host", "?"),
        "host": link.get("host", "?"),
        "port": link.get("port", "?"),
    }
    if link.get("state") == "up":
        yield ok("gateway_up", **facts, tls="TLS" if link.get("tls") else "-")
        if (link.get("gateway_state") or status.get("gateway_state")) == "full":
            yield bad("gateway_full", **facts)
    elif waits:
        yield warn("gateway_waits", **facts)
    elif not reason:
        yield warn("gateway_connecting", **facts)
    else:
        begins = next((key for begin, key in _LINK_BEGINS.items() if reason.startswith(begin)), "gateway_drops")
        yield bad(_LINK.get(reason, begins), **facts, reason=reason)


def _enrolment(answers: Answers) -> Iterator[Finding]:
    hello, link = answers.get("hello", {}), answers.get("link", {})
    if hello.get("program") == "box" and link.get("tls"):
        yield ok("enrolled", place=link.get("place") or "?", gate=link.get("gate") or "?")
    if hello.get("program") != "newcomer":
        return
    reason = str(link.get("reason") or "")
    facts = {"gateway": link.get("gateway", "?"), "host": link.get("host", "?"), "port": link.get("enrol_port", "?")}
    if reason in _FINAL:
        yield bad(f"enrol_{reason}", **facts)
    elif reason == "other_ca":
        yield bad("enrol_other_ca", **facts)
    elif reason == "busy":
        yield warn("enrol_busy", **facts)
    elif reason.startswith(("name_", "broker_name")):
        yield bad("gateway_name", **facts, reason=reason)
    elif reason and reason != "no_wifi":
        yield bad("enrol_unreachable", **facts, reason=reason)
