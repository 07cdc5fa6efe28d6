"""What tells one Espressif chip from another, as far as a boot loader's client looks: addresses, ids, the fuses' words.

Source: esptool 5.6 (`esptool/targets/*.py`), which reads these addresses; Espressif's technical reference manuals.
The revisions are those of chips sold today.
"""

from typing import NamedTuple

XTAL_HZ = 40_000_000
BLANK = (
    b"ets Jul 29 2019 12:21:46\r\n\r\nrst:0x10 (RTCWDT_RTC_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n"
    b"invalid header: 0xffffffff\r\ninvalid header: 0xffffffff\r\n"
)
"""What the ROM says again and again where the flash holds nothing to run."""
DOWNLOAD = (
    b"ets Jul 29 2019 12:21:46\r\n\r\nrst:0x1 (POWERON_RESET),boot:0x3 (DOWNLOAD_BOOT(UART0/UART1/SDIO_REI_REO_V2))\r\n"
    b"waiting for download\r\n"
)
"""What it says when its boot pin was low at reset."""
MAGIC_ADDRESS = 0x40001000
USR = 1 << 18
"""In the SPI controller's command register: send what USR2 says. It reads 0 again when that is done."""


class Chip(NamedTuple):
    """One kind of chip."""

    name: str
    """As in hardware/boards.toml."""
    image_id: int
    """In the header of an image, and in the answer to get_security_info."""
    has_security_info: bool
    magic: int
    loader_offset: int
    """Where in the flash its ROM looks for the second-stage boot loader."""
    mac_registers: tuple[int, int]
    """Low word, high word of the fuses with its MAC address."""
    fuses: dict[int, int]
    """Registers that say revision and package."""
    spi: tuple[int, int, int, int]
    """SPI controller: command, USR2, address, W0."""
    clock_divider: int
    watchdog: int
    """The register whose bit 31 starts the watchdog; 0: this chip is not reset that way."""
    rom_status_bytes: int = 4


CHIPS = {
    chip.name: chip
    for chip in (
        Chip(
            "esp32",
            0,
            False,
            0x00F01D83,
            0x1000,
            (0x3FF5A004, 0x3FF5A008),
            {0x3FF5A00C: 1 << 15 | 1 << 9, 0x3FF5A014: 1 << 20, 0x3FF6607C: 1 << 31},  # D0WD-V3, revision 3.0
            (0x3FF42000, 0x3FF42024, 0x3FF42004, 0x3FF42080),
            0x3FF40014,
            0,
        ),
        Chip(
            "esp32s3",
            9,
            True,
            0x09,
            0x0,
            (0x60007044, 0x60007048),
            {0x60007050: 2 << 18, 0x60007058: 0},  # revision 0.2
            (0x60002000, 0x60002020, 0x60002004, 0x60002058),
            0x60000014,
            0x60008098,
        ),
        Chip(
            "esp32c3",
            5,
            True,
            0x1B31506F,
            0x0,
            (0x60008844, 0x60008848),
            {0x60008850: 4 << 18, 0x60008858: 0},  # revision 0.4
            (0x60002000, 0x60002020, 0x60002004, 0x60002058),
            0x60000014,
            0x60008090,
        ),
    )
}


def registers(chip: Chip, mac: bytes) -> dict[int, int]:
    """What the chip's registers read before anybody has written to them. `mac`: 6 bytes."""
    low, high = chip.mac_registers
    return {
        **chip.fuses,
        MAGIC_ADDRESS: chip.magic,
        low: int.from_bytes(mac[2:], "big"),
        high: int.from_bytes(mac[:2], "big"),
    }
