"""The body of a request as it comes: never more of it than its limit, and not for ever."""

import asyncio
from typing import Any

from litestar import Request
from litestar.exceptions import ClientException, InternalServerException

from server.errors import Refused

# What is sent beyond the limit is read and dropped up to here, so that the sender gets to read why.
DRAINED_BYTES = 32 << 20


async def read(request: Request[Any, Any, Any], most_bytes: int, timeout_s: float, code: str) -> bytes:
    """Raises `Refused`: the code given where it is too large, `body_timeout`, `request`."""
    pieces: list[bytes] = []
    total_bytes = 0
    try:
        async with asyncio.timeout(timeout_s):
            async for piece in request.stream():
                total_bytes += len(piece)
                if total_bytes <= most_bytes:
                    pieces.append(piece)
                elif total_bytes > most_bytes + DRAINED_BYTES:
                    break
                else:
                    pieces.clear()
    except TimeoutError as err:
        raise Refused("body_timeout", "the body did not come in time") from err
    except (ClientException, InternalServerException) as err:  # the framework calls it a mistake of the server
        raise Refused("request", "the connection ended before the body did") from err
    if total_bytes > most_bytes:
        raise Refused(code, f"the body is larger than {most_bytes} bytes")
    return b"".join(pieces)
