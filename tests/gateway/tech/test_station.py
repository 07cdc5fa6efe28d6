"""The technician's API of the whole gateway: real processes, TLS, a broker, a box that answers."""

import json
import os
import tarfile

import pytest

from firmware.wire import message, record
from firmware.wire.message import Pack
from firmware.wire.provisioning import decode
from gateway.enrol.registry import Registry
from gateway.mqtt.passwords import hash_of, matches
from scripts.tram.gateways.client import Client
from scripts.tram.trouble import Trouble
from tests.gateway.fleet import bundle, code_for, stranger_key
from tests.gateway.gateways import wait_for
from tests.gateway.tech.station import BOX, EPOCH, Obedient, Station, scan

SECRET = "mat-khau-wifi-bi-mat"


@pytest.fixture(scope="module")
def station(tmp_path_factory):
    folder = tmp_path_factory.mktemp("station")
    before, os.environ["TRAM_HOME"] = os.environ.get("TRAM_HOME"), str(folder / "home")
    made = Station(folder).start()
    yield made
    made.stop()
    del os.environ["TRAM_HOME"]
    if before is not None:
        os.environ["TRAM_HOME"] = before


@pytest.fixture(scope="module")
def box(station):
    def answer(name, argument):
        if name == "fetch_log":
            return "done", b"a line of the log\n" * 600
        if name == "drop_wifi":
            return "refused", b'{"code": "the_only_one"}'
        return "done", json.dumps({"did": name} | argument).encode()

    made = Obedient(station.broker, answer)
    made.born(9, rssi=-61)
    wait_for(lambda: [one for one in station.client().boxes() if one["state"] == "ok"])
    yield made
    made.leave()


def refused(act, *what) -> str:
    with pytest.raises(Trouble) as found:
        act(*what)
    return found.value.code


def test_the_facts_are_those_of_a_set_up_code(station):
    facts = station.client().facts()
    assert (facts["gateway"], facts["ca"], facts["technician"]) == ("gw-1", station.access.ca, "hoa")
    assert (facts["port"], facts["enrol_port"], facts["next_ca"]) == (8883, int(_enrol_port(station)), None)
    assert facts["place"] == "gw-1"
    assert facts["host"] in facts["hosts"]


def _enrol_port(station) -> str:
    return station.gateway.log().partition("boxes can enrol")[2].partition("ports=")[2].strip("[\"'").partition("]")[0]


def test_a_box_is_seen_told_and_answers(station, box):
    client = station.client()
    (seen,) = client.boxes()
    assert (seen["box"], seen["said"]["rssi"], client.box(BOX)["box"]) == (BOX, -61, BOX)
    assert client.tell(BOX, "identify", {"seconds": 3})["said"] == {"did": "identify", "seconds": 3}
    assert client.tell(BOX, "fetch_log")["text"].count("a line of the log") == 600
    assert client.tell(BOX, "succession", {"text": "x" * 1200})["said"]["did"] == "succession"
    no = client.tell(BOX, "drop_wifi", {"ssid": "x"})
    assert (no["outcome"], no["said"]) == ("refused", {"code": "the_only_one"})


@pytest.mark.parametrize(
    "what, code",
    [
        (("box-b", "identify"), "no_box"),
        ((BOX, "trust", {"ca": "AAAA"}), "no_command"),
        ((BOX, "rotate_password"), "no_command"),
        ((BOX, "identify", {"x": "y" * 3000}), "no_argument"),
        ((BOX, "identify", {}, 601), "no_argument"),
    ],
)
def test_what_a_technician_may_not_is_refused_by_name(station, box, what, code):
    told = len(box.done)
    assert refused(station.client().command, *what) == code
    assert len(box.done) == told


def test_settings_come_back_without_their_secrets_and_keep_them(station, box):
    client = station.client()
    first = client.wish(BOX, {"wifi": [["Chợ", SECRET]], "face": {"sound": True}})
    shown = client.settings(BOX)["wished"]
    assert shown == {"version": first, "settings": {"wifi": [["Chợ", "***"]], "face": {"sound": True}}}
    second = client.wish(BOX, shown["settings"] | {"face": {"sound": False}})
    kept = json.loads((station.folder / "data/downlink/settings" / f"{BOX}.json").read_text())
    assert (second, kept["settings"]["wifi"]) == (first + 1, [["Chợ", SECRET]])
    assert refused(client.wish, BOX, {"wifi": [["khác", "***"]]}) == "no_settings"
    assert refused(client.wish, BOX, {"face": "x" * 9000}) == "no_settings"
    assert SECRET not in station.gateway.log()


def test_firmware_is_checked_before_it_is_taken_and_wanted(station, tmp_path):
    client = station.client()

    def sent(folder, name="b.tar"):
        with tarfile.open(tmp_path / name, "w") as packed:
            packed.add(folder, ".")
        told = []
        with open(tmp_path / name, "rb") as tar:
            taken = client.upload(tar, (tmp_path / name).stat().st_size, lambda done, of: told.append((done, of)))
        assert told[-1][0] == told[-1][1]
        return taken

    big = {"a.mpy": os.urandom(2_000_000)}
    assert sent(bundle(tmp_path / "7", 7, big))["version"] == 7
    assert (client.want(7), client.want(7, BOX) if _known(client) else 7) == (7, 7)
    assert client.firmware()["wanted"]["*"] == 7
    assert [one["version"] for one in client.firmware()["bundles"]] == [7]
    changed = bundle(tmp_path / "8", 8)
    (changed / "a.mpy").write_bytes(b"changed")
    assert refused(sent, changed) == "no_bundle"
    assert refused(sent, bundle(tmp_path / "9", 9, key=stranger_key())) == "no_bundle"
    assert refused(sent, bundle(tmp_path / "7b", 7)) == "no_bundle"
    assert refused(client.want, 9) == "no_version"
    assert client.want(None) == 0
    assert not (station.folder / "data/incoming").exists()
    assert [one["version"] for one in client.firmware()["bundles"]] == [7]


def _known(client: Client) -> bool:
    return any(one["box"] == BOX for one in client.boxes())


def test_records_that_somebody_brings_go_the_way_of_all_records(station, box):
    client, records = station.client(), [scan(seq) for seq in (1, 2, 4)]
    pack = message.encode_pack(Pack(BOX, EPOCH, 1, 4, records))
    before = station.gateway.metric("tram_stored_total")
    done = client.rescue(BOX, pack)
    assert (done["stored"], done["duplicates"]) == (3, 0)
    assert done["acks"] == [{"epoch": EPOCH, "complete_to": 2, "highest": 4, "missing": [[3, 3]]}]
    wait_for(lambda: any(b"2 4 3" in ack for ack in box.acks))  # the box hears of it too
    assert client.rescue(BOX, pack)["duplicates"] == 3
    other = client.rescue(BOX, scan(4, b"other bytes under the same number"))
    assert (other["duplicates"], other["conflicts"]) == (0, 1)
    assert client.rescue(BOX, scan(3))["acks"][0]["complete_to"] == 4
    wait_for(lambda: station.gateway.metric("tram_stored_total") == (before or 0) + 5)
    assert {record.decode(one).seq for one in station.gateway.records()} >= {1, 2, 3, 4}
    for path in (station.folder / "data/buffer").rglob("*"):
        assert not path.is_file() or b"code 2" not in path.read_bytes()  # sealed, as all of them


@pytest.mark.parametrize(
    "payload, what",
    [
        (b"", "header"),
        (b"nonsense", "header"),
        (scan(9)[:-3], "length"),
        (scan(9).replace(b"code 9", b"code 8"), "crc"),
        (scan(9, box="box-b"), "other_box"),
        (message.encode_pack(Pack("box-b", EPOCH, 1, 0, [])), "other_box"),
        (message.encode_pack(Pack(BOX, EPOCH, 1, 9, [scan(9)]))[:-1], "length"),
        (b"9 scans box-a aabbccddeeff 1 0 0\n", "version"),
    ],
)
def test_records_that_are_none_of_that_box_are_refused_and_nothing_is_kept(station, box, payload, what):
    before = len(station.gateway.held())
    with pytest.raises(Trouble) as found:
        station.client().rescue(BOX, payload)
    assert (found.value.code, found.value.facts["what"]) == ("no_rescue", what)
    assert len(station.gateway.held()) == before


def test_what_happens_at_a_box_is_told_while_somebody_listens(station, box):
    events = station.client().events(BOX)
    assert next(events)["event"] == "listening"
    box.person.publish(f"tram/1/box/{BOX}/scan", scan(20))
    told = next(one for one in events if one["event"] == "kept")
    assert (told["epoch"], told["highest"]) == (EPOCH, 20)
    assert "code" not in json.dumps(told)
    box.born(20, rssi=-70)
    assert next(one for one in events if one["event"] == "status")["rssi"] == -70
    events.close()


def test_the_gateways_doctor_says_it_in_both_languages(station):
    found = {one["key"]: one for one in station.client().doctor()}
    assert found["gateway_up"]["vi"]["title"] == "Trạm đang chạy"
    assert all(one["level"] in ("ok", "note", "warning", "fault") and one["en"]["title"] for one in found.values())


def test_a_box_that_is_not_well_says_why_in_both_languages(station):
    registry = Registry(station.folder / "data/boxes", hash_of, matches)
    registry.enrol("box-new", "x" * 43, decode(code_for())[0], 1)
    registry.enrol("box-old", "x" * 43, decode(code_for())[0], 1)
    registry.revoke("box-old")
    found = {one["box"]: one for one in station.client().boxes()}
    assert (found["box-new"]["state"], found["box-old"]["state"]) == ("never_heard", "revoked")
    assert (found["box-new"]["place"], found["box-new"]["gate"]) == ("cho-moi", "cong-1")
    for one in found.values():
        assert one["state"] == "ok" or (one["why"]["vi"] != one["why"]["en"])
    assert station.client().facts()["place"] == "cho-moi"


def test_who_is_removed_is_out_with_the_next_request(station):
    access = station.admit("binh")
    client = station.client(token=access.token)
    assert client.facts()["technician"] == "binh"
    station.gateway.call("technician", "remove", "binh")
    assert refused(client.facts) == "no_right"
    assert station.client().facts()["technician"] == "hoa"


def test_every_use_is_in_the_log_and_no_token_ever(station):
    station.client().facts()
    log = station.gateway.log()
    assert "event=technician name=hoa method=GET path=/tech/v1/facts" in log
    assert station.access.token not in log


def test_the_page_for_people_does_not_know_the_technician(station):
    import http.client

    context = station.client()._trusting(station.client()._authority())
    context.check_hostname = False
    line = http.client.HTTPSConnection("127.0.0.1", station.port, context=context, timeout=10)
    line.request("GET", "/", headers={"Authorization": f"Bearer {station.access.token}"})
    assert line.getresponse().getheader("Location") == "/login"
    line.close()
