"""The box's settings, on both runtimes: what is wrong is named, and nothing of it is used."""

import json

import pytest

from firmware import config
from firmware.codes import TAKEN
from scripts.firmware_build import run_micropython

GOOD = {"box_id": "box-1", "password": "secret"}
WRONG = [
    ("", "config_json"),
    ("{", "config_json"),
    ("[]", "config_json"),
    ("null", "config_json"),
    ('{"box_id":"box-1","password":"secret"', "config_json"),
    ("[" * 2000, "config_json"),
    ('{"box_id":"box-1"}', "config_missing"),
    ('{"password":"secret"}', "config_missing"),
    ('{"box_id":"box-1","password":"secret","colour":1}', "config_unknown"),
    ('{"box_id":"box-1","password":"secret","link":{"Port":1}}', "config_unknown"),
    ('{"box_id":"box-1","password":"secret","link":{"port":"1"}}', "config_type"),
    ('{"box_id":"box-1","password":"secret","link":{"port":1.5}}', "config_type"),
    ('{"box_id":"box-1","password":"secret","link":{"port":true}}', "config_type"),
    ('{"box_id":"box-1","password":"secret","link":7}', "config_type"),
    ('{"box_id":"box-1","password":"secret","reader":"gm65"}', "config_type"),
    ('{"box_id":5,"password":"secret"}', "config_type"),
    ('{"box_id":"box-1","password":""}', "config_range"),
    ('{"box_id":"box-1","password":"secret","link":{"port":0}}', "config_range"),
    ('{"box_id":"box-1","password":"secret","link":{"port":65536}}', "config_range"),
    ('{"box_id":"box-1","password":"secret","link":{"pack_bytes":65536}}', "config_range"),
    ('{"box_id":"BOX-1","password":"secret"}', "config_form"),
    ('{"box_id":"box-1","password":"secret","marks":"dir=in,dir=out"}', "config_form"),
    ('{"box_id":"box-1","password":"secret","marks":"dir=\\u0111i"}', "config_form"),
    ('{"box_id":"box-1","password":"secret","accept":{"min_bytes":9,"max_bytes":8}}', "config_range"),
    ('{"box_id":"box-1","password":"secret","flash":{"size_bytes":65537}}', "config_range"),
    ('{"box_id":"box-1","password":"secret","link":{"keepalive_s":2,"ping_after_ms":4000}}', "config_range"),
    *[
        ('{"box_id":"box-1","password":"secret",' + more + "}", code)
        for more, code in (
            ('"gate":{"colour":1}', "config_unknown"),
            ('"gate":{"place":"Chợ"}', "config_form"),
            ('"gate":{"place":"a b"}', "config_form"),
            ('"gate":{"gate":"A1"}', "config_form"),
            ('"gate":{"gate":"' + "a" * 33 + '"}', "config_range"),
            ('"gate":{"name":"' + "ổ" * 22 + '"}', "config_range"),
            ('"gate":{"direction":"up"}', "config_choice"),
            ('"gate":{"direction":1}', "config_type"),
            ('"gate":{"direction":["in"]}', "config_type"),
            ('"gate":{"toggle_s":9}', "config_range"),
            ('"gate":{"control_key":"secret"}', "config_form"),
            ('"gate":{"control_key":"' + "A" * 32 + '"}', "config_form"),
            ('"kinds":{"take":"other"}', "config_type"),
            ('"kinds":{"take":["gold"]}', "config_form"),
            ('"kinds":{"take":["vietqr"]}', "config_form"),
            ('"kinds":{"take":["provision"]}', "config_form"),
            ('"kinds":{"take":["other","other"]}', "config_form"),
            ('"kinds":{"take":[1]}', "config_form"),
            ('"kinds":{"take":[["other"]]}', "config_form"),
            ('"face":{"language":"fr"}', "config_choice"),
            ('"face":{"sound":1}', "config_type"),
            ('"face":{"sound":"true"}', "config_type"),
            ('"face":{"brightness":0}', "config_range"),
            ('"wifi":{}', "config_type"),
            ('"wifi":["Cho"]', "config_form"),
            ('"wifi":[["Cho"]]', "config_form"),
            ('"wifi":[["Cho","password","open"]]', "config_form"),
            ('"wifi":[["Cho",null]]', "config_form"),
            ('"wifi":[["","password"]]', "config_form"),
            ('"wifi":[["Cho","1234567"]]', "config_form"),
            ('"wifi":[["Cho","' + "p" * 64 + '"]]', "config_form"),
            ('"wifi":[["' + "ợ" * 11 + '","password"]]', "config_form"),
            ('"wifi":[["a",""],["b",""],["c",""],["d",""]]', "config_range"),
            ('"link":{"tls":"yes"}', "config_type"),
            ('"link":{"gateway":"Pi 1"}', "config_form"),
            ('"link":{"enrol_port":0}', "config_range"),
            ('"health":{"watchdog_s":0}', "config_range"),
            ('"health":{"log_bytes":1024}', "config_range"),
            ('"update":{"confirm_s":600,"give_up_s":600}', "config_range"),
            ('"update":{"piece_bytes":4097}', "config_range"),
            ('"test":{"bad_blocks":[-1]}', "config_form"),
            ('"test":{"bad_blocks":[true]}', "config_form"),
            ('"test":{"erase_ms":-1}', "config_range"),
        )
    ],
]


def test_what_is_not_said_has_its_default():
    read = config.parse(json.dumps(GOOD))
    assert (read.box_id, read.marks, read.reader) == ("box-1", "", {})
    assert (read.accept.repeat_window_ms, read.flash.size_bytes, read.link.keepalive_s) == (3000, 1048576, 10)


def test_what_is_said_counts():
    read = config.parse(json.dumps({**GOOD, "marks": "dir=in", "link": {"port": 8883}, "reader": {"sound": True}}))
    assert (read.marks, read.link.port, read.reader) == ("dir=in", 8883, {"sound": True})


@pytest.mark.parametrize("text, code", WRONG)
def test_what_is_wrong_is_refused_by_name(text, code):
    with pytest.raises(config.ConfigError) as refused:
        config.parse(text)
    assert refused.value.code == code
    assert "secret" not in str(refused.value)


def test_micropython_refuses_the_same(tmp_path):
    examples = tmp_path / "examples.json"
    examples.write_text(json.dumps([[json.dumps(GOOD), None], *WRONG]))
    script = tmp_path / "script.py"
    script.write_text(
        "import json, sys\n"
        "from firmware import config\n"
        "for text, code in json.load(open(sys.argv[1])):\n"
        "    try:\n"
        "        config.parse(text)\n"
        "        found = None\n"
        "    except config.ConfigError as bad:\n"
        "        found = bad.code\n"
        "    if found != code:\n"
        "        print(text[:80], found, code)\n"
    )
    done = run_micropython([script, examples], cwd=tmp_path)
    assert (done.stdout, done.stderr, done.returncode) == (b"", b"", 0)


def test_an_unknown_key_comes_with_its_line():
    with pytest.raises(config.ConfigError) as refused:
        config.parse('{\n "box_id": "box-1",\n "password": "secret",\n "colour": 1\n}')
    assert str(refused.value) == "config_unknown: colour (line 4)"


def test_no_secret_is_in_its_repr():
    read = config.parse(
        json.dumps({**GOOD, "gate": {"control_key": "5ec2e7" + "0" * 26}, "wifi": [["Cho", "secret-2"]]})
    )
    shown = repr(read)
    assert "secret" not in shown
    assert "5ec2e7" not in shown
    assert "wifi=[['Cho', '***']]" in shown


def test_every_new_section_has_its_defaults():
    read = config.parse(json.dumps(GOOD))
    assert (read.gate.place, read.gate.direction, read.gate.toggle_s, read.gate.control_key) == ("", "", 900, "")
    assert read.kinds.take == list(TAKEN)
    assert (read.face.language, read.face.sound, read.face.brightness) == ("both", True, 100)
    assert (read.wifi, read.link.tls, read.link.gateway, read.link.enrol_port) == ([], False, "", 8884)
    assert (read.health.watchdog_s, read.health.log_bytes) == (30, 16384)
    assert (read.update.confirm_s, read.update.give_up_s, read.update.piece_bytes, read.update.window) == (
        60,
        600,
        1024,
        2,
    )


BASE = {"box_id": "box-1", "password": "secret", "link": {"host": "a", "tls": True}, "wifi": [["Cho", "password"]]}


def test_a_wish_is_laid_over_what_the_box_was_given_section_by_section():
    read = config.settle(BASE, '{"link":{"host":"b","port":8883},"gate":{"direction":"in"},"face":{"sound":false}}')
    assert (read.box_id, read.link.host, read.link.port, read.link.tls) == ("box-1", "b", 8883, True)
    assert (read.gate.direction, read.face.sound, read.wifi) == ("in", False, [["Cho", "password"]])
    assert config.settle(BASE, '{"wifi":[["Nha","password"]]}').wifi == [["Nha", "password"]]
    assert BASE["link"] == {"host": "a", "tls": True}


@pytest.mark.parametrize(
    "wish, code, key",
    [
        ('{"box_id":"box-2"}', "config_not_settable", "box_id"),
        ('{"password":"x"}', "config_not_settable", "password"),
        ('{"flash":{}}', "config_not_settable", "flash"),
        ('{"test":{"control":"x"}}', "config_not_settable", "test"),
        ('{"link":{"tls":false}}', "config_not_settable", "link.tls"),
        ('{"link":{"gateway":"pi-2"}}', "config_not_settable", "link.gateway"),
        ('{"link":{"enrol_port":1}}', "config_not_settable", "link.enrol_port"),
        ('{"link":{"hosts_file":"/"}}', "config_not_settable", "link.hosts_file"),
        ('{"update":{"confirm_s":1}}', "config_not_settable", "update.confirm_s"),
        ('{"update":{"give_up_s":86400}}', "config_not_settable", "update.give_up_s"),
        ('{"later":1}', "config_unknown", "later"),
        ('{"link":7}', "config_type", "link"),
        ('{"link":{"port":null}}', "config_missing", "link.port"),
        ('{"link":{"keepalive_s":2}}', "config_range", "link.ping_after_ms"),
        ("[]", "config_json", ""),
        ('{"marks":"dir=in"', "config_json", ""),
        ("", "config_json", ""),
    ],
)
def test_a_wish_for_what_is_not_settable_or_wrong_is_refused_with_its_key(wish, code, key):
    with pytest.raises(config.ConfigError) as refused:
        config.settle(BASE, wish)
    assert (refused.value.code, refused.value.key) == (code, key)


def test_what_stands_in_a_file_still_has_its_lines_when_it_is_judged_later(tmp_path):
    path = tmp_path / "config.json"
    path.write_text('{\n "box_id": "box-1",\n "password": "secret",\n "colour": 1\n}')
    given = config.load_object(str(path))
    with pytest.raises(config.ConfigError) as refused:
        config.read(given)
    assert str(refused.value) == "config_unknown: colour (line 4)"


def test_who_holds_settings_does_not_hold_the_tables(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import gc\n"
        "from firmware.modules import forget\n"
        "import firmware.codes\n"
        "import firmware.wire.record\n"
        "def read():\n"
        "    from firmware import config\n"
        "    return config.read({'box_id': 'box-1', 'password': 'x'})\n"
        "def used():\n"
        "    gc.collect()\n"
        "    return gc.mem_alloc()\n"
        "held = read()\n"
        "forget('firmware.config')\n"
        "before = used()\n"
        "held = read()\n"
        "loaded = used()\n"
        "forget('firmware.config')\n"
        "print(loaded - before, used() - before)\n"
    )
    done = run_micropython([script], cwd=tmp_path)
    loaded, kept = map(int, done.stdout.split())
    assert loaded > 8000
    assert kept < 500


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_cannot_be_read_is_named(tmp_path, content):
    path = tmp_path / "config.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(config.ConfigError) as refused:
        config.load(str(path))
    assert refused.value.code == "config_file"
