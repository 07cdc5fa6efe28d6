"""Which ports there are: this computer's, and the stand-ins of training and tests.

Stand-ins are in a JSON file, a list of objects with the fields of Port and, if their program is to be watched, its
`pid_of` (a process number: when that process is gone, so are its ports). The file is the one that TRAM_PORTS names,
else `stand-ins.json` in the tool's folder, which `tram sim` keeps while it runs.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from scripts.tram import exits
from scripts.tram.home import home
from scripts.tram.ports.port import KINDS, Port, kind_of, title_of
from scripts.tram.ports.words import WORDS
from scripts.tram.trouble import Trouble

STAND_INS = "stand-ins.json"
INFO = "INFO_UF2.TXT"


def listed() -> list[Port]:
    """All ports, in a stable order. Raises Trouble ports_file: the stand-ins' file is not one."""
    from serial.tools import list_ports

    real = [_of_system(info) for info in sorted(list_ports.comports())] + [_of_drive(drive) for drive in drives()]
    false = stand_ins()
    names = {port.device for port in false}
    return [port for port in real if port.device not in names] + false


def drives() -> list[Path]:
    """Where loaders that take UF2 files are mounted: drives with an INFO_UF2.TXT."""
    return [place for place in sorted(_mounted()) if (place / INFO).is_file()]


def info_of(drive: Path) -> dict[str, str]:
    """What INFO_UF2.TXT says, such as {"Board-ID": "RP2350"}; empty: it cannot be read."""
    try:
        lines = (drive / INFO).read_text(encoding="ascii", errors="replace")[:1000].splitlines()
    except OSError:
        return {}
    return {key.strip(): value.strip() for key, mark, value in (line.partition(":") for line in lines) if mark}


def _mounted() -> set[Path]:
    if os.name == "nt":
        return {Path(f"{letter}:\\") for letter in "DEFGHIJKLMNOPQRSTUVWXYZ"}
    if sys.platform == "darwin":
        return set(Path("/Volumes").glob("*"))
    try:
        lines = Path("/proc/mounts").read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return set()
    fields = [line.split() for line in lines]
    return {
        Path(words[1].replace("\\040", " ")) for words in fields if len(words) > 2 and words[2] in ("vfat", "msdos")
    }


def _of_drive(drive: Path) -> Port:
    info = info_of(drive)
    return Port(str(drive), None, None, "", " · ".join(filter(None, (info.get("Model"), info.get("Board-ID")))), "uf2")


def stand_ins_file() -> Path:
    """Where stand-ins are announced."""
    given = os.environ.get("TRAM_PORTS")
    return Path(given) if given else home() / STAND_INS


def stand_ins() -> list[Port]:
    """The pretended ports that are there now."""
    file = stand_ins_file()
    try:
        entries = json.loads(file.read_text(encoding="utf-8"))
        return [_of_entry(entry) for entry in entries if _is_alive(entry)]
    except FileNotFoundError:
        return []
    except (ValueError, TypeError, KeyError, AttributeError, OSError) as bad:
        raise Trouble("ports_file", exits.REFUSED, WORDS, file=str(file)) from bad


def _of_system(info: Any) -> Port:
    name = " ".join(word for word in (info.manufacturer, info.product) if word) or str(info.description or "")
    name = "" if name == "n/a" else name
    kind = kind_of(info.vid, info.pid, name)
    return Port(info.device, info.vid, info.pid, info.serial_number or "", title_of(info.vid, info.pid, name), kind)


def _of_entry(entry: dict[str, Any]) -> Port:
    vid, pid, title = entry.get("vid"), entry.get("pid"), str(entry.get("title", ""))
    if not all(number is None or type(number) is int for number in (vid, pid)):
        raise TypeError("vid and pid are numbers")
    kind = entry.get("kind") or kind_of(vid, pid, title)
    if kind not in KINDS:
        raise ValueError(f"no kind {kind!r}")
    return Port(str(entry["device"]), vid, pid, str(entry.get("serial", "")), title, kind)


def _is_alive(entry: dict[str, Any]) -> bool:
    device, owner = str(entry["device"]), entry.get("pid_of")
    if device.startswith("/") and not os.path.exists(device):
        return False
    if type(owner) is not int or os.name != "posix":
        return True
    try:
        os.kill(owner, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
