# A wish that has come: read, judged whole, and put on trial. Loaded when one comes.
#
# Where memory is too short to judge it now it is judged by the start that would try it, before anything of it is used.

from firmware.wire import settings
from firmware.wire.errors import WireError

from .store import Store


def take(keeper, payload):
    # -> True: the box is to start anew, on trial
    try:
        wish = settings.decode(payload)
    except WireError as bad:
        return _told(keeper, bad.code)
    if wish.box_id != keeper.box_id:
        return _told(keeper, "other_box")
    if wish.version == keeper.version:
        return False
    store = Store(keeper.files)
    refused, trial = store.refused(), store.trial()
    if (refused and refused[0] == wish.version) or (trial and trial[0] == wish.version):
        return False
    good = store.good()
    if wish.version < max(keeper.version, good[0] if good else 0):
        return _refuse(keeper, store, wish.version, "older", "")
    text = wish.body.decode()
    try:
        keeper.check(text)
    except MemoryError:
        keeper.count("settings_judged_later")  # where there is nothing else in memory yet: choose.py
    except Exception as bad:  # whatever is wrong with it: refused by name, and the box goes on as it is
        code = str(getattr(bad, "code", None) or type(bad).__name__)
        return _refuse(keeper, store, wish.version, code, getattr(bad, "key", None) or "")
    # A reader that the settings on trial have made worse is no measure for the next ones.
    store.try_out(wish.version, trial[2] if trial else keeper.reader_state(), text)
    return True


def _told(keeper, code):
    # No version to report it under: counted.
    keeper.count("settings_" + code)
    keeper.say("settings", outcome="refused", code=code)
    return False


def _refuse(keeper, store, version, code, key):
    store.refuse(version, code, key)
    keeper.refused = (version, code, key)
    keeper.count("settings_refused")
    keeper.say("settings", outcome="refused", version=version, code=code, key=key)
    keeper.changed()
    return False
