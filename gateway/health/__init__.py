"""How things are, judged by progress; what has changed, told once.

    health = Health(mono_ms, on_alert, beacon_s)
    health.boxes.status(...), .heard(box_id), .acked(acks)     # as it happens
    health.beat(Facts(...), births)                            # every few seconds -> what has changed
    health.parts(), health.rows(births), health.metrics(now)   # for reports, pages, metrics.prom

parts.py   the judgement of each part      boxes.py     of each box
watch.py   flaps, groups, since when       measures.py  what takes more than one look
Everything here is handed its facts and its clock.
"""

from gateway.health.boxes import Boxes
from gateway.health.health import Health
from gateway.health.measures import Backlog, Question, lag_s
from gateway.health.metrics import Kind, Metric, flat, render, write
from gateway.health.parts import Facts, judge
from gateway.health.state import Standing, State
from gateway.health.watch import Watch

__all__ = [
    "Backlog",
    "Boxes",
    "Facts",
    "Health",
    "Kind",
    "Metric",
    "Question",
    "Standing",
    "State",
    "Watch",
    "flat",
    "judge",
    "lag_s",
    "render",
    "write",
]
