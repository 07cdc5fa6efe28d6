# A PC or a Raspberry Pi as a box: any serial port as the reader, a file as the flash, standard output as the face.
#
# Every signal and every event is one line of JSON, written by one system call and at once: the process may end
# directly after it. Who does not read what the box prints cannot stop it: after `_PATIENCE_MS` a line is dropped and
# counted.

import asyncio
import gc
import json
import os
import select
import sys
import time

from . import libc
from .errors import BoardError
from .flash_image import FlashImage, FlashImageError
from .serial import SerialPort

_EXIT_RESET = 75  # at once, as a chip's reset: nothing is written or printed after it
_CAUSES = ("power", "soft", "watchdog", "button")  # who starts the box again says it in TRAM_RESET_CAUSE
_FIRST_BAUD = 9600
_PATIENCE_MS = 300
_USAGE = "usage: simbox --uart TTY --flash IMAGE --broker HOST:PORT --config FILE [--system IMAGE]"
_NEEDED = ("uart", "flash", "broker", "config")


class Board:
    name = "linux"
    ticks_ms = time.ticks_ms
    ticks_diff = time.ticks_diff
    random_bytes = os.urandom
    has_screen = False
    masks_interrupts = False

    def __init__(self, arguments):
        given = _arguments(arguments)
        self._uart_path = given["uart"]
        self._flash_path = given["flash"]
        self._broker = given["broker"]
        self.config_path = given["config"]
        self._system_path = given.get("system")
        self._system = self._system_flash = self._world = self._test = self._console = None
        self._id = b""
        self._out = select.poll()
        self._out.register(sys.stdout, select.POLLOUT)
        self._dropped_lines = 0
        self.heap_limit = gc.mem_alloc() + gc.mem_free()
        self._signals = asyncio.StreamReader(libc.open_signals((libc.SIGINT, libc.SIGTERM)))

    # Settings

    def overlay(self):
        # -> what the command line says of the settings: where the broker is. `-`: where the box was told to look.
        if self._broker == "-":
            return {}
        host, _, port = self._broker.rpartition(":")
        if not host or not port.isdigit() or not 0 < int(port) < 65536:
            raise BoardError("board_broker", self._broker)
        return {"link": {"host": host, "port": int(port)}}

    def adopt(self, config):
        self._link = config.link
        self._test = config.test
        self._id = config.box_id.encode()
        if config.test.world:
            from .linux_world import World

            self._world = World(config.test.world)
        if self._system_flash:
            self._mind_system()

    # Parts

    def open_uart(self):
        return SerialPort(self._uart_path, _FIRST_BAUD)

    def open_flash(self, settings):
        try:
            self._flash = FlashImage(self._flash_path, settings.size_bytes, settings.block_bytes)
        except FlashImageError as bad:
            raise BoardError(bad.code, bad.detail)
        test = self._test
        self._flash.make_slow(test.erase_ms, test.program_us)
        self._flash.bad_blocks = test.bad_blocks
        if test.cut_after_ops:
            self._flash.cut_after(test.cut_after_ops)
        return self._flash

    def system(self):
        # -> Files on the system volume; None without --system, or while nothing is on it
        if self._system is None and self._system_path:
            from . import linux_system

            if self._system_flash is None:
                self._system_flash = linux_system.open_flash(self._system_path)
                self._mind_system()
            self._system = linux_system.open_files(self._system_flash)
        return self._system

    def _mind_system(self):
        test = self._test
        if test:
            self._system_flash.make_slow(test.erase_ms, test.program_us)
            if test.system_cut_after_ops:
                self._system_flash.cut_after(test.system_cut_after_ops)

    def unique_id(self):
        # What a chip carries from its maker: here a file beside the system image, or else the name in the settings.
        if self._system_path:
            from . import linux_system

            return linux_system.unique_id(self._system_path + ".id")
        return self._id

    def wlan(self):
        # -> like network.WLAN; None: the machine's own network is there, and no business of ours
        return self._world.wlan() if self._world else None

    def wifi_word(self, status):
        # What a status of wlan() means: idle, connecting, joined (no address yet), up, lost, away, password or failed.
        from .linux_wlan import word_of

        return word_of(status)

    def hosts(self, name):
        from . import linux_names

        return linux_names.host_in(self._link.hosts_file, name)

    def name_servers(self):
        server = self._link.name_server
        if server:
            address, _, port = server.partition(":")
            return [(address, int(port or 53))]
        from . import linux_names

        return linux_names.servers_in("/etc/resolv.conf")

    def button(self):
        return self._world.button() if self._world else False

    def temperature_c(self):
        return self._world.temperature_c() if self._world else None

    def console(self):
        # -> a stream of typed lines, or None
        if self._console is None:
            from . import linux_console

            self._console = linux_console.open_console(self._test.console if self._test else "")
        return self._console

    def gate_reader(self, closed):
        pass  # a write to this flash holds nothing up that the reader sends

    # What it shows

    def draw(self, outcome, signal, facts):
        facts["face"] = outcome
        facts["at_ms"] = time.ticks_ms()
        self._line(facts)

    def say(self, event, facts):
        facts["event"] = event
        self._line(facts)

    def light(self, red, green, blue):
        self._show("light", rgb=[red, green, blue])

    def tone(self, hz):
        self._show("tone", hz=hz)

    def display(self, lines):
        self._show("display", lines=lines)

    @property
    def wants_words(self):
        return bool(getattr(self._test, "show_light", 0))

    def show(self, buffer):
        pass  # the words themselves are printed, not their picture

    def _show(self, what, **facts):
        # Where somebody wants to see each change of light and sound, and not only what it means.
        if self._test and self._test.show_light:
            self.say(what, facts)

    def _line(self, facts):
        line = json.dumps(facts) + "\n"
        if self._console and self._console.is_used:
            self._console.tell(line)
        try:
            if self._out.poll(_PATIENCE_MS) and sys.stdout.write(line):
                return
        except OSError:
            pass  # nobody is there to read it
        self._dropped_lines += 1

    def counters(self):
        return {"lines_dropped": self._dropped_lines} if self._dropped_lines else {}

    # What ends it and starts it

    def reset(self):
        libc.exit_at_once(_EXIT_RESET)

    def reset_cause(self):
        cause = os.getenv("TRAM_RESET_CAUSE") or "power"
        return cause if cause in _CAUSES else "other"

    def watchdog(self, timeout_ms):
        # -> what is to be fed: the kernel's timer. Not fed in time, it ends the process, wherever that hangs.
        self._watchdog_ms = timeout_ms
        self.feed()
        return self

    def feed(self):
        libc.set_alarm(self._watchdog_ms)

    async def stopped(self):
        await self._signals.read(128)

    def tasks(self):
        return {"cut": self._cut_on_command} if self._test.control else {}

    async def _cut_on_command(self):
        # For tests: a file whose content is the number of flash operations until the power goes, "12" for those of the
        # spool's flash, "system 12" for those of the system volume's.
        path = self._test.control
        while True:
            await asyncio.sleep_ms(50)
            try:
                with open(path) as file:
                    text = file.read().strip()
            except OSError:
                continue
            which, _, number = text.rpartition(" ")
            flash = {"": self._flash, "system": self._system_flash}.get(which)
            if flash and number.isdigit():
                os.remove(path)
                flash.cut_after(int(number))


def _arguments(arguments):
    given = {}
    for name, value in zip(arguments[::2], arguments[1::2]):
        given[name[2:] if name[:2] == "--" else ""] = value
    unknown = [name for name in given if name not in _NEEDED and name != "system"]
    if unknown or len(arguments) != 2 * len(given) or not all(name in given for name in _NEEDED):
        sys.stderr.write(_USAGE + "\n")
        sys.exit(2)
    return given
