"""The catalogue: every layer defined whole, every wrong definition told in one message."""

import shutil

import pytest

from onemap.domain.catalogue import (
    BASE_MAP_CLASSES,
    CLASSES,
    class_title,
    definitions_folder,
    field_title,
    fold_heading,
    layer_title,
    load_catalogue,
    styles_folder,
    value_label,
)
from onemap.domain.definition import GEOMETRIES, SECRECY, TYPES, DefinitionError
from onemap.errors import SchemaError

LAYERS = {
    "terrain": {"terrain_dem", "terrain_hillshade", "terrain_contour"},
    "imagery": {"imagery_ortho"},
    "city3d": {"city3d_building"},
    "underground": {"underground_pipe", "underground_space"},
    "emap": {"emap_road", "emap_water", "emap_waterline", "emap_green", "emap_poi"},
    "place": {"place_name", "place_address"},
    "frame": {"frame_boundary", "frame_parcel", "frame_compound", "frame_component"},
    "econ": {"econ_population", "econ_unit"},
    "grid": {"grid_district", "grid_street", "grid_community", "grid_cell"},
    "duty": {"calendar_day", "duty", "duty_grid", "holder", "shift"},
    "case": {"case", "decision"},
    "finding": {
        "near_border",
        "defect",
        "defect_line",
        "coverage_gap",
        "duty_gap",
        "object_gap",
        "repair",
        "reject",
        "completeness",
        "audit",
        "audit_finding",
        "audit_exception",
        "duty_conflict",
        "finding_decision",
        "version_change",
        "version_piece",
    },
    "system": {"onemap_layer", "onemap_district"},
}


def test_the_eight_classes_bear_their_official_titles():
    assert [CLASSES[id_].title_zh for id_ in BASE_MAP_CLASSES] == [
        "地形图",
        "影像图",
        "城市三维图",
        "地下空间图",
        "电子地图",
        "地名地址",
        "框架要素",
        "经济人文",
    ]
    assert [known.order for known in CLASSES.values()] == list(range(1, 14))


def test_every_layer_of_every_class():
    catalogue = load_catalogue()
    assert {id_: {spec.id for spec in catalogue.of_class(id_)} for id_ in CLASSES} == LAYERS
    assert len(catalogue) == 49
    assert sum(len(spec.fields) for spec in catalogue.values()) == 484


@pytest.mark.parametrize("spec", load_catalogue().values(), ids=lambda spec: spec.id)
def test_every_layer_is_whole(spec):
    assert spec.title_zh
    assert spec.title_en
    assert spec.geometry in GEOMETRIES
    assert spec.secrecy in SECRECY
    assert all((spec.provider, spec.owner, spec.checker, spec.updater))
    assert spec.update_cycle_days > 0
    assert spec.style == ("" if spec.is_table else spec.id)
    assert not spec.key or spec.field(spec.key)
    assert all(field.type in TYPES for field in spec.fields)
    assert all(field.title_zh != field.title_en for field in spec.fields)
    codes = [field for field in spec.fields if field.name.endswith("_code")]
    assert all(field.type == "string" for field in codes)
    measures = [field for field in spec.fields if field.unit in {"m", "m2", "mm"}]
    assert all(field.type == "real" for field in measures)


@pytest.mark.parametrize(
    ("layer", "heading", "column"),
    [
        ("frame_component", "OBJCODE", "component_code"),
        ("frame_component", "DEPTCODE1", "in_charge_code"),
        ("frame_component", "DEPTNAME2", "owner_name"),
        ("frame_component", "deptname3", "maintainer_name"),
        ("frame_component", "BGCODE", "cell_code"),
        ("frame_component", "GLBJBSM", "component_code"),
        ("frame_component", "ZGBMDM", "in_charge_code"),
        ("frame_component", "SZDYWGBSM", "cell_code"),
        ("frame_component", "ＣＳＲＱ", "valid_from"),
        ("grid_cell", "网格编码", "cell_code"),
        ("grid_cell", " 所属社区编码 ", "parent_code"),
        ("grid_street", "街道代码", "street_code"),
        ("city3d_building", "层数", "floors"),
        ("case", "事发位置", "address"),
        ("case", "上报时间", "reported_at"),
        ("place_address", "门牌号", "door_number"),
        ("econ_unit", "统一社会信用代码", "unit_code"),
        ("duty_grid", "责任网格编号", "duty_code"),
        ("holder", "手机号", "phone"),
        ("grid_cell", "no such heading", None),
    ],
)
def test_headings_of_offices_and_old_shapefiles(layer, heading, column):
    assert load_catalogue()[layer].canonical(heading) == column


COMPONENT_2026 = "GLBJBSM GLBJMC ZGBMDM ZGBMMC QSDWDM QSDWMC YHDWDM YHDWMC SZDYWGBSM GLBJZT CSRQ BGRQ SJLY BZ SZJDDM SZJDMC SZSQDM SZSQMC"
COMPONENT_OLD = (
    "OBJCODE OBJNAME DEPTCODE1 DEPTNAME1 DEPTCODE2 DEPTNAME2 DEPTCODE3 DEPTNAME3 BGCODE OBJSTATE ORDATE CHDATE "
    "DATASOURCE PICTURE NOTE_ OBJUPTODAT"
)
MATTER_2026 = "SXDM SXMC ZGBMDM ZGBMMC SFWZ SZDYWGBSM"


@pytest.mark.parametrize(
    ("layer", "headings"),
    [("frame_component", COMPONENT_2026), ("frame_component", COMPONENT_OLD), ("case", MATTER_2026)],
    ids=["GB/T 47678.5 components", "CJ/T 214 components", "GB/T 47678.5 matters"],
)
def test_every_item_of_a_standard_table_has_its_own_column(layer, headings):
    columns = [load_catalogue()[layer].canonical(heading) for heading in headings.split()]
    assert None not in columns
    assert len(set(columns)) == len(columns)


def test_every_alias_leads_to_one_column():
    for spec in load_catalogue().values():
        folded = {}
        for heading, name in spec.aliases().items():
            assert folded.setdefault(fold_heading(heading), name) == name


@pytest.mark.parametrize(
    ("layer", "field", "word", "value"),
    [
        ("case", "state", "已结案", "settled"),
        ("case", "state", "IN_HAND", "in_hand"),
        ("frame_component", "state", "完好", "intact"),
        ("emap_road", "class", "胡同", "lane"),
        ("grid_cell", "kind", "专属网格", "exclusive"),
        ("case", "state", "飞", None),
    ],
)
def test_words_of_offices_become_values(layer, field, word, value):
    assert load_catalogue()[layer].field(field).value_of(word) == value


def test_titles_and_labels_for_people():
    assert layer_title("grid_cell", "zh") == "单元网格"
    assert layer_title("unknown_layer", "zh") == "unknown_layer"
    assert class_title("city3d", "zh") == "城市三维图"
    assert class_title("city3d") == "City in 3D"
    assert field_title("defect", "area_m2") == "Area (m2)"
    assert field_title("defect", "no_such", "zh") == "no_such"
    assert value_label("completeness", "state", "stale", "zh") == "过期"
    assert value_label("case", "how", "no_position") == "no position"


def test_styles_exist_for_every_layer_that_names_one():
    styles = {path.stem for path in styles_folder().glob("*.qml")}
    assert {spec.style for spec in load_catalogue().values() if spec.style} == styles


GOOD = """
schema = 1
class = "grid"
title = { zh = "网格", en = "Grid" }
geometry = "Polygon"
key = "code"
provider = "a"
owner = "a"
checker = "a"
updater = "a"
update_cycle_days = 30
secrecy = "public"
[fields.code]
type = "string"
required = true
title = { zh = "编码", en = "Code" }
"""


def test_a_new_layer_is_a_new_file(tmp_path):
    for path in definitions_folder().glob("grid_*.toml"):
        shutil.copy(path, tmp_path)
    (tmp_path / "grid_block.toml").write_text(GOOD, encoding="utf-8")
    catalogue = load_catalogue(tmp_path)
    assert catalogue["grid_block"].required_fields[0].name == "code"
    assert len(catalogue) == 5


def test_every_problem_of_every_file_stands_in_one_error(tmp_path):
    changes = {
        "a_class": ('class = "grid"', 'class = "grids"'),
        "a_secrecy": ('secrecy = "public"', 'secrecy = "top"'),
        "a_type": ('type = "string"', 'type = "text"'),
        "a_key": ('key = "code"', 'key = "id"'),
        "a_cycle": ("update_cycle_days = 30", "update_cycle_days = -1"),
        "a_title": ('title = { zh = "网格", en = "Grid" }', 'title = { zh = "网格" }'),
        "a_owner": ('owner = "a"', ""),
        "a_typo": ('owner = "a"', 'owner = "a"\nprovidr = "b"'),
        "a_toml": ("schema = 1", "schema ="),
        "a_schema": ("schema = 1", "schema = 2"),
        "a_number": ('updater = "a"', "updater = 5"),
        "A-Name": ("schema = 1", "schema = 1"),
    }
    for name, (old, new) in changes.items():
        (tmp_path / f"{name}.toml").write_text(GOOD.replace(old, new), encoding="utf-8")
    more = (
        GOOD
        + 'aliases = ["名", "名"]\n'
        + '[fields.other]\ntype = "string"\ntitle = { zh = "编码", en = "Other" }\nvalues = { a = "甲", b = ["甲"], c = [] }\n'
        + '[fields.third]\ntype = "date"\ntitle = { zh = "三", en = "Third" }\naliases = "x"\nvalues = 3\ncolour = "red"\n'
    )
    (tmp_path / "a_fields.toml").write_text(more, encoding="utf-8")
    with pytest.raises(SchemaError) as caught:
        load_catalogue(tmp_path)
    assert isinstance(caught.value, DefinitionError)
    lines = str(caught.value).splitlines()
    assert lines[0] == "problems in the definitions (19):"
    assert len(lines) == 20
    for sentence in (
        "a_class.toml: class is 'grids', it must be one of terrain, imagery",
        "a_secrecy.toml: secrecy is 'top', it must be one of public, internal, secret",
        "a_type.toml: fields.code.type is 'text', it must be one of string",
        "a_key.toml: key id is not among its fields",
        "a_cycle.toml: update_cycle_days must not be negative",
        "a_title.toml: title must give both zh and en",
        "a_owner.toml: owner is missing",
        "a_typo.toml: providr is not known here",
        "a_toml.toml: cannot be read as TOML",
        "a_schema.toml: schema must be 1",
        "a_number.toml: updater is 5, it must be str",
        "A-Name.toml: the name must be of small letters",
        "a_fields.toml: fields.code.aliases names 名 twice",
        "a_fields.toml: heading 编码 is claimed by code and other",
        "a_fields.toml: fields.other.values gives 甲 to two values",
        "a_fields.toml: fields.other.values.c must be a label or a list of labels",
        "a_fields.toml: fields.third.aliases must be a list of headings",
        "a_fields.toml: fields.third.values must be a table",
        "a_fields.toml: fields.third.colour is not known here",
    ):
        assert sentence in str(caught.value)
    chinese = caught.value.text("zh")
    assert chinese.startswith("图层定义有问题（19 处）：")
    assert "a_owner.toml：缺少 owner" in chinese


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(SchemaError, match="no layer definitions"):
        load_catalogue(tmp_path)
