"""Which readers are plugged in, and what each is called however the kernel numbers it.

1. A setting is a device's path or a pattern. A pattern is a guess: what it finds may be no reader at all.
2. The name of a device is, in this order: that of its link in a `by-id` folder if that holds a serial number; what USB
   says of it in sysfs, if it has a serial number; the port that it is plugged into; its path. So `ttyACM0` may become
   `ttyACM1`, and stays the same reader.
3. A reader without a serial number is known by its port: plugged in elsewhere, it is another one.
4. Of several devices with the same serial number (copies are sold so) the one whose port was written down keeps the
   plain name, or else the first; the others carry their port in their names.
"""

import glob
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

_PATTERN = "*?["
_LINKS = ("by-id", "by-path")


class Usb(NamedTuple):
    """What a USB device says of itself."""

    vendor: str
    product: str
    serial: str
    port: str
    """Where it is plugged in, such as `1-1.4`, with the interface."""


class Device(NamedTuple):
    key: str
    """What it is called for ever."""
    path: str
    """By which it is opened."""
    real: str
    """Where that leads just now."""
    port: str
    """Where it is plugged in; empty: nobody can say."""
    is_guess: bool
    is_twin: bool = False
    """Another one with the same serial number is there."""


def is_pattern(setting: str) -> bool:
    return any(mark in setting for mark in _PATTERN)


def find(settings: Iterable[str], known_ports: Mapping[str, str], sys: Path = Path("/sys")) -> list[Device]:
    """What is there now; `known_ports`: key -> the port at which that reader was last seen."""
    found: dict[str, Device] = {}
    for setting in settings:
        for path in sorted(glob.glob(setting)):
            real = str(Path(path).resolve())
            device = _named(path, real, is_pattern(setting), sys)
            if not _is_gone(real) and (real not in found or not device.is_guess):
                found[real] = device
    return _told_apart(sorted(found.values()), known_ports)


def usb_of(real: str, sys: Path) -> Usb | None:
    """What sysfs says of a tty or an input device; None: it is not on USB."""
    name = Path(real).name
    kind = "input" if name.startswith("event") else "tty"
    try:
        place = (sys / "class" / kind / name / "device").resolve(strict=True)
    except OSError:
        return None
    interface = ""
    for folder in (place, *place.parents):
        if (folder / "bInterfaceNumber").exists():
            interface = _text(folder / "bInterfaceNumber")
        if (folder / "idVendor").exists():
            vendor, product = _text(folder / "idVendor"), _text(folder / "idProduct")
            return Usb(vendor, product, _text(folder / "serial"), f"{folder.name}:{interface}")
    return None


def _named(path: str, real: str, is_guess: bool, sys: Path) -> Device:
    usb = usb_of(real, sys)
    link = Path(path)
    port = usb.port if usb else ""
    if link.parent.name in _LINKS and (link.parent.name == "by-path" or usb is None or usb.serial):
        return Device(link.name, path, real, port or link.name, is_guess)
    if usb is not None:
        ours = f"usb-{usb.vendor}:{usb.product}"
        key = f"{ours}-{usb.serial}-{usb.port.rpartition(':')[2]}" if usb.serial else f"{ours}@{usb.port}"
        return Device(key, path, real, usb.port, is_guess)
    return Device(path, path, real, "", is_guess)


def _told_apart(devices: list[Device], known_ports: Mapping[str, str]) -> list[Device]:
    told: list[Device] = []
    for key in sorted({device.key for device in devices}):
        same = [device for device in devices if device.key == key]
        if len(same) == 1:
            told += same
            continue
        first = next((device for device in same if device.port == known_ports.get(key)), same[0])
        for device in same:
            name = key if device is first else f"{key}@{device.port or device.real}"
            told.append(device._replace(key=name, is_twin=True))
    return told


def _is_gone(real: str) -> bool:
    return not Path(real).exists()


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return ""
