"""Payment codes (EMVCo merchant codes, VietQR among them): recognised, to be refused, and never kept.

1. Objects of tag, length and value, two digits each for the first two, to the very end; the first is 00 = 01.
2. The last is tag 63 of length 4: CRC-16/CCITT-FALSE, in capitals, of everything before its value.
Source: codes.md §2.10; EMV QRCPS Merchant-Presented Mode 1.1 §4.7.
"""

from binascii import crc_hqx


def is_whole(code: bytes) -> bool:
    """Whether its objects fill it, and its checksum is right."""
    at, last = 0, b""
    while at < len(code):
        head = code[at : at + 4]
        if len(head) < 4 or not head.isdigit():
            return False
        last, at = head, at + 4 + int(head[2:])
    if at != len(code) or last != b"6304" or not code.startswith(b"000201"):
        return False
    return code[-4:] == b"%04X" % crc_hqx(code[:-4], 0xFFFF)
