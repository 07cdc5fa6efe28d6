"""What was found of boxes that were planted silent or wrong: how soon, and how often of boxes that were well.

1. A silent box has to be found where it kept so many readings from us that chance cannot explain it (`ENOUGH`); how
   long that takes depends on how busy the place is.
2. A finding at a place and time where nothing was planted is a false alarm; they are counted by gate and month.
3. A guard's card and a clock that is ahead have to be found too.
"""

from server.places import silence
from server.sim import faults
from server.sim.clock import DAY_MS, HOUR_MS
from server.sim.faults import Fault
from server.sim.figures import Figure, must
from server.sim.province import Found, Province

ROOM = "silence"
ENOUGH = 60
MOST_FALSE = 0.1
MONTH_DAYS = 30
OF = {
    faults.DEAD: (silence.SILENT, silence.DEAD),
    faults.OUTAGE: (silence.SILENT, silence.DEAD),
    faults.NOON: (silence.NOON, silence.SILENT),
    faults.SAME: (silence.SAME_PERSON,),
    faults.CLOCK: (silence.CLOCK,),
}


def compare(province: Province) -> tuple[list[Figure], dict[str, list[str]]]:
    """Figures, and evidence of what is wrong."""
    missed: list[str] = []
    delays: dict[str, list[float]] = {}
    quiet = 0
    for fault in province.faults:
        if fault.kind not in OF:
            continue
        first = min((one.raised_ms for one in province.findings if _is_of(one, fault, province)), default=None)
        if first is not None:
            delays.setdefault(fault.kind, []).append((first - fault.from_ms) / HOUR_MS)
        elif _must_be_found(fault, province):
            missed.append(f"{fault}: {province.passages.suppressed.get(fault.box_id, 0)} readings kept away")
        else:
            quiet += 1
    false = [str(one) for one in province.findings if not any(_may_be_of(one, fault) for fault in province.faults)]
    months = len(province.boxes) * province.asked.days / MONTH_DAYS
    rate = round(len(false) / months, 4)
    figures = [
        must(ROOM, "faults_not_found", len(missed), not missed, "= 0"),
        Figure(ROOM, "faults_too_quiet_to_tell", quiet),
        *(
            Figure(ROOM, f"delay_h_{kind}", "/".join(f"{one:.0f}" for one in sorted(delays[kind])))
            for kind in sorted(delays)
        ),
        Figure(ROOM, "gate_months", round(months, 1)),
        Figure(ROOM, "false_alarms", len(false)),
        must(ROOM, "false_alarms_per_gate_month", rate, rate <= MOST_FALSE, f"<= {MOST_FALSE}"),
    ]
    return figures, {"faults_not_found": missed, "false_alarms_per_gate_month": false}


def _is_of(one: Found, fault: Fault, province: Province) -> bool:
    place_id = province.sites[fault.site].place_id
    is_there = one.place_id == place_id and one.box_id in (fault.box_id, "")
    return is_there and one.code in OF[fault.kind] and fault.from_ms <= one.raised_ms


def _may_be_of(one: Found, fault: Fault) -> bool:
    """Whatever is found at a place from a fault on may come of it: a late or lost reading is none there and then."""
    return one.place_id == f"place-{fault.site:04}" and fault.from_ms <= one.raised_ms <= fault.to_ms + 2 * DAY_MS


def _must_be_found(fault: Fault, province: Province) -> bool:
    if fault.kind in (faults.SAME, faults.CLOCK):
        return True
    if fault.kind == faults.OUTAGE:
        return False  # its gateway says so; by silence alone it may be too short
    return province.passages.suppressed.get(fault.box_id, 0) >= ENOUGH
