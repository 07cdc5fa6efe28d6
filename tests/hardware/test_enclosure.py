"""The box: its files are closed, printable and hold their parts; what would not is refused in a sentence."""

import dataclasses
import json
import math
import re
import shutil
import struct
import xml.etree.ElementTree as ET

import pytest
from PIL import Image

from scripts.drawing import enclosure, figures, meshes, mounting, sizes
from scripts.drawing.fitting import Fitting
from scripts.drawing.generator import DrawingError
from tests.hardware.tree import ROOT, change

FOLDER = ROOT / sizes.ENCLOSURE
BUILDS = sizes.BUILDS


@pytest.fixture(scope="module")
def stl():
    """(build, part) -> what is committed."""
    return {(name, part): (FOLDER / f"{name}-{part}.stl").read_bytes() for name in BUILDS for part in ("base", "lid")}


@pytest.fixture
def root(tmp_path):
    """The data and the drawings of the box, to be broken."""
    for name in ("hardware/enclosure", "hardware/builds"):
        ignored = shutil.ignore_patterns("*.stl", "*.png", "*.svg", "*.yml", "*.md", "*.csv")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    return tmp_path


def fitting(stl, name, **other):
    """The committed parts of a build, with some sizes of what goes in taken otherwise."""
    view, panel = sizes.seen(ROOT, name)
    values = sizes.variables(ROOT, name) | {key: value for key, value in other.items() if key != "view_deg"}
    base, lid = (meshes.load(stl[name, part]) for part in ("base", "lid"))
    return Fitting(base, lid, values, other.get("view_deg", view), panel)


def box_stl(*blocks):
    """A binary STL of blocks given as (x, y, z, width, depth, height)."""
    import trimesh

    made = []
    for x, y, z, *size in blocks:
        block = trimesh.creation.box(size)
        block.apply_translation([x + size[0] / 2, y + size[1] / 2, z + size[2] / 2])
        made.append(block)
    return trimesh.util.concatenate(made).export(file_type="stl")


# ---- what is committed


@pytest.mark.parametrize("name", BUILDS)
def test_the_files_of_a_box_pass_every_check_and_have_the_figures_beside_them(stl, name):
    told = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    assert enclosure.judge(ROOT, name, stl[name, "base"], stl[name, "lid"]) == told


@pytest.mark.slow
def test_openscad_makes_the_same_box_again(tmp_path, stl):
    made = enclosure.render(ROOT, "pico", tmp_path)
    for part, path in made.items():
        anew, kept = (meshes.solid(meshes.load(data)) for data in (path.read_bytes(), stl["pico", part]))
        assert (anew - kept).volume() + (kept - anew).volume() < 1.0  # mm³, whatever its version does with facets
        assert anew.bounding_box() == pytest.approx(kept.bounding_box(), abs=0.01)


def test_the_order_of_the_triangles_does_not_matter(stl):
    data = stl["pico", "base"]
    faces = [data[start : start + 50] for start in range(84, len(data), 50)]
    turned = [face[:12] + face[24:48] + face[12:24] + face[48:] for face in reversed(faces)]
    assert meshes.ordered(data[:84] + b"".join(turned)) == data


@pytest.mark.parametrize("name", BUILDS)
def test_the_lid_looks_down_by_its_tilt(stl, name):
    values = sizes.variables(ROOT, name)
    tilt = math.radians(values["tilt"])
    mesh = meshes.load(stl[name, "base"])
    leaning = mesh.face_normals @ [0, -math.sin(tilt), math.cos(tilt)] > 0.9999
    assert mesh.area_faces[leaning].sum() > 600  # mm² of rim, and nothing of it looks up
    assert values["tilt"] == 15
    assert figures.window(values)[0] > values["deep"]  # the window leans out over what is below it


@pytest.mark.parametrize("name", BUILDS)
def test_the_page_has_the_figures_of_the_files(name):
    told = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    column = BUILDS.index(name)
    rows = [row.split("|")[2:5] for row in text.splitlines() if row.startswith("| ") and row.count("|") == 5]
    cells = {key: row[column].strip() for key, row in zip(("base", "lid", "grams", "pane", "display"), rows[-5:])}
    for part in ("base", "lid"):
        assert cells[part] == " × ".join(f"{side:.1f}" for side in told[part]["size_mm"])
    assert cells["grams"] == str(told["base"]["plastic_g"] + told["lid"]["plastic_g"])
    values = sizes.variables(ROOT, name)
    assert cells["pane"] == f"{values['reader'][0] + 0.4:.1f} × {values['reader'][1] + 0.4:.1f} × 2"
    pane = values["display_pane"]
    assert cells["display"] == (f"{pane[0] - 0.4:.1f} × {pane[1] - 0.4:.1f} × 2" if values["with_display"] else "–")


@pytest.mark.parametrize("picture", sorted(FOLDER.glob("*.png")), ids=lambda path: path.name)
def test_a_picture_shows_something(picture):
    with Image.open(picture) as image:
        assert 500 < max(image.size) <= 900
        assert len(image.convert("RGB").getcolors(100_000)) > 30


def test_every_size_says_where_it_comes_from_and_whether_it_is_sure():
    known = sizes.parts(ROOT)
    several = ("boards", "readers", "displays")
    single = [part for key, part in known.items() if key not in several]
    for part in [*single, *(one for key in several for one in known[key].values())]:
        assert part["source"]
        assert isinstance(part["sure"], bool)


# ---- meshes that cannot be printed


@pytest.mark.parametrize(
    "data",
    [b"", b"solid box\nendsolid\n", b"\0" * 83, b"\0" * 84 + b"\1", b"\0" * 80 + struct.pack("<I", 9) + b"\0" * 50],
    ids=["empty", "text", "short", "too long", "cut off"],
)
def test_what_is_no_stl_is_refused(data):
    with pytest.raises(DrawingError) as refused:
        meshes.ordered(data)
    assert refused.value.code == "data"


@pytest.mark.parametrize("data", [b"", b"solid\n", b"\0" * 84], ids=["empty", "text", "no faces"])
def test_what_has_no_faces_is_no_mesh(data):
    with pytest.raises(DrawingError):
        meshes.load(data)


def test_a_mesh_with_a_hole_is_not_closed():
    data = box_stl((0, 0, 0, 10, 10, 10))
    mesh = meshes.load(data[:80] + struct.pack("<I", 11) + data[84:-50])
    assert "it has holes" in meshes.open_places(mesh)[0]
    with pytest.raises(DrawingError):
        meshes.solid(mesh)


def test_a_mesh_that_is_inside_out_is_named():
    mesh = meshes.load(box_stl((0, 0, 0, 10, 10, 10)))
    mesh.invert()
    assert meshes.open_places(mesh) == ["it is inside out"]


def test_a_mesh_with_one_face_turned_is_named():
    mesh = meshes.load(box_stl((0, 0, 0, 10, 10, 10)))
    faces = mesh.faces.copy()
    faces[0] = faces[0][::-1]
    mesh.faces = faces
    assert "faces look inwards and outwards" in meshes.open_places(mesh)


def test_a_part_in_two_pieces_is_named():
    mesh = meshes.load(box_stl((0, 0, 0, 10, 10, 10), (20, 0, 0, 5, 5, 5)))
    assert meshes.open_places(mesh) == ["it is in 2 pieces"]


def test_the_thinnest_wall_is_found():
    plate = meshes.load(box_stl((0, 0, 0, 40, 40, 0.6)))
    assert meshes.thicknesses(plate)[0] == pytest.approx(0.6, abs=0.01)


def test_what_hangs_in_the_air_is_measured_and_what_stands_is_not():
    table = meshes.load(box_stl((0, 0, 0, 10, 10, 20), (-15, -15, 20.5, 40, 40, 2)))
    assert meshes.overhang_mm2(table) == pytest.approx(1600)
    assert meshes.overhang_mm2(meshes.load(box_stl((0, 0, 0, 10, 10, 20)))) == 0


@pytest.mark.parametrize(
    "blocks, what",
    [
        ([(0, 0, 0, 230, 60, 3)], "larger than the bed"),
        ([(0, 0, 0, 60, 60, 0.8)], "a wall of 0.80 mm"),
        ([(0, 0, 0, 60, 60, 3), (0, 0, 30, 60, 60, 3)], "needs supports"),
    ],
)
def test_a_base_that_cannot_be_printed_is_refused(stl, blocks, what):
    with pytest.raises(DrawingError) as refused:
        enclosure.judge(ROOT, "pico", box_stl(*blocks), stl["pico", "lid"])
    assert f"base: {what}" in str(refused.value)


# ---- parts that do not fit


@pytest.mark.parametrize(
    "name, other, what",
    [
        ("cheapest", {"reader": [21.4, 15.1, 75.0]}, "clashes"),
        ("cheapest", {"reader": [24.0, 15.1, 53.3]}, "clashes"),
        ("standard", {"reader_v": 107}, "clashes"),
        ("standard", {"display_x": -4}, "clashes"),
        ("standard", {"button_behind": 42.0}, "clashes"),
        ("standard", {"gland_x": 0}, "clashes"),
        ("standard", {"perf_y": 60}, "clashes"),
        ("pico", {"buzzer": 14.0}, "clashes"),
        ("pico", {"light_rod": 9.0}, "clashes"),
        ("pico", {"board": [21.0, 52.3, 40.0]}, "clashes"),
        ("pico", {"key_x": 20}, "clashes"),
        ("pico", {"button_nut": 46.0}, "closing"),
        ("cheapest", {"view_deg": [145.0, 28.0]}, "hidden"),
        ("standard", {"view_deg": [40.0, 130.0]}, "hidden"),
        ("cheapest", {"reader": [15.0, 10.0, 53.3]}, "loose"),
        ("pico", {"perf_holes": [46.0, 66.0, 2.0], "perf": [30.0, 40.0, 1.6]}, "loose"),
        ("pico", {"wide": 90}, "screws"),
        ("pico", {"high": 124}, "screws"),
        ("pico", {"lid_insert": 6.4}, "screws"),
        ("cheapest", {"tilt": 2}, "screws"),
    ],
)
def test_what_does_not_fit_is_named(stl, name, other, what):
    assert getattr(fitting(stl, name, **other), what)()


def test_a_lid_that_is_put_on_the_wrong_way_around_does_not_close(stl):
    lid = meshes.load(stl["pico", "lid"])
    lid.apply_transform([[1, 0, 0, 0], [0, -1, 0, -122], [0, 0, -1, 17], [0, 0, 0, 1]])
    view, panel = sizes.seen(ROOT, "pico")
    broken = Fitting(meshes.load(stl["pico", "base"]), lid, sizes.variables(ROOT, "pico"), view, panel)
    assert broken.clashes()


# ---- data that is refused


@pytest.mark.parametrize(
    "old, new, said",
    [
        ("wide = 86", "", "wide missing"),
        ("wide = 86", 'wide = "86"', "wide is '86'"),
        ("wide = 86", "wide = true", "wide is True"),
        ("wide = 86", "wide = 500", "has to be 60 to 200"),
        ("high = 128", "high = 20", "has to be 80 to 200"),
        ("deep = 36", "deep = nan", "deep is nan"),
        ("tilt_deg = 15", "tilt_deg = 45", "has to be 0 to 30"),
        ("tilt_deg = 15", "tilt = 15", "tilt_deg missing"),
        ("wide = 86", "wide = 86\ncolour = 1", "colour unknown"),
        ('board = "esp32s3"', 'board = "esp8266"', "no boards.esp8266"),
        ('reader = "gm861s"', 'reader = "gm999"', "no readers.gm999"),
        ('display = "ssd1306"', 'display = "sh1106"', "no displays.sh1106"),
        ('hold = "ears"', 'hold = "glue"', "reader_at.hold is 'glue'"),
        ("upright = true", "upright = 1", "perfboard_at.upright is 1"),
        ("[light_at]\nx = 23", "[light_at]\nx = '23'", "light_at.x is '23'"),
        ("[light_at]\nx = 23", "[light_at]", "light_at has v, x"),
        ("[light_at]\nx = 23\nv = 70", "light_at = 3", "light_at"),
        ("wide = 86", "wide = = 86", "standard.toml"),
    ],
)
def test_sizes_that_make_no_box_are_refused_by_name(root, old, new, said):
    change(root, "hardware/enclosure/standard.toml", old, new)
    with pytest.raises(DrawingError) as refused:
        sizes.variables(root, "standard")
    assert refused.value.code == "data"
    assert said in str(refused.value)


def test_a_build_without_its_file_is_refused(root):
    (root / "hardware/enclosure/pico.toml").unlink()
    with pytest.raises(DrawingError):
        sizes.variables(root, "pico")


@pytest.mark.parametrize(
    "file, old, new, what",
    [
        ("hardware/enclosure/pico.toml", 'board = "pico2_w"', 'board = "esp32s3"', "board"),
        ("hardware/enclosure/pico.toml", 'reader = "gm861s"', 'reader = "gm65"', "reader"),
        ("hardware/enclosure/standard.toml", 'display = "ssd1306"\n', "", "display"),
    ],
)
def test_a_box_for_other_parts_than_its_build_has_is_named(root, file, old, new, what):
    assert enclosure.wrong(root) == []
    text = (root / file).read_text(encoding="utf-8")
    text = re.sub(r"\[display_at\]\n.*\n.*\n", "", text) if what == "display" else text
    (root / file).write_text(text.replace(old, new), encoding="utf-8")
    assert [line.partition(": ")[2].split(" ")[0] for line in enclosure.wrong(root)] == [what]


def test_without_openscad_it_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DrawingError) as refused:
        enclosure.render(ROOT, "pico", tmp_path)
    assert refused.value.code == "tool"
    assert "apt-get install openscad" in str(refused.value)


@pytest.mark.parametrize("broken", ["cube(;", "cube(nothing_of_this_name);", "union() {}"])
def test_what_openscad_refuses_or_warns_of_is_refused(root, tmp_path, broken):
    (root / "hardware/enclosure/pico.scad").write_text(broken, encoding="utf-8")
    with pytest.raises(DrawingError) as refused:
        enclosure.render(root, "pico", tmp_path, ("base",))
    assert refused.value.code == "tool"


# ---- the guide


@pytest.mark.parametrize("picture", sorted((ROOT / mounting.FOLDER).glob("*.svg")), ids=lambda path: path.stem)
def test_a_picture_of_the_guide_needs_no_language_and_is_in_both(picture):
    texts = [one.text or "" for one in ET.parse(picture).iter("{http://www.w3.org/2000/svg}text")]
    words = {word for text in texts for word in re.findall(r"[^\W\d_]+", text)}
    assert words <= {"cm", "mm", "a"}
    for language in ("vi", "en"):
        assert f"](mounting/{picture.name})" in (ROOT / f"hardware/mounting.{language}.md").read_text(encoding="utf-8")


def test_both_languages_of_the_guide_say_the_same_figures():
    told = {}
    for language in ("vi", "en"):
        text = (ROOT / f"hardware/mounting.{language}.md").read_text(encoding="utf-8").replace("2,5", "2.5")
        text = re.sub(r"\]\([^)]*\)", "]", text)
        told[language] = {
            heading: sorted(re.findall(r"\d+(?:[.,]\d+)?", body.replace(",", ".")))
            for heading, body in enumerate(re.split(r"^#+ .*$", text, flags=re.M))
        }
    assert told["vi"] == told["en"]


def test_the_figures_of_the_guide_are_those_of_the_pictures():
    for language in ("vi", "en"):
        text = (ROOT / f"hardware/mounting.{language}.md").read_text(encoding="utf-8")
        for figure in (
            mounting.WINDOW_CM,
            mounting.FAR_CM,
            *mounting.BEST_CM,
            sizes.variables(ROOT, "standard")["tilt"],
        ):
            assert re.search(rf"\b{figure}\b", text)


def test_the_template_has_its_holes_where_the_base_has_them(stl):
    across, down = 56.0, 96.0
    svg = ET.fromstring(mounting.drilling(ROOT))
    assert svg.get("width") == "130mm"
    assert svg.get("viewBox") == "0 0 130 190"
    holes = sorted(
        (float(one.get("cy")), float(one.get("cx"))) for one in svg.iter("{http://www.w3.org/2000/svg}circle")
    )
    assert (holes[1][1] - holes[0][1], holes[2][0] - holes[0][0]) == pytest.approx((across, down))
    from manifold3d import Manifold

    key_x, high, low = mounting._holes(sizes.variables(ROOT, "standard"))
    for name in BUILDS:
        base = meshes.solid(meshes.load(stl[name, "base"]))
        for x in (-key_x, key_x):
            for y in (high, low):
                assert (base ^ Manifold.cylinder(3, 2, 2).translate([x, y, 0])).volume() == pytest.approx(0, abs=0.01)


def test_a_template_for_boxes_with_other_holes_is_refused(root):
    change(root, "hardware/enclosure/pico.toml", "high = 128", "high = 130")
    with pytest.raises(DrawingError):
        mounting.drilling(root)


def test_every_generator_of_the_box_names_what_it_reads(root):
    for generator in enclosure.GENERATORS:
        assert generator.input_files(ROOT)
        broken = dataclasses.replace(generator, inputs=(*generator.inputs, "hardware/enclosure/none.toml"))
        with pytest.raises(DrawingError):
            broken.input_files(ROOT)
