"""The words `place` and `box` on a stopped server's store."""

import json

import pytest

from server.cli.words import main
from tests.server import rig

TABLE = "place_id;tên;loại;khu vực\ncho-1;Chợ Một;market;79\ncho-2;Chợ Hai;market;79\n"


@pytest.fixture
def run(tmp_path, capsys):
    config = rig.settings(tmp_path)

    def said(*words, code=0):
        assert main([*words[:2], "--config", str(config), *map(str, words[2:])]) == code, capsys.readouterr()
        out, err = capsys.readouterr()
        return (json.loads(out) if out else None), err

    return said


def test_a_place_is_registered_changed_shown_and_listed(run):
    made, _ = run("place", "add", "cho-1", "--name", "Chợ Một", "--kind", "market", "--area", "79", "--capacity", "9")
    assert (made["place_id"], made["capacity"]) == ("cho-1", 9)
    changed, _ = run("place", "add", "cho-1", "--change", "--opening", "T2-CN 05:00-18:00")
    assert (changed["name"], changed["opening"], changed["capacity"]) == ("Chợ Một", "mon-sun 05:00-18:00", 9)
    assert run("place", "show", "cho-1")[0]["above"] == ["79"]
    assert [one["place_id"] for one in run("place", "list", "--area", "79")[0]] == ["cho-1"]
    assert run("place", "list", "--area", "01")[0] == []
    assert run("place", "list", "--kind", "office")[0] == []


@pytest.mark.parametrize(
    "words",
    [
        ("place", "add", "cho-1", "--name", "x"),
        ("place", "add", "CHO", "--name", "x"),
        ("place", "add", "cho-3"),
        ("place", "add", "cho-3", "--name", "x", "--area", "03"),
        ("place", "add", "cho-3", "--name", "x", "--opening", "always"),
        ("place", "add", "cho-9", "--change", "--name", "x"),
        ("place", "show", "cho-9"),
        ("place", "purpose", "cho-1", "--mode", "identified"),
        ("place", "purpose", "cho-1", "--mode", "counts_only", "--since", "2026-02-30"),
        ("place", "import", "no-such-file.csv"),
        ("place", "findings", "--settle", "7"),
        ("box", "seat", "box-0001", "cho-9"),
        ("box", "seat", "box-0001", "cho-1", "--gate", "bac"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence_and_code_2(run, words):
    run("place", "add", "cho-1", "--name", "Chợ")
    _, err = run(*words, code=2)
    assert err.startswith("server: ")


def test_a_table_goes_in_and_comes_out_as_one_that_goes_in_again(run, tmp_path):
    file, out = tmp_path / "in.csv", tmp_path / "out.csv"
    file.write_bytes(TABLE.encode("utf-16"))
    assert run("place", "import", file, "--dry-run")[0]["added"] == 2
    made, _ = run("place", "import", file)
    assert (made["added"], made["is_kept"]) == (2, True)
    run("place", "export", "places", out)
    again, _ = run("place", "import", out)
    assert (again["added"], again["changed"], again["same"]) == (0, 0, 2)


def test_a_wrong_row_keeps_nothing_but_with_partial_the_good_ones(run, tmp_path):
    file = tmp_path / "in.csv"
    file.write_text(TABLE + "cho-3;;market;79\n")
    made, err = run("place", "import", file, code=2)
    assert made["problems"][0]["row"] == 4
    assert "nothing was kept" in err
    assert run("place", "list")[0] == []
    made, _ = run("place", "import", file, "--partial")
    assert made["added"] == 2


def test_a_row_that_ends_early_leaves_what_it_does_not_say(run, tmp_path):
    run("place", "add", "cho-1", "--name", "Chợ", "--kind", "market", "--capacity", "300")
    file = tmp_path / "torn.csv"
    file.write_text("place_id,name,capacity,kind\ncho-1,Chợ Mới\ncho-2,Chợ Hai\n")
    made, _ = run("place", "import", file)
    assert (made["added"], made["changed"]) == (1, 1)
    found = {one["place_id"]: one for one in run("place", "list")[0]}
    assert (found["cho-1"]["name"], found["cho-1"]["capacity"], found["cho-1"]["kind"]) == ("Chợ Mới", 300, "market")
    assert (found["cho-2"]["capacity"], found["cho-2"]["kind"]) == (0, "other")


def test_purposes_are_added_in_order_and_shown(run):
    run("place", "add", "cho-1", "--name", "Chợ")
    run("place", "purpose", "cho-1", "--mode", "counts_only", "--since", "2026-03-01")
    basis = ("--basis", "NQ 30/2021/QH15", "--until", "2026-02-01")
    found, _ = run("place", "purpose", "cho-1", "--mode", "identified", "--since", "2026-01-01", *basis)
    assert [one["mode"] for one in found] == ["identified", "counts_only"]
    assert run("place", "purpose", "cho-1")[0] == found


def test_a_box_is_given_a_seat_moved_and_taken_back(run):
    for one in ("cho-1", "cho-2"):
        run("place", "add", one, "--name", "Chợ")
    run("box", "seat", "box-0001", "cho-1")
    moved, _ = run("box", "seat", "box-0001", "cho-2", "--since", "2026-01-31T08:00")
    assert [one["place_id"] for one in moved["seats"]] == ["cho-1", "cho-2"]
    assert moved["to_derive"][-1]["reason"] == "seat"
    assert run("box", "seat", "box-0001")[0]["seats"] == moved["seats"]
    assert [one["box_id"] for one in run("box", "list")[0]] == ["box-0001"]
    back, _ = run("box", "seat", "box-0001", "--drop", "--since", "2026-01-31T08:00")
    assert [one["place_id"] for one in back["seats"]] == ["cho-1"]


def test_findings_are_looked_for_on_a_stopped_server(run):
    assert run("place", "findings", "--look")[0] == []
    assert run("place", "findings", "--all")[0] == []


def test_the_same_words_ask_a_server_that_runs(serve, tmp_path, capsys):
    server = serve()
    token, file, out = tmp_path / "token", tmp_path / "in.csv", tmp_path / "out.csv"
    token.write_text(rig.OPERATOR_TOKEN)
    token.chmod(0o600)
    file.write_bytes(TABLE.encode("utf-16"))

    def said(*words, code=0):
        where = ("--url", server.url, "--token-file", str(token))
        assert main([*words[:2], *where, *map(str, words[2:])]) == code, capsys.readouterr()
        text = capsys.readouterr().out
        return json.loads(text) if text else None

    assert said("place", "import", file)["added"] == 2
    assert said("place", "add", "cho-1", "--change", "--capacity", "9")["capacity"] == 9
    said("place", "add", "cho-1", "--name", "x", code=1)
    assert said("place", "purpose", "cho-1", "--mode", "counts_only")[0]["mode"] == "counts_only"
    assert said("box", "seat", rig.BOX, "cho-2")["seats"][0]["place_id"] == "cho-2"
    assert said("place", "show", "cho-2")["boxes"][0]["id"] == rig.BOX
    assert [one["box_id"] for one in said("box", "list")] == [rig.BOX]
    assert [one["place_id"] for one in said("place", "list")] == ["cho-1", "cho-2"]
    said("place", "export", "places", out)
    assert said("place", "import", out)["same"] == 2
    assert said("place", "findings") == []
    said("place", "findings", "--look", code=1)
