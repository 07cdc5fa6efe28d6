# A port of the gateway, its enrolment port mostly, as firmware/provision wants it: found anew and opened over TLS for
# each exchange.

from .errors import LinkError
from .tls import open_tls


class Door:
    Failed = LinkError

    def __init__(self, names, host, port, gateway, limit_ms):
        self._names = names
        self._host = host
        self._port = port
        self._gateway = gateway
        self._limit_ms = limit_ms
        self._attempt = -1

    async def open(self, cas):
        # Each time at another server of names and another address: one of them may lie.
        self._attempt += 1
        addresses = await self._names.resolve(self._host, self._attempt)
        address = addresses[self._attempt % len(addresses)]
        return await open_tls(address, self._port, self._limit_ms, cas, self._gateway)
