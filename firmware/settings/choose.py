# With which settings the box starts. Loaded at the start, and let go.
#
# 1. A trial that was settled before a power cut could clear it away goes (store.py, 3 and 4).
# 2. A trial is started MOST_STARTS times at most: one that makes the box start anew again and again is given up.
# 3. Settings that this firmware refuses are passed over, and reported: the good ones are used, or, where these too are
#    refused or damaged, what the box was given when it was provisioned. There is always something to start with.

from .store import Store

MOST_STARTS = 3


def choose(files, read):
    # `read(text or None)` -> the whole configuration with that wish laid over the base; raises what has .code and .key.
    # -> (version in use, configuration, reader before | None, refused | None); version 0: no wish
    store = Store(files)
    chosen = _trial(store, read)
    if chosen is None:
        chosen = _good(store, read)
    return chosen + (store.refused(),)


def _trial(store, read):
    trial = store.trial()
    if trial is None:
        return None
    version, starts, reader, text = trial
    good, refused = store.good(), store.refused()
    if (good and good[0] == version) or (refused and refused[0] == version):
        store.drop_trial()
    elif starts >= MOST_STARTS:
        store.give_up(version, "starts")
    else:
        try:
            config = read(text)
        except Exception as bad:  # whatever is wrong with it, the box must start
            store.give_up(version, *_reason(bad))
            return None
        store.try_out(version, reader, text, starts + 1)
        return version, config, reader
    return None


def _good(store, read):
    good = store.good()
    if good is not None:
        try:
            return good[0], read(good[1]), None
        except Exception as bad:  # the same
            store.refuse(good[0], *_reason(bad))
    return 0, read(None), None


def _reason(bad):
    return str(getattr(bad, "code", None) or type(bad).__name__), getattr(bad, "key", None) or ""
