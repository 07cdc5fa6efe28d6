"""Tables as files: as spreadsheets write them, hostile ones, and each row that is wrong named by its number."""

import csv
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.errors import Refused
from server.places import areas, forms, opening, sheet
from server.places.importing import Known, beside, judged
from server.places.register import place as in_form
from server.places.sentences import sentence
from server.places.sheet import read, written
from server.places.types import KINDS, Place
from server.store.place_import import cells_of

HEADER = "place_id,name,kind,area\n"
GOOD = HEADER + "cho-1,Chợ Lớn,market,79\nben-1,Bến xe Miền Tây,bus_station,79\n"
KNOWN = Known(list(areas.provinces()), frozenset({"cho-1", "cho-2"}), frozenset({("cho-1", "dong")}))
BOM = b"\xef\xbb\xbf"


def problems(text, name=None):
    """[(row, code)] of a file, beside what is known."""
    data = text if isinstance(text, bytes) else text.encode()
    found = beside(judged(read(data, name)), KNOWN)
    for one in found.problems:
        assert all(sentence(one.code))
    return [(one.row, one.code) for one in found.problems]


def test_the_same_table_is_read_whatever_the_spreadsheet_made_of_it():
    tabs, semicolons = GOOD.replace(",", "\t"), GOOD.replace(",", ";")
    written_as = [
        GOOD.encode(),
        BOM + GOOD.encode(),
        GOOD.replace("\n", "\r\n").encode(),
        BOM + semicolons.encode(),
        b"sep=;\r\n" + semicolons.encode(),
        tabs.encode("utf-16"),
        b"\xfe\xff" + tabs.encode("utf-16-be"),
        GOOD.replace(",area", ",area,,").encode(),
        GOOD.replace("place_id,name,kind,area", "Mã địa điểm,Tên,Loại,Khu vực").encode(),
        ("\n\n" + GOOD + "\n,,,\n").encode(),
    ]
    first = judged(read(GOOD.encode()))
    assert len(first.rows) == 2
    assert first.problems == []
    for data in written_as:
        found = judged(read(data))
        assert [row.entry for row in found.rows] == [row.entry for row in first.rows], data
        assert found.problems == []


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "csv_rows"),
        (BOM, "csv_rows"),
        (HEADER.encode(), "csv_rows"),
        (b"\xff\xfea", "csv_encoding"),
        ("tên,mã địa điểm\n".encode("cp1258", "replace") + b"\xe0\xe9", "csv_encoding"),
        (GOOD.encode("latin-1", "replace") + b"\x80\x81", "csv_encoding"),
        ((HEADER + 'cho-1,"Chợ,market,79\n').encode(), "csv_form"),
        ((HEADER + 'cho-1,"Chợ"x,market,79\n').encode(), "csv_form"),
        (b"place_id,name,name\nx,y,z\n", "csv_column"),
        (b"place_id,name,password\nx,y,z\n", "csv_column"),
        (b"name,kind\nx,y\n", "csv_sheet"),
        (b"place_id,box_id\nx,y\n" * 2, None),
        (b"\x00" * 100, "csv_rows"),
        ((HEADER + "cho-1,Ch\n" * 50_001).encode(), "csv_rows"),
        (HEADER.encode() + b"x" * (200 << 10), "csv_form"),
    ],
)
def test_a_file_that_is_no_table_is_refused_as_a_whole(data, code):
    if code is None:
        assert read(data).name == "boxes"
        return
    with pytest.raises(Refused) as refused:
        read(data)
    assert refused.value.code in (code, "csv_column", "csv_sheet" if code == "csv_rows" else code)


def test_a_file_that_is_too_large_is_refused():
    with pytest.raises(Refused) as refused:
        read(b"a" * (sheet.MOST_BYTES + 1))
    assert refused.value.code == "csv_bytes"


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("CHO-2,Chợ,market,79", "place_id"),
        ("chợ-2,Chợ,market,79", "place_id"),
        ("c,Chợ,market,79", "place_id"),
        ("'=cmd,Chợ,market,79", "place_id"),
        ("cho-2,,market,79", "text_missing"),
        ("cho-2,   ,market,79", "text_missing"),
        ("cho-2,Chợ\u202eớn,market,79", "text"),
        ("cho-2,Chợ\x00,market,79", "text"),
        ("cho-2,<script>alert(1)</script>,market,79", "text_markup"),
        ("cho-2,=1+1,market,79", "text_formula"),
        ("cho-2,'=1+1,market,79", "text_formula"),
        ("cho-2,@SUM(A1),market,79", "text_formula"),
        ("cho-2,Chợ\x1b[31m,market,79", "text"),
        ("cho-2,Chợ\u200b,market,79", "text"),
        ("cho-2,Chợ\ufeff,market,79", "text"),
        ('cho-2,"Chợ\nLớn",market,79', "text"),
        ("cho-2," + "ợ" * 101 + ",market,79", "text_long"),
        ("cho-2," + "x" * 3072 + ",market,79", "text_long"),
        ("cho-2,Chợ,chợ,79", "place_kind"),
        ("cho-2,Chợ,market,7", "area_code"),
        ("cho-2,Chợ,market,7９", "area_code"),
        ("cho-2,Chợ,market,79.0", "area_code"),
        ("cho-2,Chợ,market,03", "area_unknown"),
        ("cho-2,Chợ,market,99999", "area_unknown"),
        ("cho-1,Chợ khác,market,79", "row_duplicate"),
        ("cho-1,Chợ Lớn,market,79", "row_duplicate"),
        ("cho-2,Chợ,market,79,extra", "csv_cells"),
    ],
)
def test_a_row_that_is_wrong_is_named_and_takes_no_other_with_it(row, code):
    found = problems(GOOD + row + "\n")
    last = 3 + 1 + row.count("\n")
    assert found == [(last, code)]


@pytest.mark.parametrize("name", ["Ch? M?i", "Ch? Lon", "B?n xe", "Ben xe ?ong", "Qu?n 1", "?a L?t"])
def test_letters_that_a_spreadsheet_wrote_as_question_marks_are_not_taken_for_a_name(name):
    assert problems(HEADER + f"cho-2,{name},market,79\n") == [(2, "csv_letters")]


@pytest.mark.parametrize("name", ["Cho Dau?", "Quan ???", "? & Co", "Cho 2 ?"])
def test_a_question_mark_that_stands_for_no_letter_is_one(name):
    (row,) = judged(read((HEADER + f"cho-3,{name},market,79\n").encode())).rows
    assert row.entry.name == name


@pytest.mark.parametrize("name", ["Chợ Nào?Đó", "B?n xe Mới"])
def test_where_letters_with_marks_came_through_a_question_mark_is_one(name):
    (row,) = judged(read((HEADER + f"cho-3,{name},market,79\n").encode())).rows
    assert row.entry.name == name


def test_a_name_in_a_script_of_another_language_is_only_a_name():
    rows = judged(read((HEADER + "cho-3,سوق,market,79\n").encode())).rows
    assert [row.entry.name for row in rows] == ["سوق"]


def test_a_name_is_kept_composed_whatever_was_typed():
    (row,) = judged(read((HEADER + "cho-2,Cho\u031b\u0323  Lo\u031b\u0301n ,market,79\n").encode())).rows
    assert row.entry.name == "Chợ Lớn"


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("gates", "place_id,gate_id\ncho-1,dong\ncho-9,tay\n", [(3, "place_unknown")]),
        (
            "gates",
            "place_id,gate_id,direction\ncho-1,dong,vào\ncho-1,Đông,in\n",
            [(2, "gate_direction"), (3, "gate_id")],
        ),
        (
            "boxes",
            "box_id,place_id,gate_id\nbox-1,cho-1,dong\nbox-2,cho-1,tay\nbox-3,cho-9,\n",
            [(3, "gate_unknown"), (4, "place_unknown")],
        ),
        ("boxes", "box_id,place_id,since\nbox-1,cho-1,31/01/2026\nbox-1,cho-1,2026-01-31\n", [(3, "row_duplicate")]),
        (
            "boxes",
            "box_id,place_id,since\nbox-1,cho-1,31/02/2026\nbox-1,cho-1,01-31-2026\n",
            [(2, "place_instant"), (3, "place_instant")],
        ),
        (
            "gateways",
            "gateway_id,place_id\ngw-1,cho-1\nGW,cho-1\ngw-2,cho-7\n",
            [(3, "gateway_id"), (4, "place_unknown")],
        ),
        (
            "areas",
            "code,name,parent,level\n26734,Bến Thành,79,commune\n001,Ba Đình,99,district\n",
            [(3, "area_unknown")],
        ),
        ("areas", "code,name,parent\n26734,Bến Thành,\n760,Quận 1,26734\n", [(2, "area_parent"), (3, "area_parent")]),
        ("areas", "code,name,level\n97,X,district\n", [(2, "area_level")]),
        (
            "areas",
            "code,name,until,since\n97,X,2025-01-01,2025-02-01\n98,Y,,32/01/2025\n",
            [(2, "area_dates"), (3, "place_day")],
        ),
        ("areas", "code,name,successor\n97,X,08\n", [(2, "area_successor")]),
        ("areas", "code,name,since,until,successor\n97,X,,2025-01-01,96\n97,Y,2024-01-01,,\n", [(3, "area_dates")]),
    ],
)
def test_rows_of_every_table_are_held_against_what_is_there(name, text, found):
    assert problems(text, name) == found


def test_periods_of_a_place_are_taken_together_or_not_at_all():
    header = "place_id,since,until,mode,basis\n"
    disordered = (
        header + "cho-1,2026-02-01,,counts_only,\ncho-1,2026-01-01,,identified,NQ 1\ncho-2,2026-01-01,,counts_only,\n"
    )
    assert problems(disordered) == [(2, "purpose_order"), (3, "purpose_order")]
    one_bad = header + "cho-1,2026-01-01,,identified,\ncho-1,2026-02-01,,counts_only,\n"
    assert problems(one_bad) == [(2, "purpose_basis"), (3, "row_together")]
    backwards = header + "cho-1,2026-02-01,2026-01-01,identified,NQ 1\n"
    assert problems(backwards) == [(2, "purpose_until")]
    assert problems(header + "cho-1,,,identified,NQ 1\ncho-1,2026-02-01,,counts_only,\n") == []


cells = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=30)
dangerous = st.sampled_from(["=", "+", "-", "@", "'=", "''=", "＝", "＠", "'", '"', ",", ";"])


@given(st.lists(st.builds(lambda first, rest: first + rest, dangerous, cells) | cells, min_size=1, max_size=5))
@settings(suppress_health_check=[HealthCheck.filter_too_much])
def test_no_cell_that_goes_out_is_a_formula_and_each_comes_in_as_it_was(texts):
    names = [text.strip(" ") for text in texts]
    data = written("gates", [{"place_id": "cho-1", "gate_id": str(at), "name": name} for at, name in enumerate(names)])
    for line in list(csv.reader(io.StringIO(data.decode("utf-8-sig"), "")))[1:]:
        assert all(cell[:1] not in ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠") for cell in line)
    assert [row.cells["name"] for row in read(data).rows] == names


def is_inert(said):
    try:
        forms.must_be_inert(said.strip())
    except Refused:
        return False
    return True


visible = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=40).filter(is_inert)
hours = st.sampled_from(["", "24/7", "mon-fri 05:00-18:30; sat 22:00-02:00", "mon-sun closed"])


@st.composite
def places(draw):
    return in_form(
        Place(
            "cho-" + str(draw(st.integers(0, 99))),
            draw(visible),
            draw(st.sampled_from(KINDS)),
            draw(st.sampled_from(["", "79", "01"])),
            draw(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), max_size=60).filter(is_inert)),
            opening.parse(draw(hours)),
            draw(st.integers(0, 10_000_000)),
            draw(st.integers(0, 10_080)),
            draw(st.sampled_from(["00:00", "04:30", "23:59"])),
            tuple(draw(st.lists(st.sampled_from(["an", "binh", "chi"]), unique=True))),
        )
    )


@given(st.lists(places(), min_size=1, max_size=6, unique_by=lambda one: one.place_id))
def test_what_is_exported_is_imported_as_the_same(found):
    again = judged(read(written("places", [cells_of(one) for one in found])))
    assert again.problems == []
    assert [row.entry for row in again.rows] == found


@given(
    st.binary(max_size=400)
    | st.text(max_size=300).map(str.encode)
    | st.text(max_size=200).map(lambda t: (HEADER + t).encode())
)
def test_no_file_brings_the_reader_down(data):
    try:
        found = judged(read(data))
    except Refused as err:
        code = err.code
        found = None
    if found is None:
        assert all(sentence(code))
        return
    assert len(found.rows) + len(found.problems) == len(read(data).rows)
    assert all(all(sentence(one.code)) for one in found.problems)


def test_the_provinces_are_63_before_and_34_today_and_each_of_before_leads_to_one_of_today():
    found = areas.provinces()
    before = [one for one in found if not one.since]
    today = [one for one in found if not one.until]
    assert (len(before), len(today)) == (63, 34)
    tree = areas.Areas(found)
    codes = {one.code for one in today}
    for one in before:
        assert tree.above(one.code) & codes, one
    assert areas.disordered(found) is None
    assert [areas.checked(one) for one in found] == list(found)


def test_who_looks_after_a_province_of_today_sees_what_was_registered_under_the_old_codes():
    communes = [areas.Area("00688", "Xã A", "commune", "02"), areas.Area("02200", "Xã B", "commune", "08")]
    tree = areas.Areas([*areas.provinces(), *communes])
    assert "08" in tree.above("00688")
    assert "02" not in tree.above("02200")
    assert {"00688", "02200", "02", "08"} <= tree.below(["08"])
    assert "02200" not in tree.below(["02"])
    assert tree.above("") == frozenset()
    assert tree.above("99") == {"99"}
