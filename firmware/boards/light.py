# The light: three colours through PWM, or one WS2812. set(red, green, blue), each 0 to 255; the same again is free.

import machine

_PWM_HZ = 1000


class RgbLight:
    def __init__(self, pins):
        self._dark = 65535 if pins.LIGHT_ON_LOW else 0
        numbers = (pins.LIGHT_RED, pins.LIGHT_GREEN, pins.LIGHT_BLUE)
        self._pwms = [machine.PWM(machine.Pin(number), freq=_PWM_HZ, duty_u16=self._dark) for number in numbers]
        self._shown = (0, 0, 0)

    def set(self, *colour):
        if colour != self._shown:
            self._shown = colour
            for pwm, value in zip(self._pwms, colour):
                pwm.duty_u16(abs(self._dark - value * 257))


class Ws2812Light:
    def __init__(self, pins):
        import neopixel

        self._pixels = neopixel.NeoPixel(machine.Pin(pins.LIGHT_DATA, machine.Pin.OUT), 1)
        self._shown = (-1, 0, 0)
        self.set(0, 0, 0)  # it keeps its colour over a reset

    def set(self, *colour):
        if colour != self._shown:
            self._shown = colour
            self._pixels[0] = colour
            self._pixels.write()


def light_of(pins):
    return RgbLight(pins) if pins.LIGHT == "rgb" else Ws2812Light(pins)
