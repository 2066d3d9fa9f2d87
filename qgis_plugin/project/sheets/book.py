"""The sheets of a one map: which there are, and what is drawn on each."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from qgis.core import QgsFeatureRequest, QgsMapLayer, QgsPrintLayout, QgsProject, QgsRectangle, QgsVectorLayer

from ..layers import LAYER_ID, spec_of
from ..letters import text
from ..one_map_file import OneMapFile
from ..paper import border, road, street_level
from ..themes import add_theme
from .fitting import Fit, halves_of, widths_for
from .furniture import MARGIN, Box, LegendLine, Sheet, follows_feature
from .people import NAME_AND_PHONE, Levels, above, duties, duty_holder, holder, own, vacant

SCALES = [
    500, 750, 1_000, 1_250, 1_500, 2_000, 2_500, 3_000, 4_000, 5_000, 6_000, 7_500, 8_000, 10_000, 12_500, 15_000,
    17_500, 20_000, 25_000, 30_000, 40_000, 50_000, 60_000, 75_000, 100_000, 150_000, 200_000, 300_000, 500_000,
]  # fmt: skip
PAPER_GROUND = ("emap_road", "emap_water", "emap_waterline", "emap_green")
DRAWN = Box(10, 34, 325, 252)  # the map of a sheet that lies
SIDE = Box(340, 34, 70, 252)  # what stands beside it


@dataclass(frozen=True)
class Stock:
    """What sheets are made of: the project with its layers, and the words."""

    project: QgsProject
    one_map: OneMapFile
    tr: Callable[..., str]
    paper: dict[str, QgsVectorLayer]
    area: QgsRectangle
    language: str
    people: dict[str, str] = field(default_factory=dict)  # who holds each duty grid, by its code

    def title(self, level: str) -> str:
        """Return what the district calls a level."""
        row = self.one_map.layer(level)
        return self.one_map.title_of(row, self.language) if row is not None else level

    def layer(self, layer_id: str) -> QgsMapLayer | None:
        """Return the layer with this id of the one map."""
        return next(
            (layer for layer in self.project.mapLayers().values() if layer.customProperty(LAYER_ID) == layer_id), None
        )

    @property
    def nobody(self) -> str:
        """What stands where nobody is named: a vacancy, or a dash on a map without a roster."""
        tr = self.tr
        return tr("vacant") if self.layer("holder") is not None else "–"

    @property
    def levels(self) -> Levels:
        """Grid levels with their layers, coarse to fine."""
        found = [(level, self.layer(level)) for level in self.one_map.levels]
        return [(level, layer) for level, layer in found if isinstance(layer, QgsVectorLayer)]

    def legend(self, *layer_ids: str) -> list[LegendLine]:
        """Return the lines of a legend: borders of the levels, then the ground; houses as paper draws them."""
        levels = [
            LegendLine(layer, self.title(level), border(level)) for level, layer in self.levels if level in layer_ids
        ]
        ground = [
            LegendLine(layer, layer.name(), road() if layer_id == "emap_road" else None)
            for layer_id, layer in ((layer_id, self.layer(layer_id)) for layer_id in PAPER_GROUND)
            if layer is not None
        ]
        houses = self.paper.get("houses")
        return levels + ground + ([LegendLine(houses, houses.name())] if houses is not None else [])

    def most(self, layer: QgsVectorLayer, field: str) -> int:
        """Return how many rows of a layer share one value of a field at most."""
        place = layer.fields().lookupField(field)
        request = QgsFeatureRequest().setFlags(QgsFeatureRequest.Flag.NoGeometry).setSubsetOfAttributes([place])
        counted = Counter(feature.attribute(place) for feature in layer.getFeatures(request))
        return max(counted.values(), default=0)

    def theme(self, name: str, wanted: tuple[str, ...], *keys: str) -> str:
        """Add the theme of a sheet and return its name."""
        others = [self.paper[key].id() for key in keys if key in self.paper]
        add_theme(self.project, name, (*wanted, *PAPER_GROUND), others=others)
        return name


def add_sheets(
    project: QgsProject,
    one_map: OneMapFile,
    tr: Callable[..., str],
    *,
    paper: dict[str, QgsVectorLayer],
    people: dict[str, str],
    area: QgsRectangle,
    language: str,
) -> Iterator[None]:
    """Add all layouts that the map has data for to the project, one after the other."""
    stock = Stock(project, one_map, tr, paper, area, language, people)
    if not stock.levels:
        return
    settings = project.viewSettings()
    settings.setMapScales([float(scale) for scale in SCALES])
    settings.setUseProjectScales(True)
    streets = [_streets] if "veil" in paper and len(stock.levels) > 1 else []
    duty = [_agencies, _duty_posters] if "duty" in paper else []
    for draw in (_district, *streets, *duty, _cell_posters):
        project.layoutManager().addLayout(draw(stock))
        yield


def _sheet(
    stock: Stock, name: str, title: str, theme: str, legend: list[LegendLine], *, under: str = "", inset: bool = False
) -> Sheet:
    """Furnish an A3 sheet that lies: title, map, and beside it inset, legend, scale, north, seal and facts."""
    sheet = Sheet(stock.project, name, stock.tr)
    sheet.label(title, Box(10, 9, 290, 14), text(24, bold=True), down="middle", name="title")
    sheet.label(under, Box(10, 23, 290, 8), text(10, ink="ink_quiet"), down="middle", name="subtitle")
    drawn = sheet.map(DRAWN, theme, "map")
    top = SIDE.y
    if inset:
        small = sheet.map(Box(SIDE.x, SIDE.y, SIDE.width, 46), _inset_theme(stock), "inset")
        small.zoomToExtent(stock.area.buffered(0.05 * max(stock.area.width(), stock.area.height())))
        top += 51
    drawn.zoomToExtent(stock.area)
    drawn.setScale(round_up(drawn.scale()))
    sheet.legend(Box(SIDE.x, top, SIDE.width, 60), drawn, legend)
    sheet.scale(Box(SIDE.x, 196, 52, 18), drawn)
    sheet.north(Box(SIDE.x + 57, 192, 13, 21))
    sheet.seal(Box(SIDE.x, 218, SIDE.width, 26))
    sheet.facts(Box(SIDE.x, 248, SIDE.width, 38))
    sheet.marks(Box(300, 13, 110, 10), DRAWN)
    return sheet


def _inset_theme(stock: Stock) -> str:
    tr = stock.tr
    outer = tuple(level for level, _ in stock.levels[:2])
    return stock.theme(tr("Print: inset"), outer, "here")


def _counts(stock: Stock) -> str:
    """Return how many areas each level has, the district itself left out."""
    rows = [(stock.title(level), stock.one_map.layer(level).rows) for level, _ in stock.levels[1:]]
    return " · ".join(f"{title} {count}" for title, count in rows if count)


def round_up(scale: float) -> float:
    """Return the largest round scale that still holds what `scale` holds."""
    return float(next((step for step in SCALES if step >= scale), scale))


def _district(stock: Stock) -> QgsPrintLayout:
    tr = stock.tr
    levels = tuple(level for level, _ in stock.levels)
    theme = stock.theme(tr("Print: district"), levels, "streets", "houses")
    title = "[% @project_title %] · " + tr("Map of the grids")
    sheet = _sheet(stock, tr("District (A3)"), title, theme, stock.legend(*levels), under=_counts(stock))
    return sheet.layout


def _streets(stock: Stock) -> QgsPrintLayout:
    """One page a street: itself in full tone, its neighbours under a veil, its communities with who is to be called."""
    tr, levels = stock.tr, stock.levels
    place = [level for level, _ in levels].index(street_level([level for level, _ in levels]))
    streets = levels[place]
    key = spec_of(streets[0]).key
    shown = tuple(level for level, _ in levels[:-1]) or (streets[0],)
    theme = stock.theme(tr("Print: street"), shown, "veil", "numbers", "parts", "houses")
    title = f'[% @project_title %] · [% coalesce("name", "{key}") %] · ' + tr("Map of the grids")
    legend = stock.legend(*shown)
    if "numbers" in stock.paper:
        numbers = stock.paper["numbers"]
        legend.insert(len(shown), LegendLine(numbers, numbers.name(), border(levels[-1][0])))
    parts = (
        f"{stock.title(levels[place + 1][0])} [% {_parts(levels[place + 1][1], key)} %] · "
        if place + 1 < len(levels)
        else ""
    )
    under = parts + "[% format_number($area / 1000000, 2) %] km²"
    sheet = _sheet(stock, tr("Streets (A3)"), title, theme, legend, under=under, inset=True)
    follows_feature(sheet.layout.itemById("map"), only_own_names=True)
    sheet.follow(streets[1], name=f'coalesce("name", "{key}")', file=f"'street_' || \"{key}\"", by=f'"{key}"')
    if place + 1 < len(levels) - 1:
        part, layer = levels[place + 1]
        part_key = spec_of(part).key
        holders = stock.layer("holder")
        who = vacant(holder(holders, own(part_key), what=NAME_AND_PHONE), stock.nobody)
        columns = [(stock.title(part), f'coalesce("name", "{part_key}")', 32.0), (tr("Holder"), who, 38.0)]
        sheet.table(
            Box(SIDE.x, 146, SIDE.width, 44),
            layer,
            columns,
            f"\"parent_code\" = attribute(@atlas_feature, '{key}')",
            most=stock.most(layer, "parent_code"),
        )
    return sheet.layout


def _parts(layer: QgsVectorLayer, key: str) -> str:
    """Return an expression for the number of areas of a level inside the feature at hand."""
    return f"aggregate('{layer.id()}', 'count', $id, \"parent_code\" = {own(key)})"


def _agencies(stock: Stock) -> QgsPrintLayout:
    """One page an enforcement unit: its duty grids with their holders."""
    tr = stock.tr
    outer = tuple(level for level, _ in stock.levels[:2])
    theme = stock.theme(tr("Print: enforcement unit"), outer, "duty")
    title = '[% @project_title %] · [% "agency" %] · ' + tr("Duty grids")
    duty = stock.paper["duty"]
    legend = [*stock.legend(*outer)]
    sheet = _sheet(
        stock, tr("Enforcement units (A3)"), title, theme, legend
    )  # units divide the same land: one map, page after page
    sheet.follow(
        duty,
        name='"agency"',
        file="'unit_' || \"agency\"",
        that='$id = minimum($id, group_by:="agency")',
        by='"agency"',
    )
    who = vacant(duty_holder(stock.layer("holder")), stock.nobody)
    columns = ((tr("Code"), '"duty_code"'), (tr("Duty grid"), "coalesce(\"name\", '')"), (tr("Holder"), who))
    said = (_values(duty, "duty_code"), _values(duty, "name"), stock.people.values())
    texts = [[heading, *words] for words, (heading, _) in zip(said, columns, strict=True)]
    points, widths = widths_for(texts, SIDE.width, text(7), beside=2 * MARGIN)  # QGIS cuts off what has no room
    fitted = [(*column, width) for column, width in zip(columns, widths, strict=True)]
    of_agency = "\"agency\" = attribute(@atlas_feature, 'agency')"
    sheet.table(
        Box(SIDE.x, 84, SIDE.width, 104), duty, fitted, of_agency, most=stock.most(duty, "agency"), largest=points
    )
    return sheet.layout


def _values(layer: QgsVectorLayer, field: str) -> list[str]:
    """Return the texts that a field has."""
    values = layer.uniqueValues(layer.fields().lookupField(field))
    return [value for value in values if isinstance(value, str)]


def _duty_posters(stock: Stock) -> QgsPrintLayout:
    tr = stock.tr
    outer = tuple(level for level, _ in stock.levels[:3])
    theme = stock.theme(tr("Print: duty grid"), outer, "veil_duty", "numbers", "houses")
    holders = stock.layer("holder")
    sheet = _poster(
        stock,
        tr("Duty grid posters (A3)"),
        theme,
        code='"duty_code"',
        heading="\"agency\" || '  ' || coalesce(\"name\", '')",
        who=vacant(duty_holder(holders), stock.nobody),
        phone=duty_holder(holders, what="coalesce(\"phone\", '')"),
        texts=duties(stock.layer("duty"), "duty_grid", of_agency=True),
        contacts=[],
    )
    sheet.follow(stock.paper["veil_duty"], name='"duty_code"', file="'duty_' || \"duty_code\"", by='"duty_code"')
    return sheet.layout


def _cell_posters(stock: Stock) -> QgsPrintLayout:
    tr, levels = stock.tr, stock.levels
    finest, layer = levels[-1]
    key = spec_of(finest).key
    theme = stock.theme(tr("Print: cell"), tuple(level for level, _ in levels[:-1]), "veil_cell", "numbers", "houses")
    holders = stock.layer("holder")
    up = above(levels)
    contacts = [
        (stock.title(level), f"{name} || '    ' || " + vacant(holder(holders, code, what=NAME_AND_PHONE), stock.nobody))
        for level, name, code in up[:2]
    ]
    sheet = _poster(
        stock,
        tr("Cell posters (A3)"),
        theme,
        code=f'"{key}"',
        heading=" || ' · ' || ".join([name for _, name, _ in reversed(up)] or ["''"]),
        who=vacant(holder(holders, own(key)), stock.nobody),
        phone=holder(holders, own(key), what="coalesce(\"phone\", '')"),
        texts=duties(stock.layer("duty"), finest),
        contacts=contacts,
    )
    sheet.follow(layer, name=f'"{key}"', file=f"'cell_' || \"{key}\"", by=f'"{key}"')
    return sheet.layout


def _poster(
    stock: Stock,
    name: str,
    theme: str,
    *,
    code: str,
    heading: str,
    who: str,
    phone: str,
    texts: str,
    contacts: list[tuple[str, str]],
) -> Sheet:
    """Furnish an A3 sheet that stands, to be read at three metres: code, map, holder with telephone, duties."""
    tr = stock.tr
    sheet = Sheet(stock.project, name, tr, upright=True)
    drawn_box = Box(14, 78, 269, 190)
    sheet.line(heading, Box(14, 14, 215, 14), 22, 16, 11, name="heading")
    sheet.line(code, Box(14, 32, 269, 38), 72, 48, 30, bold=True, name="code")
    drawn = sheet.map(drawn_box, theme, "map")
    drawn.zoomToExtent(stock.area)
    follows_feature(drawn, only_own_names=False)  # the names of streets around help to find it
    sheet.label(tr("Holder of the grid"), Box(14, 276, 120, 10), text(16, ink="ink_quiet"))
    sheet.line(who, Box(14, 287, 154, 24), 54, 30, 20, bold=True, name="holder")  # of several shifts: all of them
    sheet.line(phone, Box(14, 313, 154, 18), 40, 18, 14, ink="accent", name="phone")
    one_line = Fit.of(14, 36, 9).halves
    titled = 36.0 if all(halves_of(title) <= one_line for title, _ in contacts) else 50.0
    y = 336.0
    for number, (title, expression) in enumerate(contacts, 1):
        letters = 14 if halves_of(title) <= Fit.of(14, titled, 9).halves else 11  # of a long one, two lines
        sheet.label(title, Box(14, y, titled, 12), text(letters, ink="ink_quiet"), down="middle")
        sheet.line(expression, Box(14 + titled, y, 155 - titled, 12), 16, 12, 9, name=f"contact {number}")
        y += 13
    sheet.label(tr("What is done here"), Box(172, 276, 111, 10), text(16, ink="ink_quiet"))
    sheet.listing(texts, Box(172, 288, 111, 74), 16, 12, 9)
    sheet.scale(Box(14, 372, 70, 18), drawn)
    sheet.north(Box(92, 368, 15, 24))
    sheet.seal(Box(122, 368, 42, 36))
    sheet.facts(Box(172, 366, 111, 40))
    sheet.marks(Box(229, 14, 54, 14), drawn_box)
    return sheet
