"""The hall's project: all that a command centre wants from a one map, ready in a QGIS project that needs no plugin."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator

from qgis.core import QgsExpressionContextUtils, QgsMapLayer, QgsProject, QgsRectangle, QgsVectorLayer

from ..onemap.domain.system_names import system_title
from ..translation import speaker
from .borders import DASHED_LEVELS, dash_borders
from .fill import Filled, fill_project, layer_in
from .layers import DRAFT, LAYER_ID
from .moments import DAY_ENDS, end_of_day, follow_time
from .night import NIGHT, add_night_styles
from .older_styles import mend_styles
from .one_map_file import OneMapFile, reading
from .paper import add_agencies, add_paper_layers
from .roster import name_holders, named
from .scene import add_scenes, know_solids
from .sheets import add_sheets
from .themes import add_themes

BLANK = ("onemap_classification", "onemap_approval", "onemap_watermark")  # for the office to fill in; empty: not shown


def make_hall(project: QgsProject, one_map: OneMapFile, *, language: str) -> Filled:
    """Fill an empty project with a one map: layers, themes, time, 3D views and print layouts.

    Parameters
    ----------
    project
        An empty project.
    one_map
        The map, as read by `open_one_map`.
    language
        ``"zh"`` or ``"en"``: of titles, themes and sheets.
    """
    done = open_hall(project, one_map, language=language)
    furnish_hall(project, one_map, language=language)
    return done


def open_hall(project: QgsProject, one_map: OneMapFile, *, language: str) -> Filled:
    """Make what the first picture needs: the layers; nobody waits for the rest to see the map."""
    know_solids()
    return fill_project(project, one_map, language=language)


def furnish_hall(project: QgsProject, one_map: OneMapFile, *, language: str) -> None:
    """Make all the rest of what `make_hall` makes, in a project that `open_hall` has filled."""
    for _ in furnishing(project, one_map, language=language):
        pass


def furnishing(project: QgsProject, one_map: OneMapFile, *, language: str) -> Iterator[None]:
    """Do the work of `furnish_hall` piece by piece: between two of them a window can answer its user."""
    tr = speaker(language)
    _state_facts(project, one_map, tr, language=language)
    whole, people = _vector(project, "duty_grid"), named(one_map)
    name_holders(whole, people)
    yield from dash_all(project)
    agencies = yield from add_agencies(project, tr, _agencies(one_map))
    paper = yield from add_paper_layers(project, one_map, tr, people=people, language=language)
    on_duty = named(one_map, at=NIGHT)
    is_told = one_map.layer("holder") is not None or any(on_duty.values())
    night = add_night_styles(whole, agencies, tr, people=on_duty) if is_told else ""
    yield
    add_themes(project, one_map, tr, agencies=agencies, night=night)
    yield
    follow_time(project, _vector(project, "case"), _vector(project, "duty_gap"))
    yield
    area = _area(project, one_map)
    add_scenes(project, tr, area)
    yield
    yield from add_sheets(project, one_map, tr, paper=paper, people=people, area=area, language=language)


def dash_all(project: QgsProject) -> Iterator[None]:
    """Dash the borders of streets and communities, piece by piece as in `furnishing`; again where they have changed."""
    for layer, level in list(bordered(project.mapLayers().values())):
        yield from dash_borders(layer, level)


def mend_kept(project: QgsProject) -> None:
    """Take away what a project kept of edited grids, and the style of older plugins that can end QGIS.

    `dash_all` makes the dashes anew.
    """
    project.removeMapLayers([key for key, layer in project.mapLayers().items() if layer.customProperty(DRAFT)])
    for layer, level in list(bordered(project.mapLayers().values())):
        mend_styles(layer, level)


def bordered(layers: Iterable[QgsMapLayer]) -> Iterator[tuple[QgsVectorLayer, str]]:
    """Yield the layers of streets and communities with their ids, copies that somebody made among them."""
    for layer in layers:
        level = layer.customProperty(LAYER_ID)
        if level in DASHED_LEVELS and isinstance(layer, QgsVectorLayer) and layer.isValid():
            yield layer, level


def _vector(project: QgsProject, layer_id: str) -> QgsVectorLayer | None:
    found = layer_in(project, layer_id)
    return found if isinstance(found, QgsVectorLayer) else None


def _area(project: QgsProject, one_map: OneMapFile) -> QgsRectangle:
    """Return what the coarsest level covers, in the project's coordinate system."""
    for level in one_map.levels:
        found = _vector(project, level)
        if found is not None and not found.extent().isEmpty():
            return QgsRectangle(found.extent())
    return QgsRectangle()


def _state_facts(project: QgsProject, one_map: OneMapFile, tr: Callable[..., str], *, language: str) -> None:
    """Keep what sheets print in the project's variables, where an office can change it."""
    system = project.crs()
    facts = one_map.facts
    cells = one_map.layer(one_map.levels[-1]) if one_map.levels else None
    known = {
        "onemap_as_of": facts.get("as_of") or facts.get("built_at", "")[:10],
        DAY_ENDS: end_of_day(facts),
        "onemap_version": one_map.version,
        "onemap_source": one_map.path.name,
        "onemap_system_code": system.authid(),
        "onemap_system": system_title(system.description(), system.authid(), language=language),
        "onemap_maker": (cells.owner if cells else "") or tr("not stated"),
    }
    for name, value in {**known, **dict.fromkeys(BLANK, "")}.items():
        QgsExpressionContextUtils.setProjectVariable(project, name, value)


def _agencies(one_map: OneMapFile) -> list[str]:
    """Return the agencies that have duty grids, in the order of their names."""
    if one_map.layer("duty_grid") is None:
        return []
    try:
        with reading(one_map.path) as connection:
            rows = connection.execute("SELECT DISTINCT agency FROM duty_grid WHERE agency <> '' ORDER BY agency")
            return [str(row[0]) for row in rows]
    except sqlite3.Error:
        return []  # an older map without agencies: all duty grids stay one layer
