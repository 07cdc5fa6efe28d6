"""What a certificate is worth at the instant it was shown: the first of these that holds.

1. `not_trusted`: nobody whom we believe has this key, or not for that country or that day.
2. `wrong_signature`: the key is known, and did not sign this. Then nothing that it says is kept.
3. `not_yet`, `expired`: by its own times. 4. `refused_by_rules`: by the rules of that day. 5. `valid`.

Where no rule holds that day, it is held to what it says itself: what it proves lies more than a day ahead, or a
recovery counts from a later day on (`not_yet`); a recovery counts no longer (`expired`). A date known in part is ahead
where its first day is. What else it says against being enough (doses to come, a test not negative) is a warning beside
`valid`.
"""

from typing import NamedTuple

from server.codes.dates import DAY_MS, day_at, end_ms
from server.codes.health_rules import TEST, HealthRule, Proof, in_force, judge
from server.codes.types import CERTIFICATE, HEALTH, Document, Health, Parsed

VALID, NOT_YET, EXPIRED = "valid", "not_yet", "expired"
NOT_TRUSTED, WRONG_SIGNATURE, REFUSED_BY_RULES = "not_trusted", "wrong_signature", "refused_by_rules"
UNPROVEN = "unproven"


class Claims(NamedTuple):
    """What a certificate says. `issuer`: a country or an address; instants in UTC ms."""

    identifier: str
    name: str | None
    born: str | None
    issuer: str
    from_ms: int
    until_ms: int | None
    proof: Proof


def parsed(
    kind: str, claims: Claims, doubt: str | None, rules: tuple[HealthRule, ...], at_ms: int, warnings: list[str]
) -> Parsed:
    """`doubt`: not_trusted or wrong_signature; None: the signature is right and its key believed."""
    is_counted, until_ms = judge(rules, claims.proof, at_ms)
    is_ruled = bool(in_force(rules, at_ms))
    if not is_ruled and claims.proof.own_last_day is not None:
        until_ms = end_ms(claims.proof.own_last_day)
    if claims.until_ms is not None:
        until_ms = claims.until_ms if until_ms is None else min(until_ms, claims.until_ms)
    verdict = doubt or VALID
    if doubt is None:
        if at_ms < claims.from_ms:
            verdict = NOT_YET
        elif claims.until_ms is not None and at_ms > claims.until_ms:
            verdict = EXPIRED
        elif not is_counted:
            verdict = REFUSED_BY_RULES
        elif not is_ruled:
            verdict = _by_itself(claims.proof, at_ms)
            warnings += claims.proof.doubts if verdict == VALID else ()
    health = Health(verdict, claims.proof.what, claims.issuer, until_ms if verdict == VALID else None)
    if verdict == WRONG_SIGNATURE:
        return Parsed(kind, HEALTH, health=health._replace(issuer=""))
    if verdict == NOT_TRUSTED:
        warnings.append(UNPROVEN)
    documents = (Document(CERTIFICATE, claims.identifier),)
    return Parsed(kind, HEALTH, documents, claims.name, claims.born, health=health, warnings=tuple(warnings))


def _by_itself(proof: Proof, at_ms: int) -> str:
    day = day_at(at_ms)
    if proof.own_last_day is not None and proof.own_last_day < day:
        return EXPIRED
    if proof.own_first_day is not None and proof.own_first_day > day:
        return NOT_YET
    is_ahead = proof.sampled_ms > at_ms + DAY_MS if proof.what == TEST else proof.first_day > day + 1
    return NOT_YET if is_ahead else VALID
