"""How a stand-in board is plugged in: a pty, or a network port that speaks RFC 2217.

    line = PtyLine(folder / "port", heard)     # heard(what): Bytes, Closed or Lines, from a thread of the line's own
    line.plug(); line.send(b"..."); line.unplug()

1. What is sent while no host has the port open is lost. What a host does not read waits, up to MOST_WAITING bytes.
   What a host has written is heard, also if it closes at once, and if the next one is there before that was seen.
2. `unplug` hangs up on the host; after `plug` the port is there again, under the same name or another.
3. A pty has no modem lines: `has_lines` is False, and setting DTR or RTS there is an error of the system (ENOTTY).
   Over RFC 2217 each change of DTR and RTS is told as Lines.

Source of the network side: RFC 2217, as pyserial's PortManager does it.
"""

import os
import select
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, cast

from serial import rfc2217

POLL_S = 0.01
MOST_WAITING = 1 << 22


class Bytes(NamedTuple):
    """What the host has written."""

    data: bytes
    baud: int


class Closed(NamedTuple):
    """The host has closed the port."""


class Lines(NamedTuple):
    """True: asserted, that is, the pin is low."""

    dtr: bool
    rts: bool


Heard = Callable[[Bytes | Closed | Lines], None]


class Line:
    """What both have in common: a thread, and bytes that wait to go out."""

    has_lines = False

    def __init__(self, heard: Heard) -> None:
        self.device = ""
        self._heard = heard
        self._waiting = bytearray()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._is_over = threading.Event()
        self._wake_read, self._wake_write = -1, -1

    def plug(self, elsewhere: bool = False) -> None:
        """The port is there; `elsewhere`: under a name that it has not had."""
        if self._thread is not None:
            return
        self._is_over.clear()
        self._waiting.clear()
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_write, False)
        self._open(elsewhere)
        self._thread = threading.Thread(target=self._run, name=f"line {self.device}", daemon=True)
        self._thread.start()

    def unplug(self) -> None:
        """The port is gone when this returns. May be called by the line's own listener."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        self._is_over.set()
        self._wake()
        if thread is not threading.current_thread():
            thread.join()

    def send(self, data: bytes) -> None:
        """Lost where nobody has the port open."""
        with self._lock:
            if not self._has_host() or len(self._waiting) > MOST_WAITING:
                return
            self._waiting += data
        self._wake()

    def _wake(self) -> None:
        try:
            os.write(self._wake_write, b"!")
        except OSError:
            return  # it is awake, or gone

    def _run(self) -> None:
        try:
            while not self._is_over.is_set():
                self._turn()
        finally:
            self._close()
            os.close(self._wake_read)
            os.close(self._wake_write)

    def _select(self, port: int) -> tuple[bool, bool]:
        """-> (something to read, room to write what waits)"""
        read, write, _ = select.select([port, self._wake_read], [port] if self._waiting else [], [], POLL_S * 5)
        if self._wake_read in read:
            os.read(self._wake_read, 4096)
        return port in read, bool(write)

    def _take_waiting(self, written: int) -> None:
        with self._lock:
            del self._waiting[:written]

    def _forget_waiting(self) -> None:
        with self._lock:
            self._waiting.clear()

    def _open(self, elsewhere: bool) -> None:
        raise NotImplementedError

    def _turn(self) -> None:
        raise NotImplementedError

    def _has_host(self) -> bool:
        raise NotImplementedError

    def _close(self) -> None:
        raise NotImplementedError


class PtyLine(Line):
    """`device` is a link to the pty; `elsewhere` gives it a number: port, port-2, port-3 …"""

    def __init__(self, link: Path, heard: Heard) -> None:
        super().__init__(heard)
        self._first, self._link, self._times = link, link, 1
        self._master = -1
        self._slave_name = ""
        self._is_open = False

    def _open(self, elsewhere: bool) -> None:
        import termios
        import tty

        if elsewhere:
            self._times += 1
            self._link = self._first.with_name(f"{self._first.name}-{self._times}")
        self._master, slave = os.openpty()
        tty.setraw(slave, termios.TCSANOW)
        self._slave_name = os.ttyname(slave)
        os.close(slave)
        os.set_blocking(self._master, False)
        self._is_open = False
        self._link.unlink(missing_ok=True)
        self._link.symlink_to(self._slave_name)
        self.device = str(self._link)

    def forbid(self) -> None:
        """From now on nobody but root may open it."""
        Path(self._slave_name).chmod(0)

    def _has_host(self) -> bool:
        if self._master < 0:
            return False
        poll = select.poll()
        poll.register(self._master, select.POLLIN)
        return not any(event & select.POLLHUP for _, event in poll.poll(0))

    def _baud(self) -> int:
        import termios

        speeds = {
            getattr(termios, name): int(name[1:]) for name in dir(termios) if name[1:].isdigit() and name[0] == "B"
        }
        return speeds.get(termios.tcgetattr(self._master)[5], 0)

    def _turn(self) -> None:
        if not self._has_host():
            self._host_gone()
            self._is_over.wait(POLL_S)
            return
        self._is_open = True
        has_data, has_room = self._select(self._master)
        try:
            if has_data and (data := os.read(self._master, 65536)):
                self._heard(Bytes(data, self._baud()))
            if has_room:
                self._take_waiting(os.write(self._master, self._waiting[:4096]))
        except BlockingIOError:
            return
        except OSError:
            return  # the host has closed it: the next turn sees that

    def _host_gone(self) -> None:
        said, is_gone = self._last_words()
        if said:
            self._heard(Bytes(said, self._baud()))
        if not self._is_open and (not said or not is_gone):
            self._is_open = bool(said)  # the first one came just now
            return
        self._is_open = False
        self._forget_waiting()
        self._forget_unread()
        self._heard(Closed())

    def _last_words(self) -> tuple[bytes, bool]:
        """-> (what was written and not heard yet, of who has closed or of the next one already; nobody is there)"""
        said = b""
        try:
            while data := os.read(self._master, 65536):
                said += data
        except BlockingIOError:
            return said, False
        except OSError:  # EIO: that was all
            pass
        return said, True

    def _forget_unread(self) -> None:
        """What it did not read must not wait for the next one; what the next one has written must not be lost."""
        import termios

        try:
            slave = os.open(self._slave_name, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        except OSError:
            return
        try:
            termios.tcflush(self._master, termios.TCOFLUSH)  # what is on its way
            termios.tcflush(slave, termios.TCIFLUSH)  # what is there
        finally:
            os.close(slave)

    def _close(self) -> None:
        if self._link.is_symlink() and os.readlink(self._link) == self._slave_name:
            self._link.unlink(missing_ok=True)
        master, self._master = self._master, -1
        os.close(master)


class NetLine(Line):
    """A port of 127.0.0.1; `device` is its rfc2217:// URL."""

    has_lines = True

    def __init__(self, heard: Heard) -> None:
        super().__init__(heard)
        self._server: socket.socket | None = None
        self._host: socket.socket | None = None
        self._manager: Any = None
        self._number = 0
        self._pins = _Pins(heard)

    def _open(self, elsewhere: bool) -> None:
        self._server = socket.socket()
        self._server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._server.bind(("127.0.0.1", 0 if elsewhere else self._number))
        self._server.listen(1)
        self._number = self._server.getsockname()[1]
        self.device = f"rfc2217://127.0.0.1:{self._number}"

    def _has_host(self) -> bool:
        return self._host is not None

    def _turn(self) -> None:
        if self._host is None:
            self._welcome()
            return
        has_data, has_room = self._select(self._host.fileno())
        try:
            if has_data:
                self._read(self._host)
            if has_room:
                self._take_waiting(self._host.send(self._waiting[:65536]))
        except BlockingIOError:
            return
        except OSError:
            self._host_gone()

    def _welcome(self) -> None:
        if self._server is None or not self._select(self._server.fileno())[0]:
            return
        self._host, _ = self._server.accept()
        self._host.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._host.setblocking(False)
        self._forget_waiting()
        self._manager = rfc2217.PortManager(cast(Any, self._pins), cast(Any, self))

    def write(self, data: bytes) -> None:
        """For PortManager: what is not the board's own bytes."""
        with self._lock:
            self._waiting += data

    def send(self, data: bytes) -> None:
        """The same, but 0xFF is doubled on this way."""
        super().send(data.replace(b"\xff", b"\xff\xff"))

    def _read(self, host: socket.socket) -> None:
        data = host.recv(65536)
        if not data:
            self._host_gone()
            return
        if told := b"".join(self._manager.filter(data)):
            self._heard(Bytes(told, self._pins.baudrate))

    def _host_gone(self) -> None:
        host, self._host = self._host, None
        if host is not None:
            host.close()
        self._forget_waiting()
        self._heard(Closed())

    def _close(self) -> None:
        for one in (self._host, self._server):
            if one is not None:
                one.close()
        self._host = self._server = None


class _Pins:
    """What PortManager takes for a serial port."""

    cts = dsr = cd = True
    ri = xonxoff = rtscts = break_condition = False
    parity, stopbits, bytesize = "N", 1, 8

    def __init__(self, heard: Heard) -> None:
        self.baudrate = 115200
        self._heard = heard
        self._dtr = self._rts = False

    @property
    def dtr(self) -> bool:
        return self._dtr

    @dtr.setter
    def dtr(self, asserted: bool) -> None:
        self._dtr = asserted
        self._heard(Lines(self._dtr, self._rts))

    @property
    def rts(self) -> bool:
        return self._rts

    @rts.setter
    def rts(self, asserted: bool) -> None:
        self._rts = asserted
        self._heard(Lines(self._dtr, self._rts))

    def reset_input_buffer(self) -> None:
        """Nothing is kept here."""

    def reset_output_buffer(self) -> None:
        """Nothing is kept here."""
