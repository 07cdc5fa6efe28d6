"""Roles, and the one table of who may do what.

1. Whoever has no role may do nothing. A role that is not in a row of the table may not do that.
2. An operator is bounded by named places, a supervisor and a tracer by areas; the other roles are not bounded by where.
3. A tracer looks at people, and only within an open case (that is judged in `server.tracing`). An administrator has
   users and settings, and sees no person by that role alone: what is known of somebody who asks for it takes a request
   that another person has answered.
4. A person with a role that reaches people or users gives a second factor (`SECOND_FACTOR`).
"""

OPERATOR = "operator"  # of named places: their counts, their slips, their findings
TECHNICIAN = "technician"  # boxes and gateways, nothing of people
OPS = "ops"  # the fleet, the ledger, the settings of places; codes are masked
SUPERVISOR = "supervisor"  # counts and compliance of areas
TRACER = "tracer"  # people, within an open case
ADMINISTRATOR = "administrator"  # users and settings
ROLES = (OPERATOR, TECHNICIAN, OPS, SUPERVISOR, TRACER, ADMINISTRATOR)

BOUNDED = frozenset({OPERATOR, SUPERVISOR, TRACER})
BY_AREAS = frozenset({SUPERVISOR, TRACER})
"""Who has one of these has areas, or is said to reach everywhere."""
SECOND_FACTOR = frozenset({TRACER, ADMINISTRATOR})

MAY: dict[str, frozenset[str]] = {
    "look_at_fleet": frozenset({OPS, TECHNICIAN}),
    "wish": frozenset({OPS, TECHNICIAN}),
    "look_at_ledger": frozenset({OPS}),
    "look_at_scans": frozenset({OPS}),
    "look_at_places": frozenset({OPS, OPERATOR, SUPERVISOR, ADMINISTRATOR, TRACER}),
    "change_places": frozenset({OPS, ADMINISTRATOR}),
    "look_at_counts": frozenset({OPS, OPERATOR, SUPERVISOR, TRACER}),
    "look_at_findings": frozenset({OPS, OPERATOR, SUPERVISOR}),
    "look_at_people": frozenset({TRACER}),
    "ask_for_export": frozenset({TRACER}),
    "approve_export": frozenset({TRACER, SUPERVISOR}),
    "change_users": frozenset({ADMINISTRATOR}),
    "approve_users": frozenset({ADMINISTRATOR}),
    "look_at_audit": frozenset({ADMINISTRATOR}),
    "answer_requests": frozenset({ADMINISTRATOR, SUPERVISOR}),
    "open_subjects": frozenset({ADMINISTRATOR}),
    "destroy_days": frozenset({ADMINISTRATOR}),
}


def may(action: str) -> tuple[str, ...]:
    """The roles that may do this, in the order of `ROLES`."""
    return tuple(role for role in ROLES if role in MAY[action])
