"""The sample city: raw files to try everything on."""

from ...translation import tr
from ..algorithm import VerbAlgorithm
from ..inputs import Choice, Input, Number
from ..outputs import Written
from ..stages import Stage


class SampleAlgorithm(VerbAlgorithm):
    """`onemap sample`."""

    verb = "sample"
    stage = Stage.BASE
    told = ("manifest",)

    def title(self) -> str:
        return tr("Write the sample city")

    def shortHelpString(self) -> str:
        return tr(
            "Writes the raw files of a made-up city, as the offices of a district would hand them in, with a manifest "
            "and a list of the defects planted in them. Build it to try everything without data of your own."
        )

    def inputs(self) -> tuple[Input, ...]:
        return (
            Choice(
                name="SIZE",
                title=tr("Size of the city"),
                help=tr("The small one is built in seconds, the full one in a minute."),
                option="--size",
                words=("small", "full"),
                titles=(tr("small"), tr("full")),
            ),
            Number(
                name="SEED",
                title=tr("Seed"),
                help=tr("Another number is another city; the same number is the same city again."),
                option="--seed",
                default=7,
                whole=True,
                advanced=True,
            ),
        )

    def outputs(self) -> tuple[Written, ...]:
        return (
            Written(
                name="OUTPUT",
                title=tr("Folder of the city"),
                help=tr("The manifest onemap.toml and the folder raw are written here."),
                option="",
                folder=True,
            ),
        )
