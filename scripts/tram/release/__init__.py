"""A release: what ops hand to technicians to put onto boards, in one folder, signed with the fleet's key.

`release.json` says what is in the folder and where it goes; `release.sig` is its signature, in hexadecimal; `fleet.key`
the public half of the key that made it. Nothing of a release is used before it was found to be whole.
"""

from scripts.tram.release.check import boot_offset_of, checked_files, image_of_board
from scripts.tram.release.find import found, trusted_key
from scripts.tram.release.release import BoardPlan, FileFacts, Release, ReleaseError, encode, parse
from scripts.tram.release.words import WORDS

__all__ = [
    "WORDS",
    "BoardPlan",
    "FileFacts",
    "Release",
    "ReleaseError",
    "boot_offset_of",
    "checked_files",
    "encode",
    "found",
    "image_of_board",
    "parse",
    "trusted_key",
]
