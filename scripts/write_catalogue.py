"""Write docs/catalogue.md from the layer definitions, so that the page never differs from what the library does."""

from pathlib import Path

from onemap.domain.catalogue import CLASSES, FieldSpec, LayerSpec, load_catalogue

PAGE = Path(__file__).resolve().parent.parent / "docs" / "catalogue.md"
_SHOWN_ALIASES = 8
_GEOMETRY = {
    "Point": "point 点",
    "LineString": "line 线",
    "Polygon": "polygon 面",
    "Raster": "raster 栅格",
    "None": "table 表",
}
_SECRECY = {"public": "public 公开", "internal": "internal 内部", "secret": "secret 涉密"}
_HEAD = """# The catalogue of layers · 图层目录

Written from `layers/*.toml` by `python scripts/write_catalogue.py`; do not edit by hand.

One file a layer: the stem of the file is the layer's id, the table in the GeoPackage and the stem of its style
(`styles/<id>.qml`). **A new layer is a new file, no code.** A file says

- `class`, one of the eight of the base map or grid, duty, case, finding, system; `title` in both languages;
- `geometry` (`Point LineString Polygon Raster None`; lines and polygons are stored as Multi*), `key` (the id column);
- who answers for it: `provider` 谁提供, `owner` 谁负责, `checker` 谁核查, `updater` 谁更新, every how many days,
  and the secrecy class. These are what is usual; a manifest says what is true in its district;
- `[fields.<column>]`: `type` (`string integer real date datetime boolean`), `required`, `title`, `aliases` (headings
  under which the column arrives: Chinese office terms, old shapefile names, abbreviations; case, full-width letters
  and outer blanks do not matter), and `values` (allowed value = Chinese label, or a list whose first is the label and
  whose others are words that mean the same).

`onemap.catalogue.load_catalogue(folder)` checks every file and lists every problem of all files in one `SchemaError`.
Units are the suffix of the column: `_m` metre, `_m2` square metre, `_mm` millimetre, `_days` day. Codes are text.
Times are UTC.
"""


def overview(specs: tuple[LayerSpec, ...]) -> list[str]:
    """Return the table of a class's layers."""
    lines = [
        "| layer | 中文 | form | key | 谁提供 | 谁负责 | 谁核查 | 谁更新 | days | secrecy |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for spec in specs:
        cells = (
            f"[`{spec.id}`](#{spec.id})",
            spec.title_zh,
            _GEOMETRY[spec.geometry],
            f"`{spec.key}`" if spec.key else "",
            spec.provider,
            spec.owner,
            spec.checker,
            spec.updater,
            str(spec.update_cycle_days),
            _SECRECY[spec.secrecy],
        )
        lines.append(f"| {' | '.join(cells)} |")
    return [*lines, ""]


def columns(spec: LayerSpec) -> list[str]:
    """Return the table of a layer's columns."""
    head = [f"### {spec.id}", "", f"{spec.title_zh} · {spec.title_en}", ""]
    if not spec.fields:
        return head
    lines = ["| column | 中文 | English | type | also known as | values |", "| --- | --- | --- | --- | --- | --- |"]
    lines += [_column(field) for field in spec.fields]
    return [*head, *lines, ""]


def _column(field: FieldSpec) -> str:
    """Return the row of a column."""
    known = ", ".join(field.aliases[:_SHOWN_ALIASES])
    more = len(field.aliases) - _SHOWN_ALIASES
    known += f" … {more} more" if more > 0 else ""
    values = ", ".join(f"`{value}` {label}" for value, label in field.values.items())
    name = f"**`{field.name}`** (required)" if field.required else f"`{field.name}`"
    return f"| {name} | {field.title_zh} | {field.title_en} | {field.type} | {known} | {values} |"


def page() -> str:
    """Return the whole page."""
    catalogue = load_catalogue()
    lines = [_HEAD]
    for known in CLASSES.values():
        specs = catalogue.of_class(known.id)
        lines += [f"## {known.title_zh} · {known.title_en}", "", *overview(specs)]
        for spec in specs:
            lines += columns(spec)
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
