"""The report of a published map: one HTML file that needs nothing else, no network and no other file."""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
from markupsafe import Markup

from onemap.domain.validity import as_day
from onemap.errors import SchemaError, StoreError
from onemap.progress import Progress, silent
from onemap.store.lock import make_folder
from onemap.store.tables import TABLE_FILES
from onemap.translation import LANGUAGES

from .base_picture import BASE_LAYERS, BasePicture, draw_base_picture
from .facts import Facts
from .interactive import Interactive
from .maps import WIDTH, DistrictMaps
from .palette import Palette, load_palette
from .sections.cases import cases_section, near_section, objects_section
from .sections.changes import changes_section
from .sections.contents import completeness_section, layers_section, notes_section, rejects_section, repairs_section
from .sections.coverage import coverage_section, nesting_section, overview_map
from .sections.division import division_section
from .sections.duty_hours import duty_hours_section
from .sections.opening import district_name, opening
from .sections.parts import Desk, Section
from .sections.responsibility import responsibility_section
from .sheet import Sheet
from .tiles import DefectTiles
from .wording import Wording

if TYPE_CHECKING:
    from onemap.store.one_map import OneMap

_HERE = Path(__file__).parent
_SECTIONS = (
    coverage_section,
    nesting_section,
    division_section,
    changes_section,
    responsibility_section,
    duty_hours_section,
    completeness_section,
    layers_section,
    cases_section,
    near_section,
    objects_section,
    repairs_section,
    rejects_section,
    notes_section,
)


def write_report(
    one_map: "OneMap", path: str | Path, *, language: str = "zh", as_of: Any = None, progress: Progress = silent
) -> Path:
    """Write the report of a published map in one language: is the district covered, and what proves it.

    Everything comes from the published map alone. The same map gives the same bytes.

    Parameters
    ----------
    one_map
        The map, as `onemap.open_map` gives it. Layers that it lacks make friendly empty sections.
    path
        The HTML file to write. Tables too long for the page name their file in ``tables/`` beside it where that
        exists, else their layer in the map.
    language
        ``"zh"`` or ``"en"``.
    as_of
        The day that the report shall be of. Cases, gaps and coverage are found when a map is made, so it must be the
        map of that day: made by `onemap.run` with the same ``as_of``.
    progress
        Takes the share done; may raise `Cancelled`, and then nothing was written.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    SchemaError
        The language is not known, or the map is not that of the day.

    Examples
    --------
    >>> write_report(None, "report.html", language="fr")
    Traceback (most recent call last):
    onemap.errors.SchemaError: the report speaks en, zh, not 'fr'
    """
    target = Path(path)
    _check_languages([language])
    _check_day(one_map, as_of)
    writer = ReportWriter(one_map, progress=progress)
    _write(target, writer.page(language, folder=target.parent))
    return target


def write_reports(
    one_map: "OneMap", folder: str | Path, *, languages: Iterable[str] = LANGUAGES, progress: Progress = silent
) -> dict[str, Path]:
    """Write ``report.<language>.html`` for several languages, reading and drawing the map once.

    Returns
    -------
    dict
        Language to file.

    Raises
    ------
    SchemaError
        A language is not known.
    """
    wanted = list(languages)
    _check_languages(wanted)
    writer = ReportWriter(one_map, progress=progress)
    written = {}
    for place, language in enumerate(wanted):
        written[language] = Path(folder) / f"report.{language}.html"
        _write(written[language], writer.page(language, folder=Path(folder)))
        progress(0.6 + 0.4 * (place + 1) / len(wanted), f"report ({language})")
    return written


class ReportWriter:
    """Reads and draws a map once, and makes the page of each language from it."""

    def __init__(self, one_map: "OneMap", *, progress: Progress = silent) -> None:
        self.facts, self.palette = Facts(one_map), load_palette()
        progress(0.1, "report: base picture")
        self.sheet = Sheet.around(self.facts.bounds, width=WIDTH, aspect=(0.45, 1.0)) if self.facts.bounds else None
        self.picture = self._picture()
        base_layers = self.picture.layers if self.picture else ()
        self.maps = DistrictMaps(self.facts, self.sheet, self.palette, base_layers=base_layers) if self.sheet else None
        self.tiles = DefectTiles(self.facts, self.palette)
        self.interactive = Interactive(self.facts, self.sheet, self.palette) if self.sheet else None
        progress(0.6, "report: pages")

    def _picture(self) -> BasePicture | None:
        if self.sheet is None:
            return None
        held = {layer_id: self.facts.frame(layer_id) for layer_id in BASE_LAYERS if self.facts.has_rows(layer_id)}
        shade = self.facts.one_map.raster("terrain_hillshade")
        return draw_base_picture(held, self.sheet, palette=self.palette, hillshade=shade)

    def page(self, language: str, *, folder: Path | None = None) -> str:
        """Return the page of one language; ``folder`` is where it will lie, for the names of the files beside it."""
        words = Wording(language)
        found = {layer_id: f"tables/{name}.csv" for layer_id, name in TABLE_FILES.items()}
        files = {layer_id: name for layer_id, name in found.items() if folder and (folder / name).is_file()}
        desk = Desk(self.facts, words, self.palette, self.maps, self.tiles, files)
        sections: list[Section] = [section for make in _SECTIONS if (section := make(desk)) is not None]
        name = district_name(self.facts, words)
        values: dict[str, Any] = {
            "language": "zh-CN" if language == "zh" else "en",
            "title": words.say("{district}: report on the one map", district=name),
            "district": name,
            "opening": opening(desk),
            "overview": overview_map(desk),
            "sections": sections,
            "style": Markup(_stylesheet(self.palette)),  # noqa: S704 - made from the palette and our own file
            "script": Markup(_asset("report.js")),  # noqa: S704 - our own file
            "shared": self.maps.shared(self.picture.data_uri) if self.maps and self.picture else "",
            "atlas": None,
            "say": words.say,
            "number": words.number,
        }
        if self.interactive is not None:
            values |= {
                "atlas": script_json(self.interactive.data(words)),
                "leaflet": Markup(leaflet_script()),  # noqa: S704 - vendored
                "atlas_script": Markup(_asset("atlas.js")),  # noqa: S704 - our own file
            }
        return _templates().get_template("report.html.j2").render(values)


def script_json(data: Mapping[str, Any] | Sequence[Any]) -> Markup:
    r"""Return data as JSON that cannot end the script element it stands in, whatever the texts hold.

    Examples
    --------
    >>> str(script_json({"name": "</script>"}))
    '{"name":"\\u003c/script\\u003e"}'
    """
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for letter in ("<", ">", "&", "\u2028", "\u2029"):
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return Markup(text)  # noqa: S704 - escaped above


@lru_cache(maxsize=1)
def leaflet_script() -> str:
    """Return the vendored Leaflet without its pointer to a source map, which a browser would go and look for."""
    return _asset("leaflet.js").partition("//# sourceMappingURL")[0]


def _asset(name: str) -> str:
    return (_HERE / "assets" / name).read_text(encoding="utf-8")


def _leaflet_style() -> str:
    """Return Leaflet's style without its pictures: the report uses none of them."""
    lines = _asset("leaflet.css").splitlines()
    return "\n".join(line for line in lines if "url(" not in line)


def _stylesheet(palette: Palette) -> str:
    """Return all CSS: the palette as variables and classes, Leaflet's, the report's."""
    names = palette.light
    root = ";".join(f"--{name}:{colour}" for name, colour in names.items())
    fonts = ",".join(f'"{name}"' if " " in name else name for name in palette.fonts)
    tones = "".join(f".f-{name}{{fill:var(--{name})}}.s-{name}{{stroke:var(--{name});fill:none}}" for name in names)
    return f":root{{{root};--fonts:{fonts}}}\n{tones}\n{_leaflet_style()}\n{_asset('report.css')}"


@lru_cache(maxsize=1)
def _templates() -> jinja2.Environment:
    """Return the templates; everything that comes from data is escaped, without exception."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _check_languages(languages: Sequence[str]) -> None:
    for language in languages:
        if language not in LANGUAGES:
            raise SchemaError(
                "the report speaks {languages}, not {found}",
                found=repr(language),
                languages=", ".join(LANGUAGES),
            )


def _check_day(one_map: "OneMap", as_of: Any) -> None:
    """Raise `SchemaError` where a report of a day is wanted of a map that holds other days as well."""
    day = as_day(as_of)
    if day is not None and one_map.district.get("in_force") != day.isoformat():
        raise SchemaError(
            "{path}: is not the map of what is in force on {day}, and cases, gaps and coverage are found when a map is "
            "made; onemap run MANIFEST --as-of {day} --out FOLDER makes it, with its report",
            path=one_map.path,
            day=day.isoformat(),
        )


def _write(target: Path, text: str) -> None:
    """Put the page in place whole: a reader never sees half of it."""
    make_folder(target.parent)
    part = target.with_name(f".{target.name}.part")
    try:
        part.write_text(text, encoding="utf-8", newline="\n")
        part.replace(target)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise StoreError("{path}: cannot be written ({why})", path=target, why=error.strerror or error) from error
