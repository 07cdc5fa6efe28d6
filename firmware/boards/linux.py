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

_FIRST_BAUD = 9600
_PATIENCE_MS = 300
_USAGE = "usage: simbox --uart TTY --flash IMAGE --broker HOST:PORT --config FILE"


class Board:
    name = "linux"
    ticks_ms = time.ticks_ms
    ticks_diff = time.ticks_diff
    random_bytes = os.urandom

    def __init__(self, arguments):
        given = _arguments(arguments)
        self._uart_path = given["uart"]
        self._flash_path = given["flash"]
        self._broker = given["broker"]
        self.config_path = given["config"]
        self._out = select.poll()
        self._out.register(sys.stdout, select.POLLOUT)
        self._dropped_lines = 0
        self.heap_limit = gc.mem_alloc() + gc.mem_free()
        self._signals = asyncio.StreamReader(libc.open_signals((libc.SIGINT, libc.SIGTERM)))

    # Settings

    def adopt(self, config):
        # The command line names the broker, for this run.
        host, _, port = self._broker.rpartition(":")
        if not host or not port.isdigit() or not 0 < int(port) < 65536:
            raise BoardError("board_broker", self._broker)
        config.link.host, config.link.port = host, int(port)
        self._link = config.link
        self._test = config.test

    # Parts

    def open_uart(self):
        return SerialPort(self._uart_path, _FIRST_BAUD)

    def open_flash(self, settings):
        try:
            self._flash = FlashImage(self._flash_path, settings.size_bytes, settings.block_bytes)
        except FlashImageError as bad:
            raise BoardError(bad.code, bad.detail)
        if self._test.cut_after_ops:
            self._flash.cut_after(self._test.cut_after_ops)
        return self._flash

    def hosts(self, name):
        return _host_in(self._link.hosts_file, name)

    def name_servers(self):
        server = self._link.name_server
        if server:
            address, _, port = server.partition(":")
            return [(address, int(port or 53))]
        return _servers_in("/etc/resolv.conf")

    # What it shows

    def draw(self, outcome, signal, facts):
        facts["face"] = outcome
        facts["at_ms"] = time.ticks_ms()
        self._line(facts)

    def say(self, event, facts):
        facts["event"] = event
        self._line(facts)

    def _line(self, facts):
        line = json.dumps(facts) + "\n"
        try:
            if self._out.poll(_PATIENCE_MS) and sys.stdout.write(line):
                return
        except OSError:
            pass  # nobody is there to read it
        self._dropped_lines += 1

    def counters(self):
        return {"lines_dropped": self._dropped_lines} if self._dropped_lines else {}

    # What ends it

    async def stopped(self):
        await self._signals.read(128)

    def tasks(self):
        return {"cut": self._cut_on_command} if self._test.control else {}

    async def _cut_on_command(self):
        # For tests: a file whose content is the number of flash operations until the power goes.
        path = self._test.control
        while True:
            await asyncio.sleep_ms(50)
            try:
                with open(path) as file:
                    text = file.read().strip()
            except OSError:
                continue
            if text.isdigit():
                os.remove(path)
                self._flash.cut_after(int(text))


def _arguments(arguments):
    given = {}
    names = arguments[::2]
    for name, value in zip(names, arguments[1::2]):
        given[name[2:]] = value
    if len(arguments) != 8 or sorted(names) != ["--broker", "--config", "--flash", "--uart"]:
        sys.stderr.write(_USAGE + "\n")
        sys.exit(2)
    return given


def _host_in(path, name):
    for words in _lines_of(path):
        if name in words[1:] and "." in words[0]:
            return words[0]
    return None


def _servers_in(path):
    return [
        (words[1], 53) for words in _lines_of(path) if words[0] == "nameserver" and len(words) > 1 and "." in words[1]
    ]


def _lines_of(path):
    found = []
    try:
        with open(path) as file:
            for line in file:
                words = line.split("#")[0].split()
                if words:
                    found.append(words)
    except OSError:
        pass  # no such file: nothing is known
    return found
