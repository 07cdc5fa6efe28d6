"""The box's settings, on both runtimes: what is wrong is named, and nothing of it is used."""

import json

import pytest

from firmware import config
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


def test_the_password_is_not_in_its_repr():
    assert "secret" not in repr(config.parse(json.dumps(GOOD)))


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_cannot_be_read_is_named(tmp_path, content):
    path = tmp_path / "config.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(config.ConfigError) as refused:
        config.load(str(path))
    assert refused.value.code == "config_file"
