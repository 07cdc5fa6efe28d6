"""The labels that can be bought: what is printable on them, and how fine the printers for them are."""

from typing import NamedTuple


class Size(NamedTuple):
    """A label, as it is read: wider than high. Millimetres. `dpi` None: from a printer for paper."""

    name: str
    title: str
    width: float
    height: float
    margin: float
    dpi: int | None
    sheet: "Sheet | None" = None


class Sheet(NamedTuple):
    """Labels on a page: where the first one is, how far the next ones are, how many there are."""

    width: float
    height: float
    left: float
    top: float
    step_x: float
    step_y: float
    columns: int
    rows: int


# Brother prints to within 1.5 mm of the edge with 300 dpi, Dymo the same; Zebra's small printers have 203 dpi.
# L7160: 21 labels on A4, 63.5 × 38.1 mm.
_ALL = (
    Size("brother-29x90", "Brother DK-11201, 29 × 90 mm", 90, 29, 1.5, 300),
    Size("brother-62", "Brother DK-22205, 62 × 40 mm", 62, 40, 1.5, 300),
    Size("dymo-89x28", "Dymo 99010, 89 × 28 mm", 89, 28, 1.5, 300),
    Size("dymo-54x25", "Dymo 11352, 54 × 25 mm", 54, 25, 1.5, 300),
    Size("zebra-50x30", "Zebra 50 × 30 mm, 203 dpi", 50, 30, 1.5, 203),
    Size("a4-63x38", "A4, 21 × 63,5 × 38,1 mm (Avery L7160)", 63.5, 38.1, 2.5, None,
         Sheet(210, 297, 7.25, 15.15, 66.0, 38.1, 3, 7)),
)  # fmt: skip
SIZES = {size.name: size for size in _ALL}
DEFAULT = "brother-62"
