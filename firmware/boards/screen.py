# An SSD1306 of 128 x 64 on I2C.
#
# 1. Whether one is there is asked with one short message; none there is no fault. One that stops answering is tried
#    again with every picture.
# 2. A picture is 1,024 bytes as framebuf's MONO_VLSB has them. Only pages that changed are sent: a page takes 3 ms, all
#    eight 25 ms, and nothing else runs meanwhile.

import framebuf
import machine

_ADDRESS = 0x3C
_I2C_HZ = 400000
_PAGE_BYTES = 128
_PAGES = 8
PICTURE_BYTES = _PAGE_BYTES * _PAGES
# Off; clock, height, offset, first line; charge pump; addressing by row; turned so that its pins are on top; pins,
# contrast, precharge, level; all from memory, not inverted; on.
_START = b"\x00\xae\xd5\x80\xa8\x3f\xd3\x00\x40\x8d\x14\x20\x00\xa1\xc8\xda\x12\x81\xcf\xd9\xf1\xdb\x40\xa4\xa6\xaf"


class Screen:
    def __init__(self, i2c_id, sda, scl):
        self._i2c = machine.I2C(i2c_id, sda=machine.Pin(sda), scl=machine.Pin(scl), freq=_I2C_HZ)
        self._sent = [b""] * _PAGES  # what it shows
        self._page = bytearray(1 + _PAGE_BYTES)
        self._page[0] = 0x40
        self.is_there = self._start()

    def _start(self):
        try:
            self._i2c.writeto(_ADDRESS, _START)
        except OSError:
            return False
        self._sent = [b""] * _PAGES
        return True

    def show(self, picture):
        # -> whether it shows it
        if not self.is_there:
            self.is_there = self._start()
        if self.is_there:
            try:
                for number in range(_PAGES):
                    self._send(number, bytes(picture[number * _PAGE_BYTES : (number + 1) * _PAGE_BYTES]))
            except OSError:
                self.is_there = False
        return self.is_there

    def _send(self, number, page):
        if self._sent[number] != page:
            self._i2c.writeto(_ADDRESS, bytes((0x00, 0x21, 0, _PAGE_BYTES - 1, 0x22, number, number)))
            self._page[1:] = page
            self._i2c.writeto(_ADDRESS, self._page)
            self._sent[number] = page

    def show_lines(self, lines):
        # In framebuf's own letters, which are ASCII: for those who have nothing better.
        picture = bytearray(PICTURE_BYTES)
        frame = framebuf.FrameBuffer(picture, _PAGE_BYTES, 8 * _PAGES, framebuf.MONO_VLSB)
        for number, line in enumerate(lines[:6]):
            frame.text(line[:16], 0, 10 * number)
        return self.show(picture)
