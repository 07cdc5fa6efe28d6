"""What a certificate is worth at the instant it was shown: the first of these that holds.

1. `not_trusted`: nobody whom we believe has this key, or not for that country or that day.
2. `wrong_signature`: the key is known, and did not sign this. Then nothing that it says is kept.
3. `not_yet`, `expired`: by its own times. 4. `refused_by_rules`: by the rules of that day. 5. `valid`.
"""

from typing import NamedTuple

from server.codes.health_rules import HealthRule, Proof, judge
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
    health = Health(verdict, claims.proof.what, claims.issuer, until_ms if verdict == VALID else None)
    if verdict == WRONG_SIGNATURE:
        return Parsed(kind, HEALTH, health=health._replace(issuer=""))
    if verdict == NOT_TRUSTED:
        warnings.append(UNPROVEN)
    documents = (Document(CERTIFICATE, claims.identifier),)
    return Parsed(kind, HEALTH, documents, claims.name, claims.born, health=health, warnings=tuple(warnings))
