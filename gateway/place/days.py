"""Days and hours as people at the place count them: as the server counts them too."""

from presence.days import DAY_MS as DAY_MS
from presence.days import HOUR_MS as HOUR_MS
from presence.days import MINUTE_MS as MINUTE_MS
from presence.days import ZONE_MS as ZONE_MS
from presence.days import Calendar as Calendar
from presence.days import parse_local as parse_local
