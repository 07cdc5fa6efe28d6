"""Whose request it is, and what becomes of it: the top of everything below /tech.

1. Nobody is in by default: a request names a token, or gets nothing but the authority's certificate, which is public.
   A browser that is logged in to the place's page is nobody here: a page elsewhere could make it ask.
2. A wrong token costs its address a try (panel/throttle.py); an answer to it is the same whoever was meant.
3. Every use goes into the log: who, what, from where, and what came of it. No token, no body. Whoever is turned away
   unjudged is only counted: nobody may fill a log from outside.
4. Whatever goes wrong in here ends this request and no more.
"""

import json
from collections import Counter
from collections.abc import Callable

import structlog

from gateway.panel.exchange import Request, Response
from gateway.panel.throttle import Throttle, network_of
from gateway.tech.api import Api
from gateway.tech.live import Live
from gateway.tech.technicians import Technician, Technicians, TechniciansError
from gateway.tech.types import STATUS, Bench, Refused

log = structlog.get_logger()

ROOT = "/tech/v1"
JSON = {"Content-Type": "application/json"}


class Tech:
    """answer() gives the response to a request below ROOT; takes() how long its body may be."""

    def __init__(
        self, technicians: Technicians, bench: Bench, live: Live, mono_ms: Callable[[], int], wait_s: float = 15.0
    ) -> None:
        self._technicians = technicians
        self._bench = bench
        self._mono_ms = mono_ms
        self._throttle = Throttle()
        self._api = Api(bench, live, wait_s)
        self.live = live
        self.uses: Counter[int] = Counter()
        """Answers by status."""

    def takes(self, request: Request) -> int:
        """So many bytes of body may come in pieces; 0: what every request may have."""
        if not request.path.startswith(ROOT + "/") or self._known(request) is None:
            return 0
        return self._api.takes(request.method, request.path.removeprefix(ROOT))

    async def answer(self, request: Request) -> Response:
        name, status = "-", 500
        try:
            path = request.path.removeprefix(ROOT)
            if path == "/ca" and request.method == "GET":
                name, status = "*", 200
                return Response(200, {"Content-Type": "application/pkix-cert"}, self._bench.authority())
            who = self._who(request)
            name = who.name
            response = await self._api.answer(request, path, who, lambda: self._known(request) is not None)
            status = response.status
            return response
        except Refused as refused:
            status = STATUS[refused.code]
            return _no(refused)
        except (TimeoutError, EOFError):  # the other side has gone: the line's affair
            status = 400
            raise
        except (OSError, TechniciansError) as error:
            log.error("a technician's request could not be answered", reason=str(error))
            status = 507
            return _no(Refused("no_room"))
        except Exception:  # a request's top: whatever it is, it ends this one and no other
            log.exception("a technician's request failed", method=request.method[:8])
            return _no(Refused("no_answer", "fault"))
        finally:
            self.uses[status] += 1
            tell = log.debug if status in (403, 429) or name == "*" else log.info
            what = {"method": request.method[:8], "path": request.path[:96], "address": request.peer}
            tell("technician", name=name, **what, status=status)

    def _who(self, request: Request) -> Technician:
        """Raises Refused."""
        if not self._technicians.known():
            raise Refused("no_technicians")
        where = network_of(request.peer)
        wait_ms = self._throttle.begin(f"technician at {where}", request.peer, self._mono_ms())
        if wait_ms:
            raise Refused("no_more_tries", wait_s=-(-wait_ms // 1000))
        found = self._technicians.who(_token_of(request))
        if found is None:
            raise Refused("no_right")
        self._throttle.succeeded(f"technician at {where}", request.peer)
        return found

    def _known(self, request: Request) -> Technician | None:
        try:
            return self._technicians.who(_token_of(request))
        except (OSError, TechniciansError):
            return None


def _token_of(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _no(refused: Refused) -> Response:
    error = {"code": refused.code, "what": refused.what, **refused.facts}
    headers = dict(JSON)
    if "wait_s" in refused.facts:
        headers["Retry-After"] = str(refused.facts["wait_s"])
    if refused.code == "no_right":
        headers["WWW-Authenticate"] = "Bearer"
    return Response(STATUS[refused.code], headers, json.dumps({"v": 1, "error": error}, ensure_ascii=False).encode())
