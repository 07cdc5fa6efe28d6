"""A box on this machine: the firmware, compiled as it is shipped, on the real MicroPython with a board-sized heap.

    scripts/simbox --uart TTY --flash IMAGE --broker HOST:PORT --config FILE [--system IMAGE] [--frozen MICROPYTHON]

TTY is a serial port with a reader (a USB reader, or the simulated one of scripts/simreader); it may appear later,
vanish and come back. IMAGE is the box's flash: a blank one is made where there is none, and it is all that outlives
a power cut. FILE is JSON: `{"box_id": "gate-1", "password": "..."}` is enough, firmware/config/tables.py lists the
rest.

HOST:PORT may be `-` with --system: the box looks for its gateway where it was told when it was provisioned.

With --system the firmware comes out of a system image (scripts/build-firmware --board linux --image FILE), with its
slots, its boot and its main as on a board, and not from the sources. A box that resets itself, or whose watchdog
does, is then started again, with TRAM_RESET_CAUSE saying why. Without --system a reset ends the box with 75.

With --frozen, or TRAM_FROZEN, that interpreter is taken, and the firmware inside it alone (scripts/freeze-proof); the
image then is one without slots. Such an image without --frozen runs what was built from the sources.

The box prints what its light, sound and display would show as lines of JSON, and its states likewise. SIGTERM
and SIGINT end it cleanly, SIGKILL is a power cut. It ends with 78 where a setting is refused, and with 87 after a
power cut that the settings asked for (`test.cut_after_ops`, `test.control`).
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from firmware import config as configs  # noqa: E402  (the path comes first: this file is started by name)
from firmware.scanner.settings import SettingsError, complete  # noqa: E402
from scripts.firmware_build import MICROPYTHON, BuildError, build, micropython_command, micropython_env  # noqa: E402
from scripts.sim.process import dies_with  # noqa: E402

EXIT_REFUSED = 78
SYSTEM_HEAP = "448K"
"""With TLS, Wi-Fi, settings, commands and updates; some 15 KiB of it are what stands in for the chip."""
EXIT_RESET = 75
ERASED = b"\xff"
NOBODY = {"box_id": "box-0", "password": "-"}
"""A box that has still to be provisioned: what its file need not say."""
FROZEN = "TRAM_FROZEN"
"""Names the interpreter where --frozen does not."""
STAGE = Path(__file__).with_name("stage.py")


def main() -> None:
    given = _arguments()
    try:
        settings = settings_of(given.config, given.system is not None)
        complete(settings.reader)
        folder = build()
    except (configs.ConfigError, SettingsError, BuildError) as error:
        print(f"simbox: {error}", file=sys.stderr)
        sys.exit(EXIT_REFUSED)
    make_blank(given.flash, settings.flash.size_bytes)
    options = ["--uart", given.uart, "--flash", given.flash, "--broker", given.broker, "--config", given.config]
    environment = micropython_env(folder)
    program, interpreter = "firmware.main", MICROPYTHON
    if given.frozen:
        program, interpreter = "main", Path(given.frozen).absolute()
        environment["MICROPYPATH"] = ".frozen"
    os.chdir(given.config.parent if given.frozen else folder)
    if given.system:
        arguments = [STAGE, given.system, *options, "--system", given.system]
        sys.exit(Launcher([str(interpreter), *micropython_command(arguments, SYSTEM_HEAP)[1:]], environment).run())
    command = [str(interpreter), *micropython_command(["-m", program, *options])[1:]]
    os.execve(command[0], command, environment)  # noqa: S606  (no shell is wanted: the process becomes the box)


def settings_of(path: Path, is_on_system: bool) -> configs.Section:
    """What the file says, checked as the box will check it. Raises ConfigError."""
    if not is_on_system:
        return configs.load(str(path))
    return configs.read(configs.combine(NOBODY, configs.load_object(str(path))))


class Launcher:
    """Stands where a board's reset line is: starts the box, and again after each reset, until it ends otherwise."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self._command = command
        self._environment = environment
        self._child: subprocess.Popen[bytes] | None = None
        self._is_ending = False

    def run(self) -> int:
        """Return what the box ended with, as a shell tells it: 128 and the signal that ended it."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._forward)
        cause = "power"
        while True:
            code = self._once(cause)
            if self._is_ending or code not in (EXIT_RESET, -signal.SIGALRM):
                return code if code >= 0 else 128 - code
            cause = "soft" if code == EXIT_RESET else "watchdog"

    def _once(self, cause: str) -> int:
        if self._is_ending:
            return 0
        environment = {**self._environment, "TRAM_RESET_CAUSE": cause}
        self._child = subprocess.Popen(self._command, env=environment, preexec_fn=dies_with(os.getpid()))
        if self._is_ending:  # the signal came while the child did
            self._child.terminate()
        return self._child.wait()

    def _forward(self, number: int, _frame: FrameType | None) -> None:
        self._is_ending = True
        if self._child is not None and self._child.returncode is None:
            self._child.send_signal(number)


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
    parser.add_argument("--system", metavar="IMAGE", type=lambda path: Path(path).absolute())
    parser.add_argument("--frozen", metavar="MICROPYTHON", type=Path, default=os.environ.get(FROZEN))
    given = parser.parse_args()
    if given.system and not given.system.is_file():
        parser.error(
            f"--system: {given.system} is not there; make it: scripts/build-firmware --board linux --image FILE"
        )
    return given


if __name__ == "__main__":
    main()
