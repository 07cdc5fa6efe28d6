# Which kind of code is this? The same answer on box, gateway and server.

from .kind import KINDS, TAKEABLE, TAKEN, kind_of

__all__ = ("KINDS", "TAKEABLE", "TAKEN", "kind_of")
