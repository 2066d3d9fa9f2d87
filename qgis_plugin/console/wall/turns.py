"""Which of the project's map themes the wall shows, and in which order: what leaders ask for comes first."""

from collections.abc import Collection, Iterable

from qgis.core import QgsMapLayer, QgsProject, QgsVectorLayer

from ...project.layers import GROUP_ID, LAYER_ID
from ...project.paper import GROUP as PRINTED
from ...project.paper import PAPER_ID

# What a theme is about is told by the first of these subjects of which it shows a layer.
_SUBJECTS = {
    "cases": ("case", "live_case"),
    "gaps": ("defect", "object_gap", "coverage_gap"),
    "night": ("duty_gap",),
    "underground": ("underground_pipe", "underground_space"),
    "responsibility": ("duty_grid", "duty_conflict"),
}
_ORDER = ("cases", "gaps", "responsibility", "grids", "base", "night", "underground")
_DUTY = ("duty_gap", "duty_grid", "duty_conflict")  # night duty is seen in any of them


def turns(project: QgsProject, levels: Collection[str], scale: float) -> list[str]:
    """Return the names of the themes for screens in the order in which they are shown.

    Left out are themes of which nothing that they are about is seen at this scale, unless none would remain, and the
    theme of an agency that a more general theme shows already.

    Parameters
    ----------
    levels
        Grid levels of the map, coarse to fine.
    scale
        Denominator of the scale at which the wall shows the district.
    """
    known, printed = project.mapThemeCollection(), _printed(project)
    names = known.mapThemes()
    twice = {title for name in names if (title := title_of(project, name)) != name}
    found, seen = [], []
    for name in names:
        layers = known.mapThemeVisibleLayers(name)
        if name in twice or printed & {layer.id() for layer in layers}:
            continue
        subject, about = _subject(layers, [*levels][1:])
        found.append((_ORDER.index(subject), name))
        if any(_is_seen(layer, scale) for layer in about):
            seen.append(found[-1])
    return [name for _, name in sorted(seen or found)]


def title_of(project: QgsProject, name: str) -> str:
    """Return what the wall calls a theme: its name, and whose grids it shows where they are one agency's."""
    shown = project.mapThemeCollection().mapThemeVisibleLayers(name)
    agencies = [layer.name() for layer in shown if layer.customProperty(PAPER_ID) == "agency"]
    return " · ".join([name, *(agency for agency in agencies if agency not in name)])


def _printed(project: QgsProject) -> set[str]:
    """Return the ids of the layers that are drawn on paper only."""
    groups = (group for group in project.layerTreeRoot().findGroups(True) if group.customProperty(GROUP_ID) == PRINTED)
    return {node.layerId() for group in groups for node in group.findLayers()}


def _subject(layers: Iterable[QgsMapLayer], inner: Collection[str]) -> tuple[str, list[QgsMapLayer]]:
    """Return what a theme is about, and its layers of that."""
    shown: dict[str, list[QgsMapLayer]] = {}
    for layer in layers:
        own = "duty_grid" if layer.customProperty(PAPER_ID) == "agency" else str(layer.customProperty(LAYER_ID))
        shown.setdefault(own, []).append(layer)
    for subject, ids in _SUBJECTS.items():
        if any(layer_id in shown for layer_id in ids):
            wanted = _DUTY if subject == "night" else ids
            return subject, [layer for layer_id in wanted for layer in shown.get(layer_id, [])]
    grids = [layer for level in inner for layer in shown.get(level, [])]
    return ("grids", grids) if grids else ("base", [layer for found in shown.values() for layer in found])


def _is_seen(layer: QgsMapLayer, scale: float) -> bool:
    return layer.isInScaleRange(scale) and not (isinstance(layer, QgsVectorLayer) and layer.featureCount() == 0)
