"""Data keys: made once, destroyed for good."""

import json
import os
import threading

import pytest

from server.codes.types import CODE, HEALTH, PERSON
from server.errors import Refused, Unusable
from server.holder import files
from server.holder.day_keys import DayKeys
from server.holder.folder import Folder
from tests.server.holder.rig import DAY, Clock, ask, row, vault
from tests.server.rig import NOW_MS


def files_in(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_key_is_its_owners_alone_and_is_not_in_a_second_file(tmp_path):
    vault(tmp_path / "keys").keep([ask()])
    days = tmp_path / "keys" / "days"
    assert [path.name for path in days.iterdir()] == [f"{DAY}-person.key"]
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in (tmp_path / "keys").rglob("*.key"))
    assert days.stat().st_mode & 0o777 == 0o700


def test_each_day_and_class_has_a_key_of_its_own(tmp_path):
    keys = DayKeys(tmp_path / "days", Clock())
    for day in (DAY, DAY - 1):
        for class_ in (PERSON, HEALTH, CODE):
            keys.for_sealing(day, class_)
    assert len({one.fingerprint for one in keys.listed()}) == 6


def test_two_nodes_that_begin_a_day_at_once_have_one_key(tmp_path):
    for day in range(DAY - 10, DAY):
        nodes = [vault(tmp_path / "keys") for _ in range(4)]
        asked, kept = ask(at_ms=NOW_MS - (DAY - day) * 86_400_000), []
        begin = threading.Barrier(len(nodes))

        def work(node, asked=asked, begin=begin, kept=kept):
            begin.wait()
            kept.append(node.keep([asked])[0])

        threads = [threading.Thread(target=work, args=(node,)) for node in nodes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for node in nodes:
            assert None not in node.read([row(asked, one) for one in kept])


def test_what_was_sealed_under_a_destroyed_key_opens_nowhere_even_with_the_folder(tmp_path):
    first, second, asked = vault(tmp_path / "keys"), vault(tmp_path / "keys"), ask()
    kept = first.keep([asked])[0]
    assert second.read([row(asked, kept)]) != [None]
    first.destroy(DAY, PERSON)
    for node in (first, second, vault(tmp_path / "keys")):
        assert node.read([row(asked, kept)]) == [None]
        assert node.tokens([row(asked, kept)]) == [None]


def test_a_late_scan_of_a_destroyed_day_is_counted_only_on_every_node(tmp_path):
    first, second = vault(tmp_path / "keys"), vault(tmp_path / "keys")
    second.keep([ask()])
    first.destroy(DAY, PERSON)
    for node in (first, second, vault(tmp_path / "keys")):
        kept = node.keep([ask(2)])[0]
        assert (kept.unread, kept.day, kept.class_, kept.sealed) == ("expired", None, None, None)
    assert first.days() == []


def test_a_day_that_never_had_a_key_is_gone_too_when_it_is_destroyed(tmp_path):
    node = vault(tmp_path / "keys")
    assert node.destroy(DAY, PERSON) == (DAY, PERSON, None, NOW_MS)
    assert node.keep([ask()])[0].unread == "expired"


def test_a_day_before_those_that_are_kept_gets_no_key(tmp_path):
    clock = Clock()
    node = vault(tmp_path / "keys", clock)
    last = ask(1, at_ms=NOW_MS - 21 * 86_400_000)
    assert node.keep([last])[0].day == DAY - 21
    assert node.keep([ask(2, at_ms=NOW_MS - 22 * 86_400_000)])[0].unread == "expired"
    clock.days_on(1)
    assert node.keep([last])[0].unread == "expired"


def test_destroying_again_gives_the_same_certificate(tmp_path):
    clock = Clock()
    node = vault(tmp_path / "keys", clock)
    node.keep([ask()])
    fingerprint = node.days()[0].fingerprint
    first = node.destroy(DAY, PERSON)
    clock.days_on(3)
    assert node.destroy(DAY, PERSON) == first == vault(tmp_path / "keys", clock).destroy(DAY, PERSON)
    assert first == (DAY, PERSON, fingerprint, NOW_MS)


def test_a_certificate_has_nothing_of_the_key(tmp_path):
    node = vault(tmp_path / "keys")
    node.keep([ask()])
    key = next(iter(files_in(tmp_path / "keys" / "days").values())).decode().strip()
    said = json.dumps(node.destroy(DAY, PERSON)) + repr(files_in(tmp_path / "keys" / "days"))
    assert not any(key[start : start + 8] in said for start in range(len(key) - 7))


def test_other_days_and_classes_stay_readable(tmp_path):
    node = vault(tmp_path / "keys")
    yesterday = ask(2, at_ms=NOW_MS - 86_400_000)
    health = ask(3, b"HC1:a certificate")
    kept = node.keep([ask(), yesterday, health])
    node.destroy(DAY, PERSON)
    assert None not in node.read([row(yesterday, kept[1]), row(health, kept[2])])


@pytest.mark.parametrize("cut", ["after the tombstone", "half overwritten"])
def test_a_cut_while_destroying_is_finished_at_the_next_start(tmp_path, monkeypatch, cut):
    node, asked = vault(tmp_path / "keys"), ask()
    kept = node.keep([asked])[0]

    class Cut(Exception):
        pass

    def stop(path):
        if cut == "half overwritten":
            with path.open("r+b") as file:
                file.write(bytes(20))
        raise Cut

    monkeypatch.setattr(files, "destroy", stop)
    with pytest.raises(Cut):
        node.destroy(DAY, PERSON)
    monkeypatch.undo()
    assert node.read([row(asked, kept)]) == [None]
    vault(tmp_path / "keys")
    assert [path.name for path in (tmp_path / "keys" / "days").iterdir()] == [f"{DAY}-person.gone"]


def test_destroying_overwrites_before_it_unlinks(tmp_path, monkeypatch):
    path, written = tmp_path / "a.key", []
    files.create(path, b"s" * 65)
    pwrite, unlink = os.pwrite, type(path).unlink
    monkeypatch.setattr(os, "pwrite", lambda handle, data, at: written.append(data) or pwrite(handle, data, at))
    monkeypatch.setattr(type(path), "unlink", lambda self, missing_ok=False: written.append("unlink") or unlink(self))
    files.destroy(path)
    assert [len(data) if isinstance(data, bytes) else data for data in written] == [65, 65, "unlink"]
    assert b"s" * 8 not in b"".join(written[:2])


def test_a_backup_of_the_folder_that_is_put_back_does_not_open_a_destroyed_day_while_the_tombstone_stands(tmp_path):
    node, asked = vault(tmp_path / "keys"), ask()
    kept = node.keep([asked])[0]
    days = tmp_path / "keys" / "days"
    backup = files_in(days)
    node.destroy(DAY, PERSON)
    for name, data in backup.items():
        files.create(days / name, data)
    assert node.read([row(asked, kept)]) == [None]
    vault(tmp_path / "keys")
    assert [path.suffix for path in days.iterdir()] == [".gone"]


@pytest.mark.parametrize("class_", ["", "people", "../person"])
def test_no_class_but_the_known_is_destroyed(tmp_path, class_):
    with pytest.raises(Refused) as caught:
        vault(tmp_path / "keys").destroy(DAY, class_)
    assert caught.value.code == "class_unknown"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_key_that_others_may_read_is_refused(tmp_path, mode):
    vault(tmp_path / "keys").keep([ask()])
    (tmp_path / "keys" / "days" / f"{DAY}-person.key").chmod(mode)
    with pytest.raises(Unusable) as caught:
        vault(tmp_path / "keys").keep([ask()])
    assert caught.value.code == "key_file"


@pytest.mark.parametrize("mode", [0o750, 0o705, 0o777])
def test_a_folder_that_others_may_enter_is_refused(tmp_path, mode):
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys").chmod(mode)
    with pytest.raises(Unusable) as caught:
        vault(tmp_path / "keys")
    assert caught.value.code == "holder_folder"


def test_a_new_pepper_makes_new_tokens_of_the_same_sealed_scans(tmp_path):
    node, asked = vault(tmp_path / "keys"), ask()
    sealed = row(asked, node.keep([asked])[0])
    before, known = node.tokens([sealed])[0], node.public_keys().pepper
    folder = Folder(tmp_path / "keys")
    assert folder.rotate_pepper() != known
    after = vault(tmp_path / "keys").tokens([sealed])[0]
    assert [token.type for token in after.tokens] == [token.type for token in before.tokens]
    assert {token.mac for token in after.tokens}.isdisjoint(token.mac for token in before.tokens)
    assert folder.forget_old_peppers() == 1
    assert vault(tmp_path / "keys").tokens([sealed])[0] == after
