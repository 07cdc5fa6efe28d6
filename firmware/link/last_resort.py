# Whether to start the whole box anew because it finds no gateway. A rule, without clock and I/O.
#
# 1. Only where something may be gained: the Wi-Fi driver is stuck. A gateway that is off, or an access point without
#    power, is not mended by a box that reboots.
# 2. Only after `after_ms` without a gateway.
# 3. While scans are being taken (the last one within `after_ms`), not before the box has run for `gap_ms`: so at most
#    once in that time. Nothing is lost by it: what was taken is in flash.


def is_due(uptime_ms, gateway_ms, scan_ms, is_stuck, after_ms=900000, gap_ms=3600000):
    # `gateway_ms`, `scan_ms`: the uptime when there last was a gateway, or a scan; None: not since the boot.
    if not is_stuck or uptime_ms - (gateway_ms or 0) < after_ms:
        return False
    return uptime_ms >= gap_ms or scan_ms is None or uptime_ms - scan_ms >= after_ms
