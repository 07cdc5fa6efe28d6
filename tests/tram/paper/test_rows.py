"""Lists from spreadsheets, as they save them."""

import pytest

from scripts.tram.paper.rows import MOST_ROWS, BadList, rows_of


def written(tmp_path, content):
    file = tmp_path / "list.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


@pytest.mark.parametrize(
    "content",
    ["gate,title\ncong-1,Cổng 1\n", "gate;title\r\ncong-1;Cổng 1\r\n", "gate\ttitle\ncong-1\tCổng 1",
     "﻿Gate , TITLE\n cong-1 , Cổng 1 \n",
     '\n\ngate,title\n"cong-1","Cổng 1"\n\n\n', "gate,title\ncong-1,Cổng 1\n,no gate\n   ,none\n"],
)  # fmt: skip
def test_a_list_is_read_however_it_was_saved(tmp_path, content):
    assert rows_of(written(tmp_path, content), "gate") == [{"gate": "cong-1", "title": "Cổng 1"}]


def test_a_column_may_have_another_name(tmp_path):
    rows = rows_of(written(tmp_path, "box_id,place\nbox-1,chợ\n"), "box", ("box_id",))
    assert rows == [{"box_id": "box-1", "box": "box-1", "place": "chợ"}]


def test_a_cell_with_the_separator_and_a_line_end_in_it_is_one_cell(tmp_path):
    rows = rows_of(written(tmp_path, 'gate,title\ncong-1,"Chợ, cổng\nhai"\n'), "gate")
    assert rows[0]["title"] == "Chợ, cổng\nhai"


@pytest.mark.parametrize(
    "content, code",
    [("", "no_column"), ("title\nx\n", "no_column"),
     ("gate,gate\na,b\n", "twice"), ("gate,Box, box\na,b,c\n", "twice"), ("gate\n", "empty"), ("gate\n\n,\n", "empty"),
     ("gate\nCổng".encode("utf-16"), "text"), (b"gate,title\nx,Ch\xf2 M\xd0", "text"), (b"gate\n\0\n", "text"),
     (b"gate\n" + b"x" * 200_000 + b"\n", "text"), ("gate\n" + "x\n" * (MOST_ROWS + 1), "long"),
     (b"gate\n" + b"," * 5_000_000, "long")],
)  # fmt: skip
def test_what_is_no_list_is_refused(tmp_path, content, code):
    with pytest.raises(BadList) as caught:
        rows_of(written(tmp_path, content), "gate")
    assert caught.value.code == code
