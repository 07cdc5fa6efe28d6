"""Who can be reached: the broker, by its own port and over TLS as the boxes do, and the server."""

import email.utils
import http.client
import socket
import ssl
import time
from pathlib import Path
from urllib.parse import urlsplit

from gateway.config import Config
from gateway.doctor.finding import Around, Finding

ASK = "/api/v1/fleet/wishes?after=0&wait_s=0"
MOST_CLOCK_S = 30
_CONNECT = b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x0f\x00\x00"
_REFUSED = b"\x20\x02\x00\x05"


def broker(settings: Config, ca_file: Path, around: Around) -> list[Finding]:
    ours = settings.broker
    found = [_plain(ours.host, ours.port, around)]
    for address in ours.tls_listen:
        where = "127.0.0.1" if address in ("0.0.0.0", "::") else address  # noqa: S104 - asked, not bound
        found.append(_tls(where, ours.tls_port, settings.gateway_id, ca_file, around))
    return found


def _plain(host: str, port: int, around: Around) -> Finding:
    """A stranger without a name has to be refused: who lets everybody in is not our broker."""
    values = {"where": f"{host}:{port}"}
    try:
        with socket.create_connection((host, port), around.network_s) as line:
            line.sendall(_CONNECT)
            answer = line.recv(4)
    except OSError as error:
        return Finding("broker_down", "fault", values | {"reason": error.strerror or str(error)})
    return Finding("broker", "ok", values) if answer == _REFUSED else Finding("broker_strange", "fault", values)


def _tls(host: str, port: int, gateway_id: str, ca_file: Path, around: Around) -> Finding:
    values = {"where": f"{host}:{port}"}
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata=ca_file.read_bytes())
        with (
            socket.create_connection((host, port), around.network_s) as tcp,
            context.wrap_socket(tcp, server_hostname=gateway_id),
        ):
            return Finding("broker_tls", "ok", values)
    except ssl.SSLError as error:
        return Finding("broker_tls_wrong", "fault", values | {"reason": error.reason or str(error)})
    except OSError as error:
        return Finding("broker_tls_down", "fault", values | {"reason": error.strerror or str(error)})


def server(settings: Config, around: Around) -> list[Finding]:
    """Each address on its own, step by step: the first step that fails is the finding."""
    return [_ask(url, settings, around) for url in (settings.server.url, *settings.server.more_urls)]


def _ask(url: str, settings: Config, around: Around) -> Finding:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    values: dict[str, object] = {"host": f"{host}:{port}"}
    try:
        socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        return Finding("server_name", "warning", values)
    try:
        connection = _connection(parts.scheme, host, port, settings, around)
        connection.request("GET", parts.path.rstrip("/") + ASK, headers=_headers(settings))
        answer = connection.getresponse()
        answer.read(1_000_000)
    except ssl.SSLCertVerificationError as error:
        return Finding("server_certificate", "fault", values | {"reason": error.verify_message})
    except (OSError, ssl.SSLError, http.client.HTTPException) as error:
        return Finding(
            "server_down", "warning", values | {"reason": getattr(error, "strerror", None) or type(error).__name__}
        )
    return judge(answer.status, answer.getheader("Date"), time.time(), values)


def judge(status: int, date: str | None, now_s: float, values: dict[str, object]) -> Finding:
    if status == 401:
        return Finding("server_token", "fault", values)
    if status == 403:
        return Finding("server_forbidden", "fault", values)
    if status not in (200, 204):
        return Finding("server_strange", "warning", values | {"status": status})
    try:
        off_s = now_s - email.utils.parsedate_to_datetime(date or "").timestamp()
    except ValueError:
        return Finding("server", "ok", values)
    if abs(off_s) > MOST_CLOCK_S:
        return Finding("server_clock", "warning", values | {"seconds": round(off_s)})
    return Finding("server", "ok", values)


def _headers(settings: Config) -> dict[str, str]:
    return {"Authorization": f"Bearer {settings.secret(settings.server.token_file).reveal()}"}


def _connection(scheme: str, host: str, port: int, settings: Config, around: Around) -> http.client.HTTPConnection:
    if scheme != "https":
        return http.client.HTTPConnection(host, port, timeout=around.network_s)
    ours = settings.server
    context = ssl.create_default_context(cafile=str(settings.path(ours.ca_file)) if ours.ca_file else None)
    if ours.client_chain_file:
        context.load_cert_chain(settings.path(ours.client_chain_file))
    return http.client.HTTPSConnection(host, port, timeout=around.network_s, context=context)
