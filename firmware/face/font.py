# Draws lines of text as the picture of a screen: 128 x 64 points, a byte for 8 points below each other, lowest bit on
# top, row of bytes by row of bytes (what framebuf calls MONO_VLSB, and what an SSD1306 takes as it is).
#
# glyphs.bin: 16 bytes for each character of KNOWN, in that order: the upper halves of its 8 columns, then the lower
# ones. It is made by scripts/glyphs, from GNU Unifont. So it fits into one block of a flash, which KNOWN would not.

COLUMNS, ROWS = 16, 4
PATH = __file__.replace("\\", "/").rpartition("/")[0] + "/glyphs.bin"

KNOWN = (
    " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~°·ÀÁÂ"
    "ÃÈÉÊÌÍÒÓÔÕ×ÙÚÝàáâãèéêìíòóôõùúýĂăĐđĨĩŨũƠơƯưẠạẢảẤấẦầẨẩẪẫẬậẮắẰằẲẳẴẵẶặẸẹẺẻẼẽẾếỀềỂểỄễỆệỈỉỊịỌọỎỏỐốỒồỔổỖỗỘộ"
    "ỚớỜờỞởỠỡỢợỤụỦủỨứỪừỬửỮữỰựỲỳỴỵỶỷỸỹ–—‘’“”•…₫←↑→↓"
)
_WIDTH = 8 * COLUMNS
_GLYPH_BYTES = 16


def render(lines: list) -> bytearray:
    # -> bytearray. Lines are centred; what goes beyond the screen is not drawn, and an unknown character is a "?".
    picture = bytearray(_WIDTH * 2 * ROWS)
    lines = lines[:ROWS]
    # half a line at a time: a row of bytes is 8 points high
    row = ROWS - len(lines)
    with open(PATH, "rb") as file:
        for line in lines:
            line = line[:COLUMNS]
            left = row * _WIDTH + (COLUMNS - len(line)) * 4
            for at, character in enumerate(line):
                index = KNOWN.find(character)
                if index < 0:
                    index = KNOWN.find("?")
                file.seek(_GLYPH_BYTES * index)
                glyph = file.read(_GLYPH_BYTES)
                begins = left + 8 * at
                picture[begins : begins + 8] = glyph[:8]
                picture[begins + _WIDTH : begins + _WIDTH + 8] = glyph[8:]
            row += 2
    return picture
