"""Expressions that find people and areas for a sheet in the map's own tables; QGIS alone evaluates them."""

from qgis.core import QgsVectorLayer

from ..layers import spec_of

Levels = list[tuple[str, QgsVectorLayer]]  # coarse to fine
NAME_AND_PHONE = "\"name\" || coalesce('  ' || \"phone\", '')"


def own(field: str) -> str:
    """Return an expression for a field of the feature at hand, where an aggregate looks at other rows."""
    return f"attribute(@parent, '{field}')"


def holder(holders: QgsVectorLayer | None, code: str, *, what: str = '"name"', that: str = "") -> str:
    """Return an expression for the holders in force of the grid with that code (an expression itself).

    Deputies are left out. In force is judged on the date of the data.
    """
    if holders is None:
        return "''"
    filters = [f'"grid_code" = {code}', *([that] if that else [])]
    if holders.fields().lookupField("deputy") >= 0:
        filters.append('not coalesce("deputy", false)')
    for field, sign in (("valid_from", "<="), ("valid_to", ">=")):
        if holders.fields().lookupField(field) >= 0:
            filters.append(f'("{field}" is null or to_date("{field}") {sign} to_date(@onemap_as_of))')
    return f"coalesce(aggregate('{holders.id()}', 'concatenate_unique', {what}, {' and '.join(filters)}, '、'), '')"


def duty_holder(holders: QgsVectorLayer | None, *, what: str = '"name"') -> str:
    """Return an expression for the holder of a duty grid: whom the roster names, as `roster.named` tells the map.

    Of several in the roster the one whom the grid names too. The grid's own counts where the roster says nothing of
    it; a name that the roster does not know has no telephone.
    """
    if holders is None:
        return '"holder"' if what == '"name"' else "''"
    same = holder(holders, own("duty_code"), what=what, that=f'{own("holder")} = "name"')
    every = holder(holders, own("duty_code"), what=what)
    listed = f"aggregate('{holders.id()}', 'count', \"grid_code\", \"grid_code\" = {own('duty_code')}) > 0"
    alone = f"if({listed}, '', \"holder\")" if what == '"name"' else "''"
    return f"coalesce(nullif({same}, ''), nullif({every}, ''), {alone})"


def vacant(expression: str, word: str) -> str:
    """Return the expression, with a word where it is empty."""
    return f"coalesce(nullif({expression}, ''), '{word}')"


def duties(table: QgsVectorLayer | None, scope: str, *, of_agency: bool = False) -> str:
    """Return an expression for what is done in a scope: an array, in the order of the table."""
    if table is None or table.fields().lookupField("text") < 0:
        return "array()"
    filters = f"\"scope\" = '{scope}' and coalesce(\"text\", '') <> ''"
    if of_agency:
        filters += f' and "agency" = {own("agency")}'
    return f"aggregate('{table.id()}', 'array_agg', \"text\", {filters})"


def above(levels: Levels) -> list[tuple[str, str, str]]:
    """Return level, name and code (expressions) of the areas that hold the feature at hand, the nearest first."""
    feature = "@atlas_feature"
    found = []
    for level, layer in reversed(levels[:-1]):
        spec = spec_of(level)
        if spec is None:
            break
        code = f"attribute({feature}, 'parent_code')"
        feature = f"get_feature('{layer.id()}', '{spec.key}', {code})"
        found.append((level, f"coalesce(attribute({feature}, 'name'), {code}, '')", code))
    return found
