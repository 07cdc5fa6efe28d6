"""Who a connection is by its TLS certificate: the common name, or None where none was shown."""

from collections.abc import Mapping
from typing import Any

SHOWN = "tram_certificate"


def shown(scope: Mapping[str, Any]) -> str | None:
    """The name in the certificate that the other end of this request showed."""
    found = scope.get(SHOWN)
    return found if isinstance(found, str) else None
