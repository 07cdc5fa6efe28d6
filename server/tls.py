"""https: the server's certificate, and who a client is by the certificate that it shows.

1. Key and certificate are one file that only its owner may read. What cannot be used refuses to start.
2. A client needs no certificate; one that it shows has to be by the authority that the settings name, or there is no
   connection. The common name in it is put where `server.web.peer` finds it, by the server and nobody else.
"""

import asyncio
import ssl
from pathlib import Path
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from server import keys
from server.errors import Unusable
from server.web.peer import SHOWN


def context(chain_file: Path, client_ca_file: str) -> ssl.SSLContext:
    """Raises `Unusable`: `tls`, `key_file`."""
    keys.read_private(chain_file)
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        made.load_cert_chain(chain_file)
    except (ssl.SSLError, OSError) as err:
        raise Unusable("tls", f"{chain_file}: no key and certificate that go together") from err
    if client_ca_file:
        try:
            made.load_verify_locations(cafile=client_ca_file)
        except (ssl.SSLError, OSError) as err:
            raise Unusable("tls", f"{client_ca_file}: no certificate of an authority") from err
        made.verify_mode = ssl.CERT_OPTIONAL
    return made


def secure(settings: uvicorn.Config, made: ssl.SSLContext) -> None:
    """uvicorn with this; before it is loaded."""
    settings.ssl_context_factory = lambda config, default: made
    settings.http = Protocol


class Protocol(H11Protocol):
    """HTTP on a connection whose other end may have shown who it is."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Once for each connection, after the handshake."""
        super().connection_made(transport)
        name = _common_name(transport.get_extra_info("peercert"))
        inner = self.app

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await inner({**scope, SHOWN: name}, receive, send)

        self.app = app


def _common_name(certificate: dict[str, Any] | None) -> str | None:
    for part in (certificate or {}).get("subject", ()):
        for key, value in part:
            if key == "commonName":
                return str(value)
    return None
