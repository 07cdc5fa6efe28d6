"""The place's own page: on the local network, with a log-in, without the internet.

    panel = Panel(settings, sources)
    group.create_task(panel.run())        # never raises but CancelledError: what is wrong is in panel.state
    panel.changed()                       # after each commit: those who look see it within a second

What the pages show is in `types.py`. The pages, and what serves them, are loaded only when there is a password file.
"""

from gateway.panel.panel import Panel
from gateway.panel.settings import Settings
from gateway.panel.types import (
    BoxState,
    Cell,
    Day,
    LastScan,
    Look,
    Occupancy,
    Outcome,
    Part,
    PlaceName,
    Rules,
    Sources,
    Waiting,
)

__all__ = (
    "BoxState",
    "Cell",
    "Day",
    "LastScan",
    "Look",
    "Occupancy",
    "Outcome",
    "Panel",
    "Part",
    "PlaceName",
    "Rules",
    "Settings",
    "Sources",
    "Waiting",
)
