"""KEY=VALUE over settings that are wished already."""

import pytest

from scripts.tram.box.wishing import judge, over
from scripts.tram.trouble import Trouble

BEFORE = {"face": {"sound": True}, "wifi": [["Chợ", "***"]], "marks": "a=b"}


@pytest.mark.parametrize(
    "given, section, key, value",
    [
        ("face.sound=false", "face", "sound", False),
        ("face.brightness=30", "face", "brightness", 30),
        ("gate.name=Cổng Bắc", "gate", "name", "Cổng Bắc"),
        ("gate.name=a=b", "gate", "name", "a=b"),
        ('kinds.take=["other"]', "kinds", "take", ["other"]),
        ("gate.name=", "gate", "name", ""),
    ],
)
def test_a_value_is_put_over_what_was_there_and_the_rest_stays(given, section, key, value):
    found = over(BEFORE, [given])
    assert found[section][key] == value
    assert (found["wifi"], found["marks"]) == (BEFORE["wifi"], "a=b")
    assert BEFORE["face"] == {"sound": True}


@pytest.mark.parametrize(
    "given, code",
    [
        ("wifi=[]", "secret_in_line"),
        ("wifi.x=1", "secret_in_line"),
        ("password=x", "secret_in_line"),
        ("gate.control_key=abc", "secret_in_line"),
        ("face.sound", "settings_wrong"),
        ("=1", "settings_wrong"),
        ("face.=1", "settings_wrong"),
        ("a.b.c=1", "settings_wrong"),
        ("face sound=1", "settings_wrong"),
        ("../x=1", "settings_wrong"),
        ("marks.x=1", "settings_wrong"),
    ],
)
def test_what_is_no_setting_or_a_secret_is_refused_without_being_repeated(given, code):
    with pytest.raises(Trouble) as found:
        over(BEFORE, [given])
    assert found.value.code == code
    assert "abc" not in found.value.sentence


@pytest.mark.parametrize(
    "settings, key",
    [
        ({"face": {"sund": False}}, "face.sund"),
        ({"face": {"sound": 1}}, "face.sound"),
        ({"face": {"brightness": 300}}, "face.brightness"),
        ({"face": []}, "face"),
        ({"faces": {}}, "faces"),
        ({"password": "x"}, "password"),
        ({"box_id": "box-b"}, "box_id"),
        ({"flash": {"size_bytes": 1048576}}, "flash"),
        ({"link": {"tls": False}}, "link.tls"),
        ({"gate": {"direction": "up"}}, "gate.direction"),
        ({"wifi": ["Chợ"]}, "wifi"),
        ({"wifi": [["a", "b", "c"]]}, "wifi"),
    ],
)
def test_what_a_box_would_refuse_is_refused_before_it_is_sent(settings, key):
    with pytest.raises(Trouble) as found:
        judge("box-a", settings)
    assert (found.value.code, found.value.facts["what"].split(" ")[0]) == ("settings_wrong", key)


@pytest.mark.parametrize(
    "settings",
    [{}, BEFORE | {"marks": "a=b"}, {"gate": {"control_key": "***", "name": "Cổng"}}, {"face": {"sound": False}}],
)
def test_what_a_box_takes_is_sent_also_with_secrets_that_are_not_shown(settings):
    judge("box-a", settings)
