# Shows an outcome through whatever the board has: a port with draw(outcome, signal, facts).

from .table import OUTCOMES


class Face:
    def __init__(self, port):
        self._port = port

    def show(self, outcome, **facts):
        signal = OUTCOMES[outcome]
        self._port.draw(outcome, signal, facts)
