# Runs on MicroPython: how long a box takes to check a signed code. box_rsa.py FILE
#
# FILE: two lines, the key's modulus as hex and a signed provisioning code. Prints one line of JSON, medians of RUNS.
import json
import sys
import time
from binascii import unhexlify

from firmware.provision import check
from firmware.wire import rsa

RUNS = 101


def median_us(call):
    took_us = []
    for _ in range(RUNS):
        begun_us = time.ticks_us()
        call()
        took_us.append(time.ticks_diff(time.ticks_us(), begun_us))
    return sorted(took_us)[RUNS // 2]


with open(sys.argv[1]) as file:
    modulus, text = file.read().split()
modulus, text = unhexlify(modulus), text.encode()
new_box = ("box-000001", False, 0, 0)
if check.judge(text, modulus, new_box, False, None)[0] is not None:
    raise SystemExit("the code is not taken")
number, digest = int.from_bytes(modulus, "big"), b"\x5a" * 32
figures = {
    "verify_us": median_us(lambda: rsa.verify(modulus, digest, b"\x5a" * rsa.KEY_BYTES)),
    "pow_us": median_us(lambda: pow(number >> 1, 65537, number)),
    "judge_us": median_us(lambda: check.judge(text, modulus, new_box, False, None)),
}
print(json.dumps(figures))
