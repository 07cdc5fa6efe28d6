"""The comparing itself: what is wrong is seen. A small province, then the rows tampered with."""

import contextlib

from server.sim import compare_inside, compare_links, compare_silence, compare_stays, faults
from server.sim.clock import DAY_MS, HOUR_MS
from server.sim.province import Asked, Found, opened
from server.sim.truth import Truth
from server.store import province_rows

SMALL = Asked(seed=11, places=6, people=60, days=1, turn_hours=12, traced=2)


@contextlib.asynccontextmanager
async def lived(folder, asked=SMALL):
    """The truth of a small province, its server still open."""
    async with opened(asked, folder) as province:
        await province.live(lambda what, done, total: None)
        yield Truth(province, await province_rows.everything(province.server.shelf.database))


def of(figures, name):
    return next(one for one in figures if one.name == name)


async def test_as_it_is_every_link_and_bound_holds(tmp_path):
    async with lived(tmp_path) as truth:
        for compare in (compare_links.compare, compare_stays.compare):
            figures, _ = compare(truth)
            assert all(one.is_kept is not False for one in figures), figures


async def test_two_people_under_one_name_break_the_precision(tmp_path):
    async with lived(tmp_path) as truth:
        province, rows = truth.province, truth.rows
        one, other = [person for person in rows.theirs if len(rows.theirs[person]) > 0][:2]
        seen = {key: got._replace(person=one) if got.person == other else got for key, got in rows.seen.items()}
        figures, evidence = compare_links.compare(Truth(province, rows._replace(seen=seen)))
        assert of(figures, "link_precision").is_kept is False
        assert one.hex() in evidence["link_precision"][0]


async def test_one_person_under_two_names_is_seen_where_a_code_proves_them_one(tmp_path):
    async with lived(tmp_path) as truth:
        province, rows = truth.province, truth.rows
        scans_of = {}
        for key, got in rows.seen.items():
            scans_of.setdefault(got.person, []).append(key)
        key = next(keys[0] for person, keys in scans_of.items() if person is not None and len(keys) > 1)
        seen = {**rows.seen, key: rows.seen[key]._replace(person=bytes(16))}
        figures, _ = compare_links.compare(Truth(province, rows._replace(seen=seen)))
        assert of(figures, "persons_split_against_proof").value == 1
        assert of(figures, "link_precision").is_kept


async def test_a_person_whose_scan_names_nobody_is_seen(tmp_path):
    async with lived(tmp_path) as truth:
        province, rows = truth.province, truth.rows
        key = next(key for key, got in rows.seen.items() if got.person is not None)
        seen = {**rows.seen, key: rows.seen[key]._replace(person=None)}
        figures, _ = compare_links.compare(Truth(province, rows._replace(seen=seen)))
        assert of(figures, "scans_of_a_person_unnamed").value == 1


async def test_a_visit_that_is_gone_is_missed(tmp_path):
    async with lived(tmp_path) as truth:
        province, rows = truth.province, truth.rows
        figures, _ = compare_stays.compare(Truth(province, rows._replace(visits={}, theirs={})))
        assert of(figures, "stays_seen_without_visit").is_kept is False


async def test_bounds_that_are_an_hour_off_are_seen(tmp_path):
    async with lived(tmp_path) as truth:
        province, rows = truth.province, truth.rows

        def moved(one):
            return one._replace(in_low=one.in_low + HOUR_MS, in_high=one.in_high + HOUR_MS)

        visits = {key: moved(one) for key, one in rows.visits.items()}
        figures, _ = compare_stays.compare(Truth(province, rows._replace(visits=visits)))
        assert of(figures, "entry_within_bounds").is_kept is False


async def test_people_nobody_let_in_are_seen(tmp_path):
    async with lived(tmp_path, SMALL._replace(places=14)) as truth:
        assert of((await compare_inside.compare(truth))[0], "inside_within_bounds").is_kept
        truth.by_site = {site: numbers * 30 for site, numbers in truth.by_site.items()}
        assert of((await compare_inside.compare(truth))[0], "inside_within_bounds").is_kept is False


async def test_an_alarm_where_nothing_was_planted_is_a_false_one(tmp_path):
    async with lived(tmp_path) as truth:
        province = truth.province
        assert of(compare_silence.compare(province)[0], "false_alarms").value == 0
        sites = {one.site for one in province.faults}
        site = next(one for one in province.sites if one.number not in sites) if len(sites) < 6 else None
        place_id = site.place_id if site else "place-9999"
        at_ms = province.ends_ms - DAY_MS // 2
        province.findings.append(Found("silent", place_id, "box-9999-0", at_ms, b"{}", at_ms))
        figures, evidence = compare_silence.compare(province)
        assert of(figures, "false_alarms_per_gate_month").is_kept is False
        assert place_id in evidence["false_alarms_per_gate_month"][0]


async def test_the_hash_changes_with_any_row(tmp_path):
    async with lived(tmp_path) as truth:
        province = truth.province
        database = province.server.shelf.database
        before = await province_rows.fingerprint(database)
        assert await province_rows.fingerprint(database) == before

        def tamper(connection):
            connection.exec_driver_sql("UPDATE visits SET out_at = out_at + 1 WHERE id = (SELECT min(id) FROM visits)")

        await database.write(tamper)
        assert await province_rows.fingerprint(database) != before


async def test_of_two_visits_around_a_stay_the_one_that_had_begun_when_it_was_scanned_is_taken(tmp_path):
    async with lived(tmp_path) as truth:
        province, rows = truth.province, truth.rows
        number = next(
            number
            for number in range(len(truth.stays))
            if (found := truth.visit(number)) and found.reads == 1 and len(truth.named(number)) == 1
        )
        visit = truth.visit(number)
        unnamed = visit._replace(id=b"\xff" * 16)
        later = visit._replace(id=b"\x00" * 16, in_at=visit.in_at + HOUR_MS, in_high=visit.in_high + HOUR_MS)
        others = [one for one in rows.theirs[visit.person] if one.id != visit.id]
        theirs = {**rows.theirs, visit.person: [later, unnamed, *others]}
        visits = {key: one for key, one in rows.visits.items() if key != visit.id}
        assert Truth(province, rows._replace(visits=visits, theirs=theirs)).visit(number) == unnamed
        theirs = {**rows.theirs, visit.person: [later, *others]}
        assert Truth(province, rows._replace(visits=visits, theirs=theirs)).visit(number) == later


async def test_a_scan_by_a_wrong_clock_elsewhere_counts_for_the_stay_that_it_is_told_to_lie_in(tmp_path):
    async with lived(tmp_path, SMALL._replace(places=20, people=300, seed=2)) as truth:
        clocks = {one.box_id for one in truth.province.faults if one.kind == faults.CLOCK}
        assert clocks
        moved = [
            (number, one)
            for number in range(len(truth.stays))
            for one in truth.moved_into(number)
            if one not in truth.fates(number)
        ]
        assert moved
        own = {number for number in range(len(truth.stays)) if truth.has_odd_clock(number)}
        assert {number for number in range(len(truth.stays)) if truth.moved_into(number)} == own | dict(moved).keys()
        for number, one in moved:
            stay = truth.stays[number]
            assert one.box_id in clocks
            assert one.at_ms < stay.out_ms
            assert one.at_ms + faults.AHEAD_MS >= stay.in_ms
