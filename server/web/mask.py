"""What a page may say of a code: its kind and how long it is, and nothing of what stands in it.

Codes are what people carry in their pockets: personal data. Which kind a code is, `firmware.codes` says, here as on
the box.
"""

DOTS = 4


def masked(code: bytes | None) -> str:
    """Dots in place of the code: as many whatever it is. None where there is no code."""
    return "" if code is None else "•" * DOTS
