"""The panel as an object: reads who may log in, binds, serves, and tries again where it cannot. The gateway goes on.

1. Without a password file there is no panel, and nothing of it is loaded.
2. Whatever keeps it from serving (a port in use, no certificate, a password file that cannot be read) is its state, and
   is tried again every RETRY_S.
3. Another password file is taken over while it runs; one that cannot be read changes nothing but the state.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

import structlog

from gateway.panel.settings import Settings
from gateway.panel.types import Part, Sources

if TYPE_CHECKING:
    from gateway.panel.doors import Doors
    from gateway.panel.exchange import Request, Response
    from gateway.panel.listening import Limits, Listener
    from gateway.panel.live import Live
    from gateway.panel.people import People

log = structlog.get_logger()

RETRY_S = 15.0
LOOK_AGAIN_S = 5.0


class Tech(Protocol):
    """Who answers technicians; takes() says how long the body of a request may be, by its head."""

    async def answer(self, request: "Request", /) -> "Response": ...

    def takes(self, request: "Request", /) -> int: ...


def _mono_ms() -> int:
    return time.monotonic_ns() // 1_000_000


class Panel:
    """run() is a task that raises nothing but CancelledError; `part` is its state, `ports` where it listens."""

    def __init__(
        self,
        settings: Settings,
        sources: Sources,
        mono_ms: Callable[[], int] = _mono_ms,
        limits: "Limits | None" = None,
        retry_s: float = RETRY_S,
        tech: Tech | None = None,
    ) -> None:
        """`tech`: who answers below /tech, where anybody does."""
        self._settings = settings
        self._tech = tech
        self._sources = sources
        self._mono_ms = mono_ms
        self._limits = limits
        self._retry_s = retry_s
        self._state = Part("panel", "off" if settings.password_file is None else "starting")
        self._since_ms = mono_ms()
        self._listener: Listener | None = None
        self._live: Live | None = None
        self._doors: Doors | None = None
        self.opened = asyncio.Event()
        """Set while it serves."""

    @property
    def part(self) -> Part | None:
        """None: there is none, and need not be."""
        if self._state.state == "off":
            return None
        return self._state._replace(since_s=(self._mono_ms() - self._since_ms) / 1000)

    @property
    def ports(self) -> list[int]:
        return [] if self._listener is None else self._listener.ports

    def changed(self) -> None:
        """There is something new to be seen."""
        if self._live is not None:
            self._live.changed()

    def numbers(self) -> Mapping[str, float]:
        """name -> value, for /metrics: `tram_panel_<name>`."""
        if self._listener is None or self._doors is None or self._live is None:
            return {}
        return {
            "connections": self._listener.connections,
            "turned_away_total": self._listener.turned_away.total(),
            "sessions": self._doors.sessions,
            "log_ins_total": self._doors.log_ins,
            "log_ins_failed_total": self._doors.failures.number,
            "watchers": self._live.watchers,
        }

    async def run(self) -> None:
        if self._settings.password_file is None:
            await asyncio.Event().wait()
        while True:
            try:
                await self._serve()
            except Exception as error:  # a task's top: the gateway keeps scans whether or not anybody sees a page
                self._say(getattr(error, "code", "failed"), str(error) or repr(error))
            finally:
                self._let_go()
            await asyncio.sleep(self._retry_s)

    async def _serve(self) -> None:
        """Until cancelled; raises PeopleError or ListenError where it cannot begin."""
        from gateway.panel import people as people_files
        from gateway.panel.doors import Doors
        from gateway.panel.exchange import nothing_long
        from gateway.panel.glance import Glance
        from gateway.panel.listening import Limits, Listener
        from gateway.panel.site import Site

        settings = self._settings
        assert settings.password_file is not None  # noqa: S101 - run() has seen to it
        tag, people = self._changed_ns(), people_files.read(settings.password_file)
        token = people_files.read_token(settings.metrics_token_file)
        self._doors = Doors(people, settings.session_hours, self._mono_ms)
        glance = Glance(self._sources, self._mono_ms)
        answer = None if self._tech is None else self._tech.answer
        takes = nothing_long if self._tech is None else self._tech.takes
        session_s = settings.session_hours * 3600
        site = Site(self._doors, glance, settings.names, token, self._mono_ms, session_s, answer)
        self._listener = Listener(site.answer, settings.chain_file, self._limits or Limits(), takes)
        self._listener.open(settings.listen, settings.port)
        self._live = site.live
        self._say("ok", "")
        log.info("the panel is open", addresses=list(settings.listen), ports=self.ports, people=len(people))
        self.opened.set()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._listener.run(), name="panel")
            group.create_task(site.live.run(), name="panel live")
            group.create_task(self._follow(self._doors, tag), name="panel people")

    async def _follow(self, doors: "Doors", tag: int) -> None:
        """Take over what is written to the password file."""
        from gateway.panel.people import PeopleError, read

        assert self._settings.password_file is not None  # noqa: S101 - as above
        while True:
            await asyncio.sleep(LOOK_AGAIN_S)
            now = self._changed_ns()
            if now == tag:
                continue
            tag = now
            try:
                people: People = read(self._settings.password_file)
            except PeopleError as error:
                self._say("no_password_file", str(error))
            else:
                doors.set_people(people)
                self._say("ok", "")
                log.info("the panel's password file was read anew", people=len(people))

    def _changed_ns(self) -> int:
        try:
            return self._settings.password_file.stat().st_mtime_ns if self._settings.password_file else 0
        except OSError:
            return -1

    def _say(self, state: str, reason: str) -> None:
        if state != self._state.state:
            self._since_ms = self._mono_ms()
            if state != "ok":
                log.error("the panel is not well", code=state, detail=reason)
        self._state = Part("panel", state, reason)

    def _let_go(self) -> None:
        self.opened.clear()
        if self._listener is not None:
            self._listener.close()
        self._listener = self._live = self._doors = None
