"""What a page may say of a code: which kind it looks like and how long it is, and nothing of what stands in it.

This is for looking only and decides nothing. Codes are what people carry in their pockets: personal data.
"""

import re

KINDS = (
    ("citizen_card", re.compile(rb"\d{12}\|")),
    ("health_certificate", re.compile(rb"HC1:|shc:/")),
    ("payment", re.compile(rb"000201")),
    ("link", re.compile(rb"(?i)https?://")),
    ("digits", re.compile(rb"\d+\Z")),
)
DOTS = 4


def kind(code: bytes) -> str:
    """A word for what the code looks like."""
    for name, pattern in KINDS:
        if pattern.match(code):
            return name
    try:
        text = code.decode("utf-8")
    except UnicodeDecodeError:
        return "binary"
    return "text" if text.isprintable() else "binary"


def masked(code: bytes) -> str:
    """Dots in place of the code: as many whatever it is."""
    return "•" * DOTS
