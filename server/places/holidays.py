"""Days on which a place may be quiet for a good reason: public holidays of Việt Nam, as days since 1970-01-01.

Source: Labour Code 2019, art. 112: 1/1, Tết, the Hùng Kings' day (10/3 lunar), 30/4, 1/5, 2/9. The lunar dates are
reckoned for UTC+7, where they differ from those of China at times (Tết 2030). Around Tết places are quiet for longer:
from three days before until seven days after its first day.
"""

from datetime import date

TET = ("2025-01-29", "2026-02-17", "2027-02-06", "2028-01-26", "2029-02-13", "2030-02-02")
HUNG_KINGS = ("2025-04-07", "2026-04-26", "2027-04-16", "2028-04-04", "2029-04-23", "2030-04-12")
FIXED = ("01-01", "04-30", "05-01", "09-01", "09-02")
YEARS = range(2025, 2031)
TET_BEFORE, TET_AFTER = 3, 7
EPOCH = date(1970, 1, 1)


def day_of(said: str) -> int:
    """Days since 1970-01-01 of a date as 2026-01-31."""
    return (date.fromisoformat(said) - EPOCH).days


def _all() -> frozenset[int]:
    tet = {day_of(one) + at for one in TET for at in range(-TET_BEFORE, TET_AFTER + 1)}
    fixed = {day_of(f"{year}-{one}") for year in YEARS for one in FIXED}
    return frozenset(tet | fixed | {day_of(one) for one in HUNG_KINGS})


HOLIDAYS = _all()
