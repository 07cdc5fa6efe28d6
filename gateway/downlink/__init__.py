"""What is wished for the boxes, and how it gets there: settings, commands, firmware (SPEC §10 to §12, §16).

    store = Store(data_dir / "downlink", fleet_key, gateway_id)
                                        # store.py: wishes as files, the command line's and the server's (central.py)
    downlink = Downlink(store, voice, ...)       # downlink.py: wish and status compared; sends, serves, records
    fetch = Fetch(gateway_id, store, way, ...)   # fetch.py: the server's wishes; collect.py: its bundles of firmware
    events = Events(data_dir / "events.log", boot, mono_ms)   # events.py: what happened, until the server confirms it
    report = Report(gateway_id, events, way, ...)             # report.py: how things are, and the events
    roster = Roster(...)                         # roster.py: what each box said last, for whoever asks

Level-triggered: what a box says of itself is compared with what is wished, again and again, until they agree. Nothing
is lost with a message, a restart of the gateway or of the box.
"""

from gateway.downlink.account import Now
from gateway.downlink.bundle import Bundle, BundleError
from gateway.downlink.downlink import Downlink, Limits
from gateway.downlink.events import Events
from gateway.downlink.fetch import Fetch
from gateway.downlink.fetch import Settings as FetchSettings
from gateway.downlink.report import Report
from gateway.downlink.roster import Roster
from gateway.downlink.store import Order, Store, StoreError, Wishes

__all__ = [
    "Bundle",
    "BundleError",
    "Downlink",
    "Events",
    "Fetch",
    "FetchSettings",
    "Limits",
    "Now",
    "Order",
    "Report",
    "Roster",
    "Store",
    "StoreError",
    "Wishes",
]
