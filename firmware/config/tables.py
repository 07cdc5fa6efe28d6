# Which settings there are: their types, defaults and limits, and which of them can be wished for from afar.

from firmware.codes import TAKEABLE, TAKEN
from firmware.wire.record import MAX_CODE_BYTES

_DAY_MS = 86400000
_U32_MAX = 4294967295
MAX_NETWORKS = 3
KINDS = TAKEABLE

# key -> (type, default, least, most); for text, least and most are lengths in bytes, for lists of entries. A tuple in
# the place of the type: the words to choose from. A default of None: the key is required.
TOP = {
    "box_id": (str, None, 3, 32),
    "password": (str, None, 1, 128),
    "marks": (str, "", 0, 64),
    "wifi": (list, (), 0, MAX_NETWORKS),  # [ssid, password]; the first one that is there is taken
}
SECTIONS = {
    "accept": {
        "repeat_window_ms": (int, 3000, 0, 3600000),
        "min_bytes": (int, 1, 1, MAX_CODE_BYTES),
        "max_bytes": (int, MAX_CODE_BYTES, 1, MAX_CODE_BYTES),
    },
    "flash": {
        "size_bytes": (int, 1048576, 196608, 1 << 30),
        "block_bytes": (int, 4096, 4096, 65536),
        "limit_bytes": (int, 0, 0, 1 << 30),  # 0: what the spool thinks right for this size
    },
    "gate": {
        "place": (str, "", 0, 32),
        "gate": (str, "", 0, 32),
        "name": (str, "", 0, 64),  # what people call it
        "direction": (("", "in", "out", "both"), ""),
        "toggle_s": (int, 900, 10, 86400),
        "control_key": (str, "", 0, 32),
        "ruling_ms": (int, 0, 0, 2000),  # how long green waits for what the place says; 0: not at all
    },
    "kinds": {
        "take": (list, TAKEN, 0, 16),
    },
    "face": {
        "language": (("both", "vi", "en"), "both"),
        "sound": (bool, True),
        "brightness": (int, 100, 5, 100),
    },
    "link": {
        "host": (str, "gateway.local", 1, 253),
        "port": (int, 1883, 1, 65535),
        "tls": (bool, False),
        "gateway": (str, "", 0, 32),  # the name in the gateway's certificate
        "enrol_port": (int, 8884, 1, 65535),
        "name_server": (str, "", 0, 64),  # address or address:port; empty: what the network says
        "hosts_file": (str, "/etc/hosts", 0, 256),
        "resolve_ms": (int, 1500, 100, 60000),
        "connect_ms": (int, 4000, 100, 60000),
        "answer_ms": (int, 5000, 100, 60000),
        "keepalive_s": (int, 10, 2, 3600),
        "ping_after_ms": (int, 4000, 100, _DAY_MS),
        "dead_after_ms": (int, 5000, 100, _DAY_MS),
        "retry_first_ms": (int, 400, 10, 60000),
        "retry_cap_ms": (int, 30000, 100, _DAY_MS),
        "stable_ms": (int, 10000, 0, _DAY_MS),
        "max_in_flight": (int, 8, 1, 64),
        "window_bytes": (int, 65536, 4096, 1 << 20),
        "window_messages": (int, 16, 1, 64),
        "pack_bytes": (int, 8192, 4096, 32768),
        "pack_records": (int, 128, 1, 128),
        "patience_ms": (int, 5000, 100, _DAY_MS),
        "patience_cap_ms": (int, 60000, 100, _DAY_MS),
        "answer_wait_ms": (int, 500, 0, 60000),
        "status_every_ms": (int, 60000, 2000, _DAY_MS),
        "heard_spread_ms": (int, 300, 0, 60000),
        "no_gateway_after_ms": (int, 10000, 100, _DAY_MS),
        "last_resort_s": (int, 900, 60, 86400),
        "reach_s": (int, 180, 10, 86400),
    },
    "health": {
        "watchdog_s": (int, 30, 1, 300),
        "log_bytes": (int, 16384, 2048, 131072),
        "block_every_s": (int, 600, 1, 86400),  # how often the largest free block is looked for
    },
    "update": {
        "confirm_s": (int, 60, 1, 3600),
        "give_up_s": (int, 600, 2, 86400),
        "piece_bytes": (int, 1024, 256, 4096),
        "window": (int, 2, 1, 8),
    },
    "test": {
        "cut_after_ops": (int, 0, 0, _U32_MAX),  # 0: never
        "control": (str, "", 0, 1024),  # a file: its content is the number of further flash operations before the cut
        "world": (str, "", 0, 1024),  # a file: what is around the box
        "erase_ms": (int, 0, 0, 10000),
        "program_us": (int, 0, 0, 1000000),
        "bad_blocks": (list, (), 0, 64),
        "system_cut_after_ops": (int, 0, 0, _U32_MAX),
        "show_light": (bool, False),
        "console": (str, "", 0, 1024),
    },
}
NOT_SETTABLE = ("box_id", "password", "flash", "test")
NOT_SETTABLE_KEYS = {
    "link": ("tls", "gateway", "enrol_port", "hosts_file"),
    "update": ("confirm_s", "give_up_s"),
}
