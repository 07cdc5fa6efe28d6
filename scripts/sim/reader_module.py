"""The modules that scripts/sim/reader.py can be, by name."""

from scripts.sim.reader_ssi import Gm67
from scripts.sim.reader_text import TEXT_MODELS, TextModule
from scripts.sim.reader_zones import DIVISORS, MODELS, Zones

_SENSIBLE_BAUDS = tuple(DIVISORS.values())
_TEXT_MODELS: dict[str, type[TextModule]] = {**TEXT_MODELS, Gm67.name: Gm67}
ALL_MODELS = (*MODELS, *_TEXT_MODELS)


def module_of(model: str, baud: int | None, seed: int) -> Zones | TextModule:
    """A module as it was left at that speed; None: as it ships."""
    if baud is not None and baud not in _SENSIBLE_BAUDS:
        raise ValueError("baud")
    if model in _TEXT_MODELS:
        text = _TEXT_MODELS[model](seed)
        if baud:
            text.set("baud", str(baud))
        text.save()
        text.power_on()
        return text
    zones = Zones(MODELS[model])
    divisor = next(divisor for divisor, known in DIVISORS.items() if known == (baud or 9600))
    zones.write(0x2A, divisor.to_bytes(2, "little"))
    zones.save()
    zones.power_on()
    return zones
