"""The algorithms inside QGIS: what reaches the library, what comes back styled, what a stop and a refusal leave."""

import gc
import json
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsExpression,
    QgsExpressionContext,
    QgsFeature,
    QgsGeometry,
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputLayerDefinition,
    QgsProcessingRegistry,
    QgsProcessingUtils,
    QgsProject,
    QgsRectangle,
    QgsSymbolLayer,
    QgsVectorLayer,
)
from qgis.gui import QgsProcessingToolboxProxyModel
from qgis.PyQt.QtCore import QModelIndex
from qgis.PyQt.QtGui import QColor

CHINESE = re.compile("[一-鿿]")


@pytest.fixture(scope="module")
def algorithms(plugin):
    """Return a function that makes all algorithms anew, by their names, in the language of now."""
    return lambda: {one().name(): one().create() for one in plugin("processing.provider").ALGORITHMS}


@pytest.fixture
def project(qgis_app):
    yield QgsProject.instance()
    QgsProject.instance().clear()


@pytest.fixture
def run_here(algorithms, project):
    """Return a function that runs an algorithm in this process: well or not, results, context and what was said."""

    def run_it(name, parameters, feedback=None):
        context, feedback = QgsProcessingContext(), feedback or QgsProcessingFeedback()
        context.setProject(project)
        results, well = algorithms()[name].run(parameters, context, feedback)
        return well, results, context, feedback.textLog()

    return run_it


def shown(uri, name, project):
    layer = QgsVectorLayer(uri, name, "ogr" if "|" in uri else "memory")
    assert layer.isValid()
    project.addMapLayer(layer)
    return layer


# --- what the toolbox shows


def test_every_verb_is_an_algorithm(algorithms):
    code = (
        "from onemap.cli import app; import json; "
        "verbs = [c.name or c.callback.__name__ for c in app.registered_commands]; "
        "codes = [c.name or c.callback.__name__ for g in app.registered_groups for c in g.typer_instance.registered_commands]; "
        "print(json.dumps([verbs, codes]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    verbs, codes = json.loads(done.stdout)
    wanted = (set(verbs) - {"worker"}) | ({f"codes {name}" for name in codes} - {"codes profiles"})
    assert {one.verb for one in algorithms().values() if hasattr(one, "verb")} == wanted


@pytest.fixture(scope="module")
def options_of():
    """Return the options of each verb on the command line."""
    code = (
        "from onemap.cli import app; import json, typer; "
        "walk = lambda c, name: {k: v for n, s in c.commands.items() for k, v in walk(s, f'{name} {n}'.strip()).items()} "
        "if hasattr(c, 'commands') else {name: [o for p in c.params for o in p.opts if o.startswith('--')]}; "
        "print(json.dumps(walk(typer.main.get_command(app), '')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {verb: set(options) for verb, options in json.loads(done.stdout).items()}


def test_every_verb_that_knows_a_day_asks_for_one(algorithms, options_of):
    asking = {one.verb for one in algorithms().values() if one.parameterDefinition("AS_OF") is not None}
    assert asking == {verb for verb, options in options_of.items() if "--as-of" in options}


# Said for every verb, or told by the layer itself; a figure says whether there are findings.
SAID_ANYWAY = {"--json", "--lang", "--progress", "--out", "--fail-on-findings", "--crs", "--encoding"}
NOT_ASKED = {
    "sample": {"--force"},  # QGIS chooses a folder; what stands there is not written over
    "edit": {"--places"},  # the dock divides by houses
    "reassign": {"--name"},  # found by its title
    "atlas": {"--now"},
    "who": {"--precedence", "--timezone"},  # the map's own
    "repair": {"--undo"},  # an algorithm of its own
}


def test_every_option_of_a_verb_can_be_given(algorithms, options_of):
    asked = {}
    for one in algorithms().values():
        if hasattr(one, "verb"):
            words = {word for item in (*one.inputs(), *one.outputs()) for word in vars(item).values()}
            spots = {"--x", "--y"} if any(type(item).__name__ == "Spot" for item in one.inputs()) else set()
            asked.setdefault(one.verb, set()).update(spots, (w for w in words if str(w).startswith("--")))
    lacking = {verb: options_of[verb] - SAID_ANYWAY - NOT_ASKED.get(verb, set()) - asked[verb] for verb in asked}
    assert {verb: options for verb, options in lacking.items() if options} == {}


@pytest.mark.parametrize("language", ["english", "chinese"])
def test_each_tells_what_it_does_and_helps_with_every_parameter(algorithms, language, request):
    request.getfixturevalue(language)
    is_chinese = language == "chinese"
    for name, one in algorithms().items():
        told = [one.displayName(), one.shortHelpString(), one.group()]
        for parameter in one.parameterDefinitions():
            assert parameter.help(), f"{name}: {parameter.name()} has no help"
            told += [parameter.description(), parameter.help()]
        assert all(told), name
        brief = one.shortDescription()
        assert brief.endswith("。" if is_chinese else "."), f"{name}: {brief}"
        assert one.shortHelpString().startswith(brief)
        if is_chinese:
            assert [text for text in told if not CHINESE.search(text) and not text.isascii()] == []
            assert CHINESE.search(one.displayName() + one.shortHelpString()), name
        else:
            assert not CHINESE.search(one.displayName()), name


def test_groups_stand_in_the_order_of_the_work(algorithms, english):
    groups = sorted({one.group() for one in algorithms().values()})
    assert groups == [
        "1 Base map", "2 Grids", "3 Responsibility", "4 Cases", "5 Report", "6 Codes and coordinates",
    ]  # fmt: skip


@pytest.mark.parametrize("language", ["english", "chinese"])
def test_tools_stand_in_the_order_of_the_work(plugin, language, request):
    """QGIS's own toolbox is asked: it sorts by the titles."""
    request.getfixturevalue(language)
    registry = QgsProcessingRegistry()
    assert registry.addProvider(plugin("processing.provider").OnemapProvider())
    toolbox = QgsProcessingToolboxProxyModel(None, registry)
    shown = []

    def walk(parent):
        for row in range(toolbox.rowCount(parent)):
            index = toolbox.index(row, 0, parent)
            found = toolbox.toolboxModel().algorithmForIndex(toolbox.mapToSource(index))
            if found is not None:
                shown.append((found.group(), found.name()))
            walk(index)

    walk(QModelIndex())
    assert [name for _, name in shown] == [one().name() for one in plugin("processing.provider").ALGORITHMS]
    assert [group[0] for group, _ in shown] == sorted(group[0] for group, _ in shown)


def test_groups_of_a_balance_are_told_apart(plugin, qgis_app):
    """A row of areas whose codes say nothing of where they lie: tint, border and name."""
    layer = QgsVectorLayer("Polygon?crs=EPSG:4548&field=group:string&field=load:double", "groups", "memory")
    made = []
    for number in range(9):
        feature = QgsFeature(layer.fields())
        feature.setAttributes([f"G{number}", 300.4])
        feature.setGeometry(QgsGeometry.fromRect(QgsRectangle(number * 100, 0, number * 100 + 100, 100)))
        made.append(feature)
    layer.dataProvider().addFeatures(made)
    output = next(item for item in plugin("processing.grids.balance").BalanceAlgorithm().outputs() if item.groups)
    plugin("project.tints").show_as_groups(layer, label=output.groups)
    fill = layer.renderer().symbol().symbolLayer(0)
    context = QgsExpressionContext()
    colours, names = [], []
    for feature in layer.getFeatures():
        context.setFeature(feature)
        told = fill.dataDefinedProperties().property(QgsSymbolLayer.Property.PropertyFillColor)
        colours.append(told.valueAsColor(context, QColor("black"))[0].name())
        names.append(QgsExpression(layer.labeling().settings().fieldName).evaluate(context))
    assert all(one != other for one, other in pairwise(colours))
    assert names[0] == "G0\n300"
    assert fill.strokeWidth() >= 0.7


def test_each_has_an_icon_and_no_name_stands_for_two_things(algorithms, english):
    for name, one in algorithms().items():
        assert Path(one.svgIconPath()).is_file(), name
        asked = {parameter.name() for parameter in one.parameterDefinitions()}
        given = {parameter.name() for parameter in one.destinationParameterDefinitions()}
        figures = [output.name() for output in one.outputDefinitions() if output.name() not in given]
        assert not asked.intersection(figures), name
        assert len(figures) == len(set(figures)), name


# --- what reaches the library


def test_a_filtered_layer_is_read_as_filtered(run_here, library, one_map, project, english):
    cells = shown(f"{one_map}|layername=grid_cell", "cells", project)
    cells.setSubsetString("fid <= 3")
    well, _, _, said = run_here("check", {"CELLS": cells.id(), "OUTPUT": QgsProcessing.TEMPORARY_OUTPUT})
    assert well, said
    assert "3 cells" in said


def test_selected_features_only(run_here, library, one_map, project, english):
    from qgis.core import QgsProcessingFeatureSourceDefinition

    cells = shown(f"{one_map}|layername=grid_cell", "cells", project)
    cells.selectByExpression("fid <= 4")
    source = QgsProcessingFeatureSourceDefinition(cells.id(), selectedFeaturesOnly=True)
    well, _, _, said = run_here("check", {"CELLS": source, "OUTPUT": QgsProcessing.TEMPORARY_OUTPUT})
    assert well, said
    assert "4 cells" in said


def test_a_layer_in_memory_with_unsaved_edits(run_here, library, project, english):
    layer = shown("Polygon?crs=EPSG:4548&field=cell_code:string", "drawn", project)
    add_square(layer, "01", 0)
    layer.startEditing()
    add_square(layer, "02", 100)
    well, results, _, said = run_here("check", {"CELLS": layer.id(), "OUTPUT": QgsProcessing.TEMPORARY_OUTPUT})
    assert well, said
    assert results["OK"] is True
    assert "2 cells" in said


def test_unsaved_edits_of_a_file_and_a_system_set_in_qgis_reach_the_library(
    plugin, run_here, library, one_map, project, english, tmp_path
):
    copied = tmp_path / "cells.gpkg"
    copied.write_bytes(Path(one_map).read_bytes())
    cells = shown(f"{copied}|layername=grid_community", "cells", project)
    more = plugin("processing.layers").is_more_than_its_file
    assert not more(cells)
    cells.startEditing()
    assert cells.deleteFeature(next(cells.getFeatures()).id())
    assert more(cells)
    well, _, _, said = run_here("check", {"CELLS": cells.id(), "OUTPUT": QgsProcessing.TEMPORARY_OUTPUT})
    assert well, said
    assert "11 cells" in said
    cells.rollBack()
    assert not more(cells)
    cells.setCrs(QgsCoordinateReferenceSystem("EPSG:4547"))
    assert more(cells)


def add_square(layer, code, east):
    from qgis.core import QgsFeature, QgsGeometry, QgsRectangle

    made = QgsFeature(layer.fields())
    made.setAttributes([code])
    made.setGeometry(QgsGeometry.fromRect(QgsRectangle(500000 + east, 4400000, 500100 + east, 4400100)))
    assert layer.addFeature(made) if layer.isEditable() else layer.dataProvider().addFeature(made)


# --- what comes back


def test_results_are_loaded_with_their_styles(run_here, library, one_map, project, english):
    wanted = {
        name: QgsProcessingOutputLayerDefinition(QgsProcessing.TEMPORARY_OUTPUT, project)
        for name in ("OUTPUT", "NEAR_BORDER_CASES")
    }
    parameters = {
        "CASES": f"{one_map}|layername=case",
        "CELLS": f"{one_map}|layername=grid_community",
        "CODE": "community_code",
        **wanted,
    }
    well, results, context, said = run_here("assign", parameters)
    assert well, said
    loaded = context.layersToLoadOnCompletion()
    assert set(loaded) == {results["OUTPUT"], results["NEAR_BORDER_CASES"]}
    for source, details in loaded.items():
        assert details.postProcessor() is None, "owned by QGIS and by Python, it outlives one of them"
        layer = QgsProcessingUtils.mapLayerFromString(source, context)
        assert layer.customProperty("onemap/layer_id") is None, "the console would take it for a layer of the map"
        assert not layer.hasScaleBasedVisibility()
        assert layer.fields().lookupField("fid") == -1
    cases = QgsProcessingUtils.mapLayerFromString(results["OUTPUT"], context)
    assert cases.renderer().type() == "pointCluster"
    hidden = [one.label() for one in cases.renderer().embeddedRenderer().categories() if not one.renderState()]
    assert hidden == []
    assert cases.featureCount() == results["ROWS"]


def test_every_result_on_the_map_has_a_look(algorithms, plugin):
    """None is left with the one colour that QGIS makes up: a style, tints, marks of its classes, or that of its input."""
    outputs = plugin("processing.outputs")
    tables = [
        (name, one)
        for name, algorithm in algorithms().items()
        for one in getattr(algorithm, "outputs", tuple)()
        if isinstance(one, outputs.Table) and (one.like or one.shape != outputs.NONE)
    ]
    assert len(tables) > 20
    assert [(name, one.name) for name, one in tables if not (one.style or one.groups or one.like or one.by)] == []


@pytest.mark.parametrize(
    ("name", "inputs", "column"),
    [
        ("who_points", {"ONEMAP": "{map}", "POINTS": "{map}|layername=near_border", "MATTER": "0501"}, "state"),
        (
            "derive",
            {"COMMUNITIES": "{map}|layername=grid_community", "BARRIERS": ["{map}|layername=emap_waterline"]},
            "rule",
        ),
    ],
)
def test_classes_of_a_result_differ_in_form_and_colour(
    run_here, library, one_map, project, english, name, inputs, column
):
    there = QgsProcessingOutputLayerDefinition(QgsProcessing.TEMPORARY_OUTPUT, project)
    asked = {key: _at(value, one_map) for key, value in inputs.items()}
    extra = ("NOT_HONOURED", "NOT_HONOURED_LINES") if name == "derive" else ()
    well, results, context, said = run_here(name, {**asked, "OUTPUT": there, **dict.fromkeys(extra, there)})
    assert well, said
    looked_at = 0
    for output in extra or ("OUTPUT",):
        layer = QgsProcessingUtils.mapLayerFromString(results[output], context)
        if layer.featureCount() == 0:
            continue  # not loaded, so nothing is shown
        assert layer.renderer().classAttribute() == column
        classes = layer.renderer().categories()  # kept: their symbols go with them
        forms = [one.symbol().symbolLayer(0).properties() for one in classes]
        shapes = {
            str(sorted((key, form[key]) for key in ("name", "style", "line_style") if key in form)) for form in forms
        }
        assert len(shapes) >= min(4, len(forms))
        values = {str(row[column]) for row in layer.getFeatures()}
        assert values <= {str(one.value()) for one in classes}
        looked_at += 1
    assert looked_at


def _at(value, one_map):
    return [_at(one, one_map) for one in value] if isinstance(value, list) else value.format(map=one_map)


def test_what_is_made_of_a_layer_looks_like_it(run_here, library, one_map, project, english):
    there = QgsProcessingOutputLayerDefinition(QgsProcessing.TEMPORARY_OUTPUT, project)
    given = shown(f"{one_map}|layername=emap_road", "roads", project)
    well, results, context, said = run_here("convert", {"FEATURES": given.id(), "SHIFT": 1, "OUTPUT": there})
    assert well, said
    made = QgsProcessingUtils.mapLayerFromString(results["OUTPUT"], context)
    assert made.renderer().type() == given.renderer().type() != "singleSymbol"
    assert made.renderer().dump() == given.renderer().dump()
    assert made.labelsEnabled() == given.labelsEnabled()
    assert not made.crs().isValid()  # GCJ-02 has no code; "Undefined SRS" would be a red bar over the map


def test_a_tool_runs_again_once_what_it_gave_was_shown(run_here, library, one_map, project, english):
    wanted = QgsProcessingOutputLayerDefinition(QgsProcessing.TEMPORARY_OUTPUT, project)
    parameters = {"CELLS": f"{one_map}|layername=grid_cell", "OUTPUT": wanted}
    for _ in range(2):
        well, results, context, said = run_here("check", parameters)
        assert well, said
        layer = QgsProcessingUtils.mapLayerFromString(results["OUTPUT"], context)
        assert layer.renderer().type() == "categorizedSymbol"
        del layer, context
        gc.collect()


def test_a_result_written_to_a_file_is_loaded_with_its_style(run_here, library, one_map, project, tmp_path, english):
    wanted = QgsProcessingOutputLayerDefinition(str(tmp_path / "found 100%.gpkg"), project)
    well, _, context, said = run_here("check", {"CELLS": f"{one_map}|layername=grid_cell", "OUTPUT": wanted})
    assert well, said
    ((source, details),) = context.layersToLoadOnCompletion().items()
    layer = QgsProcessingUtils.mapLayerFromString(source, context)
    details.setOutputLayerName(layer)
    shown_as = context.temporaryLayerStore().takeMapLayer(layer)
    assert shown_as.renderer().type() == "categorizedSymbol"
    assert shown_as.name() == "Defects"
    assert shown_as.customProperty("onemap/layer_id") is None
    again = context.temporaryLayerStore().mapLayers().values()
    assert source not in [one.source() for one in again], "loaded a second time"


def test_an_empty_extra_layer_is_not_loaded(run_here, library, project, english):
    layer = shown("Polygon?crs=EPSG:4548&field=cell_code:string", "drawn", project)
    add_square(layer, "01", 0)
    add_square(layer, "02", 100)
    output = QgsProcessingOutputLayerDefinition(QgsProcessing.TEMPORARY_OUTPUT, project)
    well, results, context, said = run_here("check", {"CELLS": layer.id(), "OUTPUT": output, "EDGES": output})
    assert well, said
    assert list(context.layersToLoadOnCompletion()) == [results["OUTPUT"]]


def test_chinese_qgis_gets_chinese_sentences(run_here, library, one_map, chinese):
    well, results, _, said = run_here("codes_explain", {"CODE": "11012000100101"})
    assert well, said
    assert "北京市" in results["EXPLANATION"]


# --- what a stop and a refusal leave


def test_a_stop_ends_the_library_and_leaves_no_half_file(run_here, library, built, tmp_path, english):
    feedback = QgsProcessingFeedback()
    feedback.progressChanged.connect(lambda share: feedback.cancel() if share > 5 else None)
    old = tmp_path / "onemap.gpkg"
    old.write_bytes(b"the old map")
    _, results, _, said = run_here(
        "run", {"MANIFEST": str(built / "city" / "onemap.toml"), "OUTPUT": str(tmp_path)}, feedback
    )
    assert results == {}
    assert "untouched" in said
    assert [path.name for path in tmp_path.iterdir()] == ["onemap.gpkg"]
    assert old.read_bytes() == b"the old map"


def test_a_refusal_is_the_library_s_sentence_and_makes_no_layer(run_here, library, one_map, tmp_path, english):
    target = tmp_path / "numbered.gpkg"
    parameters = {
        "CELLS": f"{one_map}|layername=grid_cell",
        "COMMUNITY": "name",
        "OUTPUT": str(target),
    }
    well, _, _, said = run_here("number", parameters)
    assert not well
    assert "Traceback" not in said
    assert not target.exists()


# --- what a person writes, and what the dialog suggests


def test_choices_accept_the_words_of_the_command_line(algorithms, plugin, one_map, english):
    choice = plugin("processing.inputs").Choice
    context = QgsProcessingContext()
    for name, algorithm in algorithms().items():
        if name == "project":
            continue
        for one in algorithm.inputs():
            if not isinstance(one, choice):
                continue
            for place, word in enumerate(one.words):
                if word:
                    wanted = [place] if one.several else place
                    assert one.understood(word.lower()) == one.understood(wanted) == wanted
                    assert word in algorithm.parameterDefinition(one.name).help()
            assert one.understood("nonsense") == "nonsense"
    explain = algorithms()["codes_explain"]
    asked = {"CODE": "11010800100101"}
    assert explain.checkParameterValues(asked | {"PROFILE": "GBT30428"}, context)[0]
    assert explain.checkParameterValues(asked | {"PROFILE": 0}, context)[0]
    assert not explain.checkParameterValues(asked | {"PROFILE": "nonsense"}, context)[0]
    atlas = next(one for one in algorithms()["atlas"].inputs() if one.name == "FORMATS")
    assert atlas.understood("png,pdf") == atlas.understood(["png", "PDF"]) == [1, 0]
    make = algorithms()["project"]
    assert make.checkParameterValues({"ONEMAP": str(one_map), "LANGUAGE": "zh"}, context)[0]
    assert not make.checkParameterValues({"ONEMAP": str(one_map), "LANGUAGE": "fr"}, context)[0]


def test_a_profile_is_named_by_its_word(run_here, algorithms, library, english):
    words = next(one for one in algorithms()["codes_explain"].inputs() if one.name == "PROFILE").words
    _, by_word, _, said = run_here("codes_explain", {"PROFILE": "gbt30428", "CODE": "110120001002001"})
    _, by_place, _, _ = run_here("codes_explain", {"PROFILE": words.index("GBT30428"), "CODE": "110120001002001"})
    assert by_word["EXPLANATION"] == by_place["EXPLANATION"] != "", said


def test_dialogs_suggest_the_open_map_and_nothing_else_does(algorithms, plugin, one_map, project, monkeypatch, english):
    opened = plugin("project.one_map_file").open_one_map(one_map)
    plugin("project.hall").open_hall(project, opened, language="en")

    def suggested(name):
        algorithm = algorithms()[name]
        told = {item.name(): item.guiDefaultValueOverride() for item in algorithm.parameterDefinitions()}
        return {item: value for item, value in told.items() if value is not None}

    monkeypatch.setattr("qgis.utils.iface", None)
    assert suggested("repair") == suggested("who") == {}  # no desktop, as in qgis_process and in scripts
    monkeypatch.setattr("qgis.utils.iface", object())
    cells = plugin("project.fill").layer_in(project, opened.levels[-1])
    assert suggested("repair") == {"CELLS": cells.id(), "CODE": "cell_code"}
    known = next(one for one in algorithms()["codes_check"].inputs() if one.name == "PROFILE").words
    own = {"PROFILE": known.index(opened.facts["code_profile"])}
    assert suggested("codes_check") == {"LAYER": cells.id(), "COLUMN": "cell_code", **own}
    assert suggested("codes_explain") == own
    assert suggested("codes_convert") == {"PROFILE": known.index("CJT213-2005"), "TARGET": own["PROFILE"]}
    assert Path(suggested("project")["OUTPUT"]) == opened.path.with_suffix(".qgz")
    assert suggested("versions") == {"OLD": cells.id(), "NEW": cells.id(), "CODE": "cell_code"}
    assert suggested("derive")["CODE"] == "community_code"
    assert suggested("number") == {"CELLS": cells.id(), "COMMUNITY": "parent_code", **own}
    assert Path(suggested("who")["ONEMAP"]) == Path(suggested("project")["ONEMAP"]) == opened.path
    who, repair = algorithms()["who"], algorithms()["repair"]
    offered = who.parameterDefinition("MATTER").metadata()["widget_wrapper"]["value_hints"]
    assert (
        offered == [f"{code} {name}".strip() for code, name in plugin("console.who.matters").matters_of(opened)] != []
    )
    assert repair.parameterDefinition("CELLS").defaultValue() is None
    project.clear()
    assert suggested("repair") == suggested("who") == {}


def test_a_matter_chosen_with_its_name_is_said_by_its_code(plugin, algorithms):
    call = plugin("processing.call").Call(
        algorithms()["who"], {"MATTER": "0501 暴露垃圾"}, QgsProcessingContext(), QgsProcessingFeedback()
    )
    next(one for one in algorithms()["who"].inputs() if one.name == "MATTER").say(call)
    assert call.options == ["--matter=0501"]


def test_the_log_names_no_option_of_the_command_line_and_no_temporary_file(plugin):
    plain = plugin("processing.sayings").for_the_log
    file = "/tmp/processing_x/derive.gpkg"
    said = [
        f"the cells have no codes yet; next: onemap number {file} --profile GBT30428 --out b.gpkg (or another profile)",
        f"网格尚无编码；下一步：onemap number {file} --profile GBT30428 --out b.gpkg（其他方案：onemap codes profiles）",
        "no allowed gaps were given: every gap counts (--allowed FILE)",
        "未给出允许的空隙：每处空隙都计为问题（--allowed 文件）",
        "--max-width-m says how wide a place may be, --max-change how much a cell may change",
        "  ... and 3 more: --out FILE lists them all",
        "  ……另有 3 处：用 --out 文件 可全部列出",
        f"written: {file}",
        "7 cells; 2 of them exclusive",
        "a well-known cell (its own)",
    ]
    assert plain(said, file) == [
        "the cells have no codes yet",
        "网格尚无编码",
        "no allowed gaps were given: every gap counts",
        "未给出允许的空隙：每处空隙都计为问题",
        "  ... and 3 more",
        "  ……另有 3 处",
        "7 cells; 2 of them exclusive",
        "a well-known cell (its own)",
    ]
    assert plain(["written: out.gpkg"], "") == ["written: out.gpkg"]
