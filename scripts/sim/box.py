"""A box on this machine: the firmware, compiled as it is shipped, on the real MicroPython with a board-sized heap.

    scripts/simbox --uart TTY --flash IMAGE --broker HOST:PORT --config FILE

TTY is a serial port with a reader (a USB reader, or the simulated one of scripts/simreader); it may appear later,
vanish and come back. IMAGE is the box's flash: a blank one is made where there is none, and it is all that outlives
a power cut. FILE is JSON: `{"box_id": "gate-1", "password": "..."}` is enough, firmware/config.py lists the rest.

The box prints what its light, sound and display would show as lines of JSON, and its states likewise. SIGTERM
and SIGINT end it cleanly, SIGKILL is a power cut. It ends with 78 where a setting is refused, and with 87 after a
power cut that the settings asked for (`test.cut_after_ops`, `test.control`).
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from firmware import config as configs  # noqa: E402  (the path comes first: this file is started by name)
from firmware.scanner.settings import SettingsError, complete  # noqa: E402
from scripts.firmware_build import BuildError, build, micropython_command, micropython_env  # noqa: E402

EXIT_REFUSED = 78
ERASED = b"\xff"


def main() -> None:
    given = _arguments()
    try:
        settings = configs.load(str(given.config))
        complete(settings.reader)
        folder = build()
    except (configs.ConfigError, SettingsError, BuildError) as error:
        print(f"simbox: {error}", file=sys.stderr)
        sys.exit(EXIT_REFUSED)
    make_blank(given.flash, settings.flash.size_bytes)
    options = ["--uart", given.uart, "--flash", given.flash, "--broker", given.broker, "--config", given.config]
    command = micropython_command(["-m", "firmware.main", *options])
    environment = micropython_env(folder)
    os.chdir(folder)
    os.execve(command[0], command, environment)  # noqa: S606  (no shell is wanted: the process becomes the box)


def make_blank(image: Path, size_bytes: int) -> None:
    """A flash as it comes from the factory, every bit set, unless there is one already."""
    if image.exists():
        return
    handle, name = tempfile.mkstemp(dir=image.parent, prefix=image.name)
    with os.fdopen(handle, "wb") as file:
        file.write(ERASED * size_bytes)
    Path(name).replace(image)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="simbox", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    # The TTY is not resolved: where it is a link, the box follows it anew at each opening.
    parser.add_argument("--uart", required=True, metavar="TTY", type=lambda path: Path(path).absolute())
    parser.add_argument("--flash", required=True, metavar="IMAGE", type=lambda path: Path(path).absolute())
    parser.add_argument("--broker", required=True, metavar="HOST:PORT")
    parser.add_argument("--config", required=True, metavar="FILE", type=lambda path: Path(path).absolute())
    return parser.parse_args()


if __name__ == "__main__":
    main()
