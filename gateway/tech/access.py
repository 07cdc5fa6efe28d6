"""The access code of a technician: one line that says which gateway, by what it is known, and the secret. Pure.

    tram1.<gateway id>.<SHA-256 of its authority, base64url>.<token, base64url>

Whoever has the line needs to compare nothing: a laptop speaks with that authority's gateway, or with none. It is read
by scripts/tram/gateways/access.py.
"""

PREFIX = "tram1"


def write(gateway: str, ca: str, token: str) -> str:
    return f"{PREFIX}.{gateway}.{ca}.{token}"
