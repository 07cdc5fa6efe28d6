"""Synthetic people and their codes, for tests: the generator is the simulation's."""

from server.sim.people import (
    CODES,
    Person,
    citizen_2021,
    citizen_2024,
    household,
    insurance_new,
    insurance_old,
    on_behalf,
    payment,
    people,
    person,
    personal,
    place,
    plain,
    ticket,
)

__all__ = (
    "CODES",
    "Person",
    "citizen_2021",
    "citizen_2024",
    "household",
    "insurance_new",
    "insurance_old",
    "on_behalf",
    "payment",
    "people",
    "person",
    "personal",
    "place",
    "plain",
    "ticket",
)
