"""The drive that an RP2040 or RP2350 shows while its boot loader runs: a folder that swallows .uf2 files.

1. The folder holds INFO_UF2.TXT and INDEX.HTM. Other files may be put there: nothing happens to them.
2. A file counts by its blocks, in whatever order and however slowly they come. A block of a family that is not this
   chip's, or for an address outside its flash, is passed over.
3. When every block of a file is there, they are in the flash, the drive vanishes and `on_done` is called.
4. Each 4 KiB that a block touches is erased before the first block of the file that touches it.

Source: RP2040 datasheet 2.8.4, RP2350 datasheet 5.5; github.com/microsoft/uf2.
Not shown: FAT, how a system mounts it, that a copy may end with an error as the drive is gone, PICOBOOT (picotool).
"""

import shutil
import threading
from collections.abc import Callable
from pathlib import Path

from scripts.sim.bare_board_image import FAMILIES, RP2_FLASH, uf2_blocks
from scripts.sim.rom_flash import SECTOR, CutOff, RomFlash

POLL_S = 0.02
INFO = {
    "rp2040": "UF2 Bootloader v3.0\r\nModel: Raspberry Pi RP2\r\nBoard-ID: RPI-RP2\r\n",
    "rp2350": "UF2 Bootloader v1.0\r\nModel: Raspberry Pi RP2350\r\nBoard-ID: RP2350\r\n",
}
INDEX = (
    '<html><head><meta http-equiv="refresh" content="0;URL=\'https://raspberrypi.com/device/{}\'"/></head></html>\r\n'
)


class Uf2Drive:
    """`mount()`, then files are put into `folder`; `unmount()` takes it away."""

    def __init__(self, folder: Path, chip: str, flash: RomFlash, on_done: Callable[[], None]) -> None:
        self.folder, self._chip, self._flash, self._on_done = folder, chip, flash, on_done
        self._is_over = threading.Event()
        self._thread: threading.Thread | None = None
        self._seen: dict[Path, tuple[int, set[int], set[int]]] = {}

    def mount(self) -> None:
        """The drive is there."""
        self._seen = {}
        fresh = self.folder.with_name(f".{self.folder.name}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        (fresh / "INFO_UF2.TXT").write_text(INFO[self._chip], encoding="ascii", newline="")
        (fresh / "INDEX.HTM").write_text(INDEX.format(self._chip), encoding="ascii", newline="")
        fresh.rename(self.folder)
        self._is_over.clear()
        self._thread = threading.Thread(target=self._run, name=f"drive {self.folder.name}", daemon=True)
        self._thread.start()

    def unmount(self) -> None:
        """The drive is gone, with all that was put there."""
        self._is_over.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
        self._thread = None
        if self.folder.exists():
            gone = self.folder.with_name(f".{self.folder.name}.gone")
            self.folder.rename(gone)
            shutil.rmtree(gone, ignore_errors=True)

    def _run(self) -> None:
        while not self._is_over.wait(POLL_S):
            try:
                if any(self._swallow(file) for file in sorted(self.folder.glob("*.[uU][fF]2"))):
                    self._on_done()
                    return
            except (OSError, CutOff):
                continue  # a file that is just being renamed; a cable that was pulled: the owner unmounts

    def _swallow(self, file: Path) -> bool:
        """Take what is new in it. -> whether all of it is there"""
        done, numbers, erased = self._seen.get(file, (0, set(), set()))
        with file.open("rb") as opened:
            opened.seek(done)
            data = opened.read()
        whole = len(data) // 512 * 512
        total = 0
        for address, piece, number, count, family in uf2_blocks(data[:whole]):
            at = address - RP2_FLASH
            if family != FAMILIES[self._chip] or at < 0 or at + len(piece) > self._flash.size:
                continue
            total = count
            self._put(at, piece, erased)
            numbers.add(number)
        self._seen[file] = (done + whole, numbers, erased)
        return bool(total) and len(numbers) >= total

    def _put(self, at: int, piece: bytes, erased: set[int]) -> None:
        for sector in range(at // SECTOR, -(-(at + len(piece)) // SECTOR)):
            if sector not in erased:
                erased.add(sector)
                self._flash.erase(sector * SECTOR, 1)
        self._flash.program(at, piece)
