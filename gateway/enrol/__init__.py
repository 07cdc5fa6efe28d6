"""How a new box comes in: it shows what the fleet has signed for it, and gets a password of its own (SPEC §13).

    registry = Registry(data_dir / "boxes", hash_of, matches)     # registry.py: who has enrolled, and by which token
    judge = Judge(gateway_id, fleet_key, registry, listed)          # judge.py: a question -> kept, or Refused(code)
    listener = Listener(...); listener.open(...); listener.run()  # listener.py: TLS, one question per connection

This room knows neither the broker nor the clock: app.py hands it what it needs of them.
"""

from gateway.enrol.judge import Judge, Refused
from gateway.enrol.listener import EnrolError, Limits, Listener
from gateway.enrol.registry import EnrolledBox, Registry

__all__ = ["EnrolError", "EnrolledBox", "Judge", "Limits", "Listener", "Refused", "Registry"]
