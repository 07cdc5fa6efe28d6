# Until when a command may be begun, on the clock of the gateway's boot (SPEC §10). Pure.
#
# 1. Of a boot of the gateway that is not the one last heard nothing is known: its commands are refused.
# 2. The gateway's clock is known as a span. A command is expired as soon as it may be.


def judge(gateway_now, gateway_boot, deadline_ms):
    # `gateway_now`: (gateway_boot, earliest_ms, latest_ms) of its clock at this moment, or None
    # -> None, or the code of the refusal
    if gateway_now is None or gateway_now[0] != gateway_boot:
        return "no_beacon"
    return "expired" if gateway_now[2] >= deadline_ms else None
