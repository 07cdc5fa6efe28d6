# Whether a network may be forgotten. Pure.
#
# 1. Not the only one, and not the one in use: a box that nobody can reach any more is worse than a network too many.


def refusal(ssid, networks, in_use):
    # `networks`: [[ssid, password]]; -> code, or None
    known = [one[0] for one in networks]
    if ssid not in known:
        return "unknown_network"
    if len(known) < 2:
        return "last_network"
    return "network_in_use" if ssid == in_use else None
