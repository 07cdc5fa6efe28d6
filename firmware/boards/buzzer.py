# A passive buzzer: a square wave of so many Hz, or none.

import machine

_LEAST_HZ = 20  # an RP2 refuses less than 8
_MOST_HZ = 10000
_HALF = 32768


class Buzzer:
    def __init__(self, pin):
        self._pwm = machine.PWM(machine.Pin(pin), freq=1000, duty_u16=0)
        self._hz = 0

    def set(self, hz):
        if hz == self._hz:
            return
        self._hz = hz
        if hz:
            self._pwm.freq(min(max(hz, _LEAST_HZ), _MOST_HZ))
        self._pwm.duty_u16(_HALF if hz else 0)
