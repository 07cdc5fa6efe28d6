"""The proof that the firmware can be frozen: MicroPython built from its sources with our manifest, and boxes on it."""
