from blocks import Blocks
from chipside import ASKED, CHIP, given

if CHIP == "esp32":

    def raw_temperature():
        return 127  # Fahrenheit

else:

    def mcu_temperature():
        return 53


class Partition(Blocks):
    TYPE_APP, TYPE_DATA = 0, 1
    _BYTES = {"vfs": 0x120000, "spool": given("SPOOL_BYTES", 0xE0000)}

    def __init__(self, label):
        if not self._BYTES.get(label):
            raise OSError(2)
        ASKED.append(("partition", label))
        super().__init__(self._BYTES[label] // 4096, 4, OSError(-0x102, "ESP_ERR_INVALID_ARG"))

    @staticmethod
    def find(type=0, subtype=0xFF, label=None):
        known = type == Partition.TYPE_DATA and label and Partition._BYTES.get(label)
        return [Partition(label)] if known else []
