"""`tram box identify` and `tram box logs`: over the cable where there is one, else through the gateway."""

import time
from collections.abc import Iterator
from typing import Any

from scripts.tram import exits, out
from scripts.tram.box.access import of_box
from scripts.tram.box.listing import plain
from scripts.tram.box.words import SAY
from scripts.tram.trouble import Trouble

ANSWER_S = 30
LOOK_AGAIN_S = 5.0
"""So often a box's log is fetched while it is followed: each time it reads its flash."""
_OVERLAP = 50


def identify(box: str | None, port: str | None, gateway: str | None, seconds: int) -> None:
    argument = {"seconds": seconds}
    if port is not None or box is None:
        from scripts.tram.box.cable import met

        with met(port, box) as (console, hello):
            console.ask("identify", argument)
            box = str(hello["box_id"])
    else:
        told(box, gateway, "identify", argument, within_s=seconds + ANSWER_S)
    out.result({"box": box, "seconds": seconds}, SAY("told", box=box, seconds=seconds))


def told(
    box: str, gateway: str | None, name: str, argument: dict[str, Any], within_s: int = ANSWER_S
) -> dict[str, Any]:
    """A command through the gateway, and what the box answered. Trouble no_reply, refused."""
    from scripts.tram.gateways.client import Client

    found = Client(of_box(box, gateway)).tell(box, name, argument, within_s)
    if found is None or found["outcome"] == "expired":
        raise Trouble("no_reply", exits.NO_ANSWER, SAY, box=box, seconds=within_s)
    if found["outcome"] != "done":
        said = found.get("said")
        code = said.get("code") if isinstance(said, dict) else None
        raise Trouble("refused", exits.REFUSED, SAY, box=box, reason=plain(str(code or found["outcome"])))
    return found


def logs(box: str | None, port: str | None, gateway: str | None, lines: int, follow: bool) -> None:
    if port is not None or box is None:
        _over_cable(box, port, lines, follow)
    else:
        _over_network(box, gateway, lines, follow)


def _over_cable(box: str | None, port: str | None, lines: int, follow: bool) -> None:
    from scripts.tram.box.cable import met

    with met(port, box) as (console, hello):
        name = str(hello["box_id"])
        answer = console.ask("log", {"lines": lines}, timeout_s=15)
        newest_first = [str(one) for one in answer.get("log", [])]
        if not follow:
            _end(name, newest_first[::-1], answer.get("crash"))
            return
        _begin(name, newest_first[::-1])
        for event in console.lines():
            out.event("box", _line(event), box=name, said=event)


def _over_network(box: str, gateway: str | None, lines: int, follow: bool) -> None:
    found = _fetched(box, gateway, lines)
    if not follow:
        _end(box, found, None)
        return
    _begin(box, found)
    from scripts.tram.gateways.client import Client

    card = of_box(box, gateway)
    seen, again_s = found, time.monotonic() + LOOK_AGAIN_S
    for event in Client(card, answer_s=2 * ANSWER_S).events(box):
        if event.get("event") == "ended":
            raise Trouble("ended", exits.NO_ANSWER, SAY)
        if event.get("event") != "pulse":
            out.event("box", _line(event), box=box, said=event)
        if time.monotonic() >= again_s:
            seen, again_s = _more(box, gateway, seen), time.monotonic() + LOOK_AGAIN_S


def _more(box: str, gateway: str | None, seen: list[str]) -> list[str]:
    """What the log has beyond what was shown; a box that is away has none just now."""
    try:
        found = _fetched(box, gateway, _OVERLAP)
    except Trouble as trouble:
        if trouble.code not in ("no_reply", "refused", "no_turn"):
            raise
        return seen
    for line in fresh(seen, found):
        out.event("log", plain(line), box=box, text=line)
    return found or seen


def fresh(seen: list[str], found: list[str]) -> Iterator[str]:
    """The lines of `found` after the latest one that was seen; all of them where it is not among them."""
    if seen and seen[-1] in found:
        at = len(found) - 1 - found[::-1].index(seen[-1])
        found = found[at + 1 :]
    yield from found


def _fetched(box: str, gateway: str | None, lines: int) -> list[str]:
    """The oldest first."""
    text = str(told(box, gateway, "fetch_log", {"lines": lines}).get("text") or "")
    return text.splitlines()[::-1]  # a box gives the newest first


def _begin(box: str, lines: list[str]) -> None:
    for line in lines:
        out.event("log", plain(line), box=box, text=line)
    out.event("following", SAY("following", box=box), box=box)


def _end(box: str, lines: list[str], crash: Any) -> None:
    out.result({"box": box, "log": lines, "crash": crash}, *[plain(one) for one in lines])


def _line(event: dict[str, Any]) -> str:
    word = event.get("event") or event.get("face") or "?"
    rest = " ".join(f"{key}={value}" for key, value in event.items() if key not in ("event", "face"))
    return plain(f"{time.strftime('%H:%M:%S')} {word} {rest}".rstrip())
