"""The gateways that this laptop knows, and how `tram` speaks with them.

    cards(), card(name), save(card), forget(name)    # cards.py: one file for each, TRAM_HOME/gateways/<id>.json
    Client(card).boxes()                             # client.py: HTTPS to the technician's API, the authority pinned
    found = on_the_network(seconds)                  # network.py: who announces itself by mDNS

Nothing in here imports what is slow to load at its top.
"""

from scripts.tram.gateways.cards import Card, card, cards, forget, save

__all__ = ["Card", "card", "cards", "forget", "save"]
