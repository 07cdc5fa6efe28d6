# What went wrong in a TLS connection, by name. Loaded when something did.

from .errors import LinkError

# What mbedTLS says of a certificate (x509_crt.h) -> our code, the gravest first.
_COMPLAINTS = (
    ("trusted CA", "tls_ca"),
    ("expected CN", "tls_name"),
    ("expired", "tls_expired"),
    ("future", "tls_not_yet"),
)
# mbedTLS's own numbers (ssl.h, x509.h).
_CODES = {
    12: "tls_memory",
    -0x7F00: "tls_memory",
    -0x2700: "tls_certificate",
    -0x7280: "closed_by_broker",
    -0x7880: "closed_by_broker",
    -0x7200: "tls_garbage",
    -0x7100: "tls_garbage",
    -0x7180: "tls_garbage",
    -0x7780: "tls_alert",
}


def named(bad):
    # What mbedTLS, or the socket below it, says -> LinkError.
    if isinstance(bad, ValueError):
        said = str(bad)
        for words, code in _COMPLAINTS:
            if words in said:
                return LinkError(code)
        return LinkError("tls_certificate", said.strip())
    number = bad.args[0]
    return LinkError(_CODES.get(number, "connection_lost" if number > -256 else "tls_failed"), str(number))
