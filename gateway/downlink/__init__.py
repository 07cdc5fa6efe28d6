"""What is wished for the boxes, and how it gets there: settings, commands, firmware (SPEC §10 to §12).

    store = Store(data_dir / "downlink", fleet_key)     # store.py: wishes as files, which the command line writes too
    downlink = Downlink(store, voice, ...)              # downlink.py: wish and status compared; sends, serves, records
    roster = Roster(...)                                # roster.py: what each box said last, for whoever asks

Level-triggered: what a box says of itself is compared with what is wished, again and again, until they agree. Nothing
is lost with a message, a restart of the gateway or of the box.
"""

from gateway.downlink.bundle import Bundle, BundleError
from gateway.downlink.downlink import Downlink, Limits
from gateway.downlink.roster import Roster
from gateway.downlink.store import Order, Store, StoreError, Wishes

__all__ = ["Bundle", "BundleError", "Downlink", "Limits", "Order", "Roster", "Store", "StoreError", "Wishes"]
