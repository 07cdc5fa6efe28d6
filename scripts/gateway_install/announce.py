"""How laptops find a gateway on the place's network: a file for avahi, which says its name and port by mDNS.

What it says is no secret and is believed by nobody: a laptop knows a gateway by its authority (gateway/tech/access.py).
"""

import ipaddress
import re
import tomllib

PANEL_PORT = 8443
_ID = re.compile(r"[a-z0-9][a-z0-9-]{2,31}")
_TEXT = """<?xml version="1.0" standalone='no'?>
<!DOCTYPE service-group SYSTEM "avahi-service.dtd">
<!-- Written by scripts/gateway-install; changes here are lost. -->
<service-group>
  <name replace-wildcards="yes">Trạm {gateway} (%h)</name>
  <service>
    <type>_tram._tcp</type>
    <port>{port}</port>
    <txt-record>v=1</txt-record>
    <txt-record>gateway={gateway}</txt-record>
  </service>
</service-group>
"""


def service_text(config: str) -> str | None:
    """Of the gateway's settings; None: its page cannot be reached from elsewhere, or they cannot be read."""
    try:
        settings = tomllib.loads(config)
        gateway, panel = settings["gateway_id"], settings["panel"]
        port, listen = panel.get("port", PANEL_PORT), panel.get("listen", ["127.0.0.1"])
        is_open = bool(panel["password_file"]) and not all(ipaddress.ip_address(one).is_loopback for one in listen)
    except (tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError, ValueError):
        return None
    is_known = isinstance(gateway, str) and _ID.fullmatch(gateway) and isinstance(port, int) and 0 < port < 65536
    return _TEXT.format(gateway=gateway, port=port) if is_open and is_known else None
