"""scripts/drawing/generator.py: what is stale is found, and what is made is what is there, with made-up generators."""

import json

import pytest

from scripts.drawing.generator import STAMP, DrawingError, Generator, found, read_stamp, stale, write


def upper(root):
    sources = root.glob("in/*.txt")
    return {f"out/{path.stem}.md": path.read_bytes().upper() for path in sources}


@pytest.fixture
def root(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "hardware").mkdir()
    (tmp_path / "in" / "a.txt").write_text("one\ntwo\n")
    return tmp_path


def generator(quick=False, make=upper, **changes):
    return Generator(
        "upper", **{"inputs": ("in/*.txt",), "outputs": ("out/*.md",), "make": make, "quick": quick} | changes
    )


BOTH = pytest.mark.parametrize("quick", [True, False], ids=["quick", "stamped"])


@BOTH
def test_what_was_just_made_is_not_stale(root, quick):
    one = generator(quick)
    assert write(one, root) == ["out/a.md"]
    assert stale(one, root) == []
    assert write(one, root) == []


@BOTH
def test_what_was_never_made_is_stale(root, quick):
    assert stale(generator(quick), root)


@BOTH
def test_a_changed_input_makes_what_comes_of_it_stale(root, quick):
    write(generator(quick), root)
    (root / "in" / "a.txt").write_text("three\n")
    assert stale(generator(quick), root) == ["out/a.md"]


@BOTH
def test_a_new_input_makes_what_comes_of_it_stale(root, quick):
    write(generator(quick), root)
    (root / "in" / "b.txt").write_text("more\n")
    assert stale(generator(quick), root)


@BOTH
def test_an_output_changed_by_hand_is_found(root, quick):
    write(generator(quick), root)
    (root / "out" / "a.md").write_text("by hand")
    assert stale(generator(quick), root) == ["out/a.md"]


@BOTH
def test_an_output_that_is_gone_is_found(root, quick):
    write(generator(quick), root)
    (root / "out" / "a.md").unlink()
    assert stale(generator(quick), root) == ["out/a.md"]


@BOTH
def test_a_file_too_many_is_found_and_taken_away(root, quick):
    write(generator(quick), root)
    (root / "out" / "left.md").write_text("of a build that is gone")
    assert stale(generator(quick), root) == ["out/left.md"]
    assert write(generator(quick), root) == ["out/left.md"]
    assert not (root / "out" / "left.md").exists()


@BOTH
def test_line_ends_of_another_system_are_no_change(root, quick):
    write(generator(quick), root)
    made = root / "out" / "a.md"
    made.write_bytes(made.read_bytes().replace(b"\n", b"\r\n"))
    assert stale(generator(quick), root) == []


@BOTH
def test_a_pattern_that_finds_nothing_is_a_mistake(root, quick):
    with pytest.raises(DrawingError) as refused:
        write(generator(quick, inputs=("in/*.txt", "in/*.toml")), root)
    assert refused.value.code == "input"


@BOTH
def test_a_generator_may_not_write_what_it_does_not_own(root, quick):
    with pytest.raises(DrawingError) as refused:
        write(generator(quick, make=lambda root: {"in/a.txt": b"mine now"}), root)
    assert refused.value.code == "output"
    assert (root / "in" / "a.txt").read_text() == "one\ntwo\n"


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"upper": 5}', '{"upper": {}}', '{"upper": {"inputs": 1, "outputs": 2}}']
)
def test_a_stamp_that_cannot_be_read_makes_everything_stale(root, text):
    write(generator(), root)
    (root / STAMP).write_text(text)
    assert stale(generator(), root) == ["out/a.md"]


def test_a_stamp_with_the_right_inputs_and_nothing_of_the_outputs_makes_them_stale(root):
    write(generator(), root)
    stamp = read_stamp(root)
    stamp["upper"]["outputs"] = None
    (root / STAMP).write_text(json.dumps(stamp))
    assert stale(generator(), root) == ["out/a.md"]


def test_looking_at_a_slow_one_does_not_make_it(root):
    write(generator(), root)

    def never(root):
        raise AssertionError("made")

    assert stale(generator(make=never), root) == []


def test_the_stamp_keeps_what_other_generators_left_there(root):
    (root / STAMP).write_text('{"other": {"inputs": "x", "outputs": {}}}')
    write(generator(), root)
    assert set(read_stamp(root)) == {"other", "upper"}


def test_a_quick_one_leaves_no_stamp(root):
    write(generator(quick=True), root)
    assert not (root / STAMP).exists()


def test_what_python_leaves_behind_is_no_file_of_ours(root):
    (root / "in" / "__pycache__").mkdir()
    (root / "in" / "__pycache__" / "b.txt").write_text("x")
    assert found(root, ("in/*.txt", "in/*/*.txt")) == ["in/a.txt"]
