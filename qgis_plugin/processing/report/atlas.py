"""Print the published map: district, streets, agencies, posters."""

from ...translation import tr
from ..algorithm import VerbAlgorithm
from ..inputs import Choice, File, Input, Number, Words
from ..outputs import Written
from ..shared_inputs import day, one_map
from ..stages import Stage
from .report import tongue


class AtlasAlgorithm(VerbAlgorithm):
    """`onemap atlas`."""

    verb = "atlas"
    stage = Stage.REPORT

    def title(self) -> str:
        return tr("Print the atlas")

    def shortHelpString(self) -> str:
        return tr(
            "Prints the published one map as PDF and PNG: a map of the district, one for each street and each "
            "enforcement unit, and a poster for each grid with its holder, telephone and code."
        )

    def inputs(self) -> tuple[Input, ...]:
        return (one_map(), *self._sheets(), *self._marks(), *self._posters(), day())

    def _sheets(self) -> tuple[Input, ...]:
        return (
            Choice(
                name="SHEETS",
                title=tr("Sheets"),
                help=tr("What is printed."),
                option="--sheets",
                words=("district", "streets", "agencies", "posters"),
                titles=(tr("district"), tr("streets"), tr("agencies"), tr("posters")),
                several=True,
                default=(0, 1, 2, 3),
            ),
            Choice(
                name="SIZE",
                title=tr("Paper"),
                help=tr("A3 is printed in landscape, A4 in portrait."),
                option="--size",
                words=("A3", "A4"),
                titles=("A3", "A4"),
            ),
            Choice(
                name="FORMATS",
                title=tr("Files"),
                help=tr("PDF to print, PNG to show."),
                option="--formats",
                words=("pdf", "png"),
                titles=("PDF", "PNG"),
                several=True,
                default=(0, 1),
            ),
            Words(
                name="ONLY",
                title=tr("Only these"),
                help=tr("Codes or names of sheets, or the beginning of the codes of posters; several with commas."),
                option="--only",
                commas=True,
                optional=True,
            ),
            tongue("--sheet-lang"),
            Number(
                name="DPI",
                title=tr("Dots in an inch"),
                help=tr("How fine the pictures are: 150 for a screen, 300 for paper."),
                option="--dpi",
                default=150,
                whole=True,
                advanced=True,
            ),
        )

    def _marks(self) -> tuple[Input, ...]:
        texts = (
            ("WATERMARK", "--watermark", tr("Watermark"), tr("Name written faintly across every map.")),
            ("CLASSIFICATION", "--classification", tr("Classification"), tr("Mark of classification, as 内部资料.")),
            ("APPROVAL", "--approval-number", tr("Approval number"), tr("Number of the map's approval (审图号).")),
            ("MAKER", "--maker", tr("Maker"), tr("Who made the maps; when left empty, the owner of the cells.")),
        )
        return tuple(
            Words(name=name, title=title, help=help_text, option=option, optional=True, advanced=True)
            for name, option, title, help_text in texts
        )

    def _posters(self) -> tuple[Input, ...]:
        return (
            Words(
                name="DUTIES",
                title=tr("Duties on the posters"),
                help=tr("One a line."),
                option="--duty",
                lines=True,
                optional=True,
                advanced=True,
            ),
            File(
                name="PHOTOS",
                title=tr("Photos"),
                help=tr("Folder of the holders' photos, each named by its holder's code, as ZR00061.jpg."),
                option="--photos",
                folder=True,
                optional=True,
                advanced=True,
            ),
            Words(
                name="QR",
                title=tr("QR code"),
                help=tr("geo for the position, or a text with {code} {name} {holder} {phone} {lat} {lon}."),
                option="--qr",
                default="geo",
                advanced=True,
            ),
        )

    def outputs(self) -> tuple[Written, ...]:
        return (
            Written(
                name="OUTPUT",
                title=tr("Folder of the sheets"),
                help=tr("The sheets are written here."),
                folder=True,
            ),
        )
