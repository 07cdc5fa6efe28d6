from chipside import ASKED


class NeoPixel:
    def __init__(self, pin, n, bpp=3, timing=1):
        self._pin, self._pixels = pin, [(0, 0, 0)] * n
        pin.init(pin.OUT)

    def __setitem__(self, number, colour):
        self._pixels[number] = colour

    def write(self):
        ASKED.append(("pixel", self._pin.number, self._pixels[0]))
