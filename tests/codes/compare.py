# Names each code of a file: on MicroPython and on CPython, to be compared. compare.py FILE: a hexadecimal code a line.

import sys
from binascii import unhexlify

from firmware.codes import kind_of

with open(sys.argv[1]) as given:
    for line in given:
        print(kind_of(unhexlify(line.strip())))
