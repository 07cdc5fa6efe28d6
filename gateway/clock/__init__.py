"""What time it was: this machine's monotonic clock, UTC, and each box's (boot, uptime), related by sure bounds.

    keeper = Timekeeper(gateway_id, machine)             # machine: see machine.py, or a test's own
    keeper.load(samples, anchors)                        # what an earlier run of the gateway knew
    keeper.tick()                                        # now and then: looks at UTC; True when it becomes known
    keeper.beacon()                                      # -> what the boxes are told of our clock
    keeper.heard(heard, received_mono_ms)                # a box's answer; raises ClockRefused(code)
    keeper.server_said(utc_ms, sent_ms, received_ms)     # a server's clock, with the round trip that it took
    keeper.instant(...), keeper.time(...), keeper.samples()
    keeper.unsaved()                                     # -> (samples, anchors) to be kept across a restart
    keeper.contradiction_ms                              # kernel against server
    Steps().look(mono_ms, discipline().wall_ms)          # was the clock set? (steps.py)
    machine.has_slept()                                  # then everything begins anew

machine.py touches the operating system; everything else here is pure, and never asks what time it is. Any thread may
ask the keeper.
"""

from gateway.clock.machine import Discipline, KernelClock, Machine, Utc, discipline
from gateway.clock.steps import Step, Steps
from gateway.clock.timekeeper import Anchor, ClockRefused, Sample, Timekeeper

__all__ = [
    "Anchor",
    "ClockRefused",
    "Discipline",
    "KernelClock",
    "Machine",
    "Sample",
    "Step",
    "Steps",
    "Timekeeper",
    "Utc",
    "discipline",
]
