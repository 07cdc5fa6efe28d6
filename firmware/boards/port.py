# The reader's line on a chip's UART, with what ../scanner wants of a port.
#
# 1. The chip's own buffer takes a whole code of 3 KiB and what comes behind it: nobody reads while a block of the flash
#    is erased.
# 2. A UART is never gone: an empty line is a silent reader.
# 3. On RP2 each init makes new buffers, of 256 bytes unless they are asked for again: `again` is what to ask for.

import asyncio

import machine

FIRST_BAUD = 9600
RECEIVE_BYTES = 4096
SEND_BYTES = 256


class UartPort:
    def __init__(self, uart_id, tx, rx, again):
        self.baud = FIRST_BAUD
        self._again = again
        self._uart = machine.UART(
            uart_id,
            baudrate=FIRST_BAUD,
            tx=machine.Pin(tx, machine.Pin.OUT, value=1),
            rx=machine.Pin(rx, machine.Pin.IN, machine.Pin.PULL_UP),  # without a reader, the line is at rest
            rxbuf=RECEIVE_BYTES,
            txbuf=SEND_BYTES,
            timeout=0,
        )
        self._in = asyncio.StreamReader(self._uart)
        self._out = asyncio.StreamWriter(self._uart, {})

    def waiting(self):
        return self._uart.any()

    def reopen(self):
        return True

    def set_baud(self, baud):
        self.baud = baud
        self._uart.init(baudrate=baud, **self._again)

    async def read(self, most):
        while True:
            data = await self._in.read(most)
            if data:
                return data

    def write(self, data):
        self._out.write(data)

    async def drain(self):
        await self._out.drain()

    def close(self):
        pass  # as above
