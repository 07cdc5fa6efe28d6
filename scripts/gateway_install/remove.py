"""Take a gateway away again: first say what has not been sent, and delete data only when told to."""

import shutil

from scripts.gateway_install import layout as places
from scripts.gateway_install.layout import Layout
from scripts.gateway_install.system import System, number
from scripts.gateway_install.texts import text


def remove(layout: Layout, system: System, purge: bool, even_unsent: bool) -> bool:
    """Whether it was done; False: unsent scans would have been deleted."""
    unsent = number(layout.at(f"{places.STATE}/data/metrics.prom"), "tram_waiting_records")
    has_data = layout.at(f"{places.STATE}/data").exists()
    if unsent or (unsent is None and has_data):
        key = "unsent_unknown" if unsent is None else "unsent"
        print(text(key, n=int(unsent or 0), path=f"{places.STATE}/data"))
        if purge and not even_unsent:
            print(text("unsent_refused"))
            return False
    units = [name for name in reversed(places.UNITS) if layout.at(f"/etc/systemd/system/{name}").exists()]
    if units:
        system.systemctl("disable", "--now", *units)
    for path in (
        *[f"/etc/systemd/system/{name}" for name in places.UNITS],
        places.WRAPPER,
        places.JOURNALD,
        places.AVAHI,
    ):
        layout.at(path).unlink(missing_ok=True)
    system.systemctl("daemon-reload")
    shutil.rmtree(layout.at(places.OPT), ignore_errors=True)
    if not purge:
        print(text("removed", paths=f"{places.SETTINGS} {places.STATE}"))
        return True
    for path in (places.SETTINGS, places.STATE):
        shutil.rmtree(layout.at(path), ignore_errors=True)
    layout.at(places.SYSUSERS).unlink(missing_ok=True)
    print(text("purged"))
    return True
