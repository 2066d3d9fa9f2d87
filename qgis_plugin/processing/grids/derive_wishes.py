"""What derived cells are to be like: sizes, the weight of barriers, town or country."""

from ...translation import tr
from ..inputs import Choice, Column, Input, Number, Words


def sizes() -> tuple[Input, ...]:
    """Return how large and how wide cells are to be."""
    return (
        Number(
            name="TARGET",
            title=tr("Wanted size (m²)"),
            help=tr("Size to aim at in built-up land."),
            option="--target-m2",
            default=10_000.0,
        ),
        Number(
            name="OPEN_LAND",
            title=tr("Wanted size in open land (m²)"),
            help=tr("Size to aim at where nothing is built."),
            option="--open-m2",
            default=100_000.0,
            advanced=True,
        ),
        Number(
            name="COUNTRY",
            title=tr("Wanted size in the country (m²)"),
            help=tr("Size to aim at in a villagers' group; when left empty, one cell each."),
            option="--country-m2",
            optional=True,
            advanced=True,
        ),
        Number(
            name="EXCLUSIVE_FROM",
            title=tr("Exclusive from (m²)"),
            help=tr("A compound from this size on is a cell of its own."),
            option="--exclusive-m2",
            default=20_000.0,
            advanced=True,
        ),
        Words(
            name="LAND_USE",
            title=tr("Wanted sizes by use (m²)"),
            help=tr("One USE=SIZE a line: size to aim at on water, or in a class of compound."),
            option="--land-use-m2",
            lines=True,
            optional=True,
            advanced=True,
        ),
    )


def bounds() -> tuple[Input, ...]:
    """Return how far land may be from its wanted size, and how narrow."""
    return (
        Number(
            name="SMALLEST",
            title=tr("Joined below"),
            help=tr("Share of the wanted size below which land is joined to its neighbour."),
            option="--smallest",
            default=0.5,
            advanced=True,
        ),
        Number(
            name="LARGEST",
            title=tr("Divided above"),
            help=tr("How many times the wanted size land may have before it is divided."),
            option="--largest",
            default=1.75,
            advanced=True,
        ),
        Number(
            name="MIN_WIDTH",
            title=tr("Least width (m)"),
            help=tr("Land narrower than this is no cell."),
            option="--min-width-m",
            default=20.0,
            advanced=True,
        ),
    )


def terms() -> tuple[Input, ...]:
    """Return what else holds for the division."""
    return (
        Choice(
            name="RULE",
            title=tr("Kind of land"),
            help=tr("Town, or country, where a compound is a villagers' group."),
            option="--rule",
            words=("town", "country"),
            titles=(tr("town"), tr("country")),
        ),
        Words(
            name="CLASS",
            title=tr("Column of the barriers' classes"),
            help=tr("By its class, as main road or wall, a barrier is weighed."),
            option="--class",
            default="class",
            advanced=True,
        ),
        Number(
            name="SNAP",
            title=tr("Openings closed (m)"),
            help=tr("Openings in barriers up to this width are closed."),
            option="--snap-m",
            default=2.0,
            advanced=True,
        ),
        Words(
            name="WEIGHT",
            title=tr("Weights of barriers"),
            help=tr("One CLASS=WEIGHT a line, from 0 to 1: how strongly barriers of a class divide."),
            option="--weight",
            lines=True,
            optional=True,
            advanced=True,
        ),
        Number(
            name="HARD",
            title=tr("Never crossed from weight"),
            help=tr("No cell crosses a barrier of this weight or more."),
            option="--hard",
            default=0.7,
            advanced=True,
        ),
    )


def classes() -> tuple[Input, ...]:
    """Return the columns and classes by which communities and compounds are told apart."""
    return (
        Column(
            name="RULE_COLUMN",
            title=tr("Column of the kind of land"),
            help=tr("Says town or country for each community, where a district has both."),
            option="--rule-column",
            of="COMMUNITIES",
            optional=True,
            advanced=True,
        ),
        Words(
            name="COMPOUND_CLASS",
            title=tr("Column of the compounds' classes"),
            help=tr("By its class, as hospital or villagers' group, a compound has its size."),
            option="--compound-class",
            default="class",
            advanced=True,
        ),
        Words(
            name="EXCLUSIVE_CLASS",
            title=tr("Exclusive classes"),
            help=tr("Classes of compounds that become cells of their own, with commas; when left empty, all."),
            option="--exclusive-class",
            commas=True,
            optional=True,
            advanced=True,
        ),
    )
