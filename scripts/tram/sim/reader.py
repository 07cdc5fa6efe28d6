"""`tram sim reader`: a reader module on a pretended serial port."""

import base64
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from scripts.tram import exits
from scripts.tram.sim import practice
from scripts.tram.sim.words import WORDS
from scripts.tram.trouble import Trouble


def run(model: str, baud: int) -> None:
    """Until Ctrl-C. Raises Trouble not_here, no_tree, model_unknown, does_not_start."""
    practice.needs_linux()
    try:
        from scripts.sim.reader import ALL_MODELS
        from scripts.sim.reader_faults import NEXT, NOW
    except ImportError as bad:  # an installed tool has no zxing-cpp: what a pretended reader sees codes with
        raise Trouble("no_tree", exits.REFUSED, WORDS, what=bad.name or str(bad)) from bad

    if model not in ALL_MODELS:
        raise Trouble("model_unknown", exits.USAGE, WORDS, name=model, names=", ".join(sorted(ALL_MODELS)))
    with practice.workplace() as folder:
        device = folder / "reader"
        child = _started(device, model, baud, folder / "reader.log")
        try:
            # a UART behind an adapter: "reader" would be the module's own USB socket, where it is never sent to a UART
            entry = {"device": str(device), "vid": None, "pid": None, "serial": "", "title": model, "kind": "bridge"}
            practice.announce([entry])
            faults = ", ".join(sorted({*NEXT, *NOW}))
            lines = [
                WORDS("home", line=practice.line_for_terminal()),
                WORDS("practise_reader", model=model, device=device),
                WORDS("limits"),
                WORDS("help_reader", faults=faults),
            ]
            practice.tell("ready", "\n".join(lines), model=model, device=str(device), practice=str(practice.folder()))
            threading.Thread(target=_tell, args=(child,), daemon=True).start()
            practice.orders(lambda order: _act(child, order), WORDS("help_reader", faults=faults))
        finally:
            child.terminate()
            child.wait()
    practice.ended()


def _started(device: Path, model: str, baud: int, log: Path) -> "subprocess.Popen[str]":
    from scripts.sim.process import ROOT, dies_with

    argv = [sys.executable, "-m", "scripts.sim.reader_main", "--tty-link", str(device), "--model", model]
    argv += ["--baud", str(baud)] if baud else []
    with log.open("wb") as said:
        child = subprocess.Popen(
            argv,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            encoding="utf-8",
            start_new_session=True,
            preexec_fn=dies_with(os.getpid()),
        )
    if child.stdout is None or '"ready"' not in child.stdout.readline():
        child.kill()
        raise Trouble("does_not_start", exits.REFUSED, WORDS, what=_last_line(log), log=str(log))
    return child


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1][:200] if lines else "?"


def _tell(child: "subprocess.Popen[str]") -> None:
    for line in child.stdout or ():
        said = json.loads(line)
        if "event" in said:
            practice.tell("reader", "", said=said)
        elif "sent" in said or "not_read" in said or "error" in said:
            practice.told(said)


def _act(child: "subprocess.Popen[str]", typed: str) -> None:
    try:
        order = _order(typed)
        if order is None:
            practice.tell("order_unknown", WORDS("order_unknown", order=typed))
        elif child.stdin is not None:
            child.stdin.write(json.dumps(order) + "\n")
            child.stdin.flush()
    except (OSError, ValueError) as bad:
        practice.tell("order_failed", WORDS("order_failed", why=bad), why=str(bad))


def _order(typed: str) -> dict[str, Any] | None:
    if not typed.startswith("/"):
        code = practice.code_of(typed)
        return {"show_code_base64": base64.b64encode(code).decode(), "hold_ms": 4000}
    words = typed[1:].split()
    if len(words) == 2 and words[0] in ("fault", "power", "swap"):
        return {words[0]: words[1]}
    return None
