"""What practising has of its own: a folder with a fleet's key, a release, gateways; never those of real boxes.

1. It is `practice` in the tool's folder. `TRAM_HOME=<it> tram …` is how one practises; the line to type is shown.
2. Ports are announced in both folders, so that commands find them without that line, too. Several `tram sim` may run:
   each adds its ports and takes away its own, and those of a `tram sim` that is gone.
3. The key has no passphrase: it opens nothing but boards that are pretended.
"""

import hashlib
import json
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from scripts.tram import exits, out
from scripts.tram.home import home, write_whole
from scripts.tram.sim.words import WORDS
from scripts.tram.trouble import Trouble

if TYPE_CHECKING:
    from scripts.provisioning.key import FleetKey

PORTS = "stand-ins.json"
MARK = "practice.txt"
MADE_OF = "made-of.txt"
_telling = threading.Lock()


def folder() -> Path:
    """Where practising keeps its own; TRAM_HOME may name it already."""
    there = home()
    where = there if (there / MARK).exists() else there / "practice"
    where.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not (where / MARK).exists():
        (where / MARK).write_text("Only for practising: keys and releases here are of no worth.\n", encoding="utf-8")
    return where


def line_for_terminal() -> str:
    """What makes a second terminal practise, too."""
    return f'$env:TRAM_HOME = "{folder()}"' if os.name == "nt" else f"export TRAM_HOME='{folder()}'"


def needs_linux() -> None:
    """Raises Trouble not_here: pseudo-terminals, and children that end with their parent, are Linux's."""
    if sys.platform != "linux":
        raise Trouble("not_here", exits.REFUSED, WORDS, system=sys.platform)


def needs_tree(*programs: str) -> None:
    """Raises Trouble no_tree: what runs on stand-ins is not on this computer."""
    from scripts.firmware_build import ROOT

    for program in programs:
        if not (ROOT / ".tram" / "bin" / program).exists():
            raise Trouble("no_tree", exits.REFUSED, WORDS, what=program)


def key() -> "FleetKey":
    """The fleet's key of practising, made at the first time."""
    from scripts.provisioning.key import FleetKey

    file = folder() / "fleet.pem"
    if not file.exists():
        made = FleetKey.make()
        made.save(file)
        write_whole(file.with_suffix(".key"), made.modulus.hex().encode() + b"\n")
    return FleetKey.load(file)


def release(board: str) -> Path:
    """A release with files that a pretended board can run; made anew when the firmware has changed."""
    from scripts.firmware_build import BuildError, build
    from scripts.sim import bare_board_release

    where = folder() / "release"
    known_board(board)
    try:
        form = hashlib.sha256(b"".join(file.read_bytes() for file in _makers())).hexdigest()[:16]
        wanted = f"{build().name} {board} {key().fingerprint} {form}"
        if where.is_dir() and (folder() / MADE_OF).exists() and (folder() / MADE_OF).read_text() == wanted:
            return where
        fresh = Path(tempfile.mkdtemp(prefix=".release.", dir=folder()))
        bare_board_release.write(fresh, [board], key())
    except (BuildError, ImportError, OSError) as bad:
        raise Trouble("no_tree", exits.REFUSED, WORDS, what=str(bad)) from bad
    shutil.rmtree(where, ignore_errors=True)
    fresh.rename(where)
    write_whole(folder() / MADE_OF, wanted.encode())
    return where


def _makers() -> list[Path]:
    """The code that makes a release: one that was made by other code is made anew."""
    from scripts.bundle import image, release
    from scripts.sim import bare_board_image
    from scripts.tram.release import release as form

    return [Path(str(module.__file__)) for module in (bare_board_image, form, image, release)]


def known_board(name: str) -> None:
    """Raises Trouble board_unknown."""
    from scripts.boards.data import load

    names = [board.name for board in load()]
    if name not in names:
        raise Trouble("board_unknown", exits.USAGE, WORDS, name=name, names=", ".join(names))


def announce(entries: Iterable[dict[str, Any]]) -> None:
    """These are the ports of this process, and no others."""
    mine = [{**entry, "pid_of": os.getpid()} for entry in entries]
    for where in {home(), folder()}:
        file = where / PORTS
        whole = [entry for entry in _others(file) if entry.get("pid_of") != os.getpid()] + mine
        if whole:
            write_whole(file, json.dumps(whole, indent=1, ensure_ascii=False).encode())
        else:
            file.unlink(missing_ok=True)


def _others(file: Path) -> list[dict[str, Any]]:
    try:
        entries = json.loads(file.read_text(encoding="utf-8"))
        return [entry for entry in entries if _is_running(entry.get("pid_of"))]
    except (OSError, ValueError, AttributeError, TypeError):
        return []


def _is_running(number: object) -> bool:
    if type(number) is not int:
        return False
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


@contextmanager
def workplace() -> Iterator[Path]:
    """A new folder for one run; gone after it, and by the next run where this one is killed.

    Ctrl-C and SIGTERM are how a run is meant to end.
    """
    from scripts.sim.folder import run_folder

    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        with run_folder() as where:
            yield where
    except KeyboardInterrupt:
        return
    finally:
        signal.signal(signal.SIGTERM, before)
        announce([])


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def orders(act: Callable[[str], None], helped: str) -> None:
    """What is typed, line by line, until /quit; who cannot type (no standard input) waits for the signal."""
    for line in sys.stdin:
        order = line.strip()
        if order == "/quit":
            return
        if order == "/help":
            tell("help", helped)
        elif order:
            act(order)
    while True:
        signal.pause()


def tell(name: str, line: str = "", **facts: Any) -> None:
    """out.event, from whichever thread: one line after the other."""
    with _telling:
        out.event(name, line, **facts)


def code_of(order: str) -> bytes:
    """The code that a line means: itself, or what is in @FILE. OSError: it cannot be read."""
    if order.startswith("@"):
        return Path(order[1:]).expanduser().read_bytes().rstrip(b"\r\n")
    return order.encode()


def told(answer: dict[str, Any]) -> None:
    """What the reader says became of a code."""
    if "sent" in answer:
        sent = answer["sent"]
        tell("shown", WORDS("shown", length=sent["length"]), **sent)
    else:
        why = str(answer.get("not_read") or answer.get("error") or "?")
        tell("not_read", WORDS("not_read", why=why), why=why)


def ended() -> None:
    """The end of each `tram sim`: it was asked for, and so it is no trouble."""
    out.result({"ended": True}, WORDS("ended"))
