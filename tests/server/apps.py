"""Applications that are used again: a thousand tests want one, and building all its routes takes a tenth of a second.

1. Routes, handlers and OpenAPI are the same for every server; of its own it has the desk and the lifespan. A test's
   server gets an idle application with these two anew.
2. What is lent is lent once: two nodes of one test have two. It is idle again when the test is over.
3. A server that lives longer than a test, and a server in a process of its own, builds its own.
"""

from litestar.datastructures import State

from server.web import site


class _Lifespan:
    """Of whoever has the application now."""

    def __init__(self):
        self.of = None

    def __call__(self, app):
        return self.of(app)


class Apps:
    def __init__(self, build=site.build):
        self._build = build
        self._idle, self._lent = [], []

    def lend(self, desk, lifespan):
        """As `site.build`."""
        app, now = self._idle.pop() if self._idle else self._made()
        pulse = type(app.state.pulse)()
        now.of, app.state = lifespan, State({"desk": desk, "pulse": pulse})
        self._lent.append((app, now))
        return app

    def _made(self):
        now = _Lifespan()
        return self._build(None, now), now

    def take_back(self):
        """The test is over."""
        for app, now in self._lent:
            now.of, app.state = None, State({"desk": None, "pulse": app.state.pulse})
        self._idle += self._lent
        self._lent = []
