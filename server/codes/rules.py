"""What an operator lays down about codes: which certificates count when, and which other codes are its tickets."""

from typing import NamedTuple

from server.codes.health_rules import HealthRule
from server.codes.tickets import TicketRule


class Rules(NamedTuple):
    """`NO_RULES`: certificates are judged by signature and time alone, and nothing is a ticket."""

    health: tuple[HealthRule, ...] = ()
    tickets: tuple[TicketRule, ...] = ()


NO_RULES = Rules()
