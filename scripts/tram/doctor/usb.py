"""A board on a cable: the box's console, else MicroPython's prompt, else the chip's own loader; each asks less."""

from typing import TYPE_CHECKING, Any, NamedTuple

from scripts.tram import exits, out
from scripts.tram.console import Console
from scripts.tram.console.console import BAUD
from scripts.tram.doctor import box, network
from scripts.tram.doctor.finding import Finding, bad, warn
from scripts.tram.doctor.words import WORDS
from scripts.tram.ports import Port, opened
from scripts.tram.trouble import Trouble

if TYPE_CHECKING:
    from collections.abc import Mapping

ARGUMENTS: dict[str, dict[str, Any]] = {"wifi": {"scan": True}, "log": {"lines": 300}}
_ASKED = ("status", "self_test", "reader", "wifi", "link", "settings", "firmware", "unsent", "log")
_TIMEOUT_S = 45.0
"""A look at the networks waits until nobody is at the gate."""
_MEET_S = 12.0
_TALKS = ("console_silent", "console_repl", "console_boot", "console_noise")


class Seen(NamedTuple):
    """`answers`: what was said, by word: for the file. `way`: console, repl, loader, drive or none."""

    findings: list[Finding]
    answers: dict[str, Any]
    way: str


def look(port: Port, meet_s: float = _MEET_S) -> Seen:
    """Whatever can be found out over this port. Raises Trouble port_*, console_cut."""
    if port.kind == "uf2":
        return Seen([bad("loader_drive", board=port.title or port.device)], {}, "drive")
    try:
        answers = _asked(port, meet_s)
    except Trouble as silent:
        if silent.code not in _TALKS:
            raise
        return _without_console(port, silent.code == "console_boot")
    return Seen(judged(answers), answers, "console")


def judged(answers: "Mapping[str, Any]") -> list[Finding]:
    """All findings about a box that answered."""
    found = [*box.findings(answers), *network.findings(answers)]
    words = answers.get("hello", {}).get("words")
    unasked = [word for word in _ASKED if words is not None and word in words and word not in answers]
    return [*found, warn("not_asked", words=", ".join(unasked))] if unasked else found


def _asked(port: Port, meet_s: float) -> dict[str, Any]:
    """What the box answers. Raises Trouble of _TALKS: it does not."""
    with opened(port.device, BAUD, 0.5) as line:
        console = Console(line)
        with out.step("meet", WORDS("step_meet")):
            answers: dict[str, Any] = {"hello": console.meet(meet_s)}
        words = [word for word in _ASKED if word in answers["hello"].get("words", ())]
        with out.step("ask", WORDS("step_ask")) as bar:
            for number, word in enumerate(words):
                bar(number, len(words))
                try:
                    answers[word] = console.ask(word, ARGUMENTS.get(word), _TIMEOUT_S)
                except Trouble as refused:
                    if refused.exit_code == exits.CUT:
                        raise
                    if word == "wifi" and refused.facts.get("refused") != "not_here":
                        _without_scan(console, answers)
                    elif refused.facts.get("refused") == "not_here":
                        answers[word] = {}
            bar(len(words), len(words))
        return answers


def _without_scan(console: Console, answers: dict[str, Any]) -> None:
    """The radio was busy: what it knows without looking around."""
    try:
        answers["wifi"] = console.ask("wifi")
    except Trouble as refused:
        if refused.exit_code == exits.CUT:
            raise


def _without_console(port: Port, is_in_boot_log: bool) -> Seen:
    from scripts.tram.doctor import repl, rom

    found = {} if is_in_boot_log else repl.look(port)
    if found:
        return Seen(repl.judged(found), {"repl": found}, "repl")
    if port.kind != "pico":
        chip = rom.look(port)
        if chip:
            return Seen([rom.judged(chip)], {"chip": chip}, "loader")
    return Seen([bad("nobody", port=port.device)], {}, "none")
