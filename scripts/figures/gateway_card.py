"""A card of its own for the time of a measurement: ext4 in a file behind a loop device, mounted as a Raspberry Pi does.

What reaches the card is what the kernel says of that device: /sys/block/loopN/stat, in sectors of 512 bytes. It needs
root's rights.
"""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

MEBIBYTES = 1_024
SECTOR_BYTES = 512


class NoCard(Exception):
    """This machine lets us have no loop device."""


class Card(NamedTuple):
    folder: Path
    stat_path: Path

    def written_bytes(self) -> int:
        """What has reached it so far; everything that waits goes there first."""
        _do("sync", "--file-system", self.folder)
        return SECTOR_BYTES * int(self.stat_path.read_text().split()[6])


@contextmanager
def card(home: Path) -> Iterator[Card]:
    """Raises NoCard."""
    image, folder = home / "card.img", home / "card"
    folder.mkdir()
    with image.open("wb") as file:
        file.truncate(MEBIBYTES * 1024 * 1024)
    _do("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0", image)
    device = _do("losetup", "--find", "--show", image).strip()
    try:
        _do("mount", "-t", "ext4", "-o", "noatime", device, folder)
        try:
            yield Card(folder, Path("/sys/block") / Path(device).name / "stat")
        finally:
            _do("umount", folder)
    finally:
        _do("losetup", "--detach", device)


def _do(*words: str | Path) -> str:
    try:
        done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=True, timeout=120)
    except (OSError, subprocess.CalledProcessError) as error:
        raise NoCard(f"{words[0]}: {getattr(error, 'stderr', '') or error}") from error
    return done.stdout
