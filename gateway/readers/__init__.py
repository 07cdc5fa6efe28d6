"""QR readers plugged into this machine, each as a box without Wi-Fi: the second scheme of the check-in guides.

    house = House(...)                                  # desk.py: what the gateway lends its readers
    readers = Readers(Settings(serial, keyboard), house, on_change)
    await readers.run()                                 # a task; raises what the buffer raises
    readers.states()                                    # -> [ReaderState]: states.py lists what may be said

devices.py   what is there, and what it is called for ever
port.py      a serial port in the event loop (pyserial)        evdev.py    a keyboard device
stranger.py  is that a reader at all?                           keys.py     keys to codes
wired.py     one reader while it is plugged in                  calm.py     its loop, that idles while nothing comes
desk.py      code -> judged -> committed -> "stored"            identity.py box id, epoch, numbers

The frames, the search for the module, its settings and the rules of acceptance are firmware/scanner's, unchanged.
None of the known module families can be told to light or sound on command, so "stored" is shown by whoever listens to
`on_outcome` (the place's page), not by the reader; its own light and sound of success are off.
"""

from gateway.readers.desk import House, Kept, NotKept, Outcome
from gateway.readers.readers import Readers, Settings
from gateway.readers.states import WELL, ReaderState

__all__ = ["WELL", "House", "Kept", "NotKept", "Outcome", "ReaderState", "Readers", "Settings"]
