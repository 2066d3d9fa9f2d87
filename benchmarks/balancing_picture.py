"""The picture of docs/balancing.md: case load of Washington's commissions, and of groups balanced inside each ward."""

from pathlib import Path

import geopandas as gpd
import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib.colors import TwoSlopeNorm

INK, PAPER, QUIET = "#1f2933", "#ffffff", "#52606d"


def draw(blocks: gpd.GeoDataFrame, target: Path) -> None:
    """Draw both states side by side, coloured by how far the load is from the ward's mean.

    Parameters
    ----------
    blocks
        Cells with ``ward``, ``commission`` (before), ``group`` (after) and ``cases``.
    target
        File of the picture.
    """
    mpl.rcParams |= {"font.family": "DejaVu Sans", "font.size": 9, "text.color": INK}
    blocks = blocks.to_crs("EPSG:26985")
    wards = blocks.dissolve("ward")
    norm = TwoSlopeNorm(0.0, -0.6, 0.6)
    figure, axes = plt.subplots(1, 2, figsize=(9.6, 5.6), facecolor=PAPER)
    figure.subplots_adjust(left=0.01, right=0.99, top=0.87, bottom=0.12, wspace=0.02)
    for axis, column, title in zip(axes, ("commission", "group"), ("Before", "After"), strict=True):
        part = (blocks["ward"] + " " + blocks[column]).rename("part")
        joined = blocks.dissolve(part, aggfunc={"cases": "sum", "ward": "first"})
        mean = joined.groupby("ward")["cases"].transform("mean")
        joined["off"] = joined["cases"] / mean - 1
        joined.plot("off", ax=axis, cmap="PuOr_r", norm=norm, edgecolor=INK, linewidth=0.6)
        wards.boundary.plot(ax=axis, color=INK, linewidth=1.8)
        worst = joined["off"].abs().max()
        axis.set_title(
            f"{title}: {joined['cases'].min():,} to {joined['cases'].max():,} cases, "
            f"at most {worst:.1%} off the ward's mean", fontsize=10, pad=6,
        )  # fmt: skip
        axis.set_axis_off()
    groups = blocks["group"].nunique()
    title = f"{len(blocks)} block groups of Washington DC in {groups} groups, none across a ward"
    figure.suptitle(title, fontsize=12, y=0.97)
    bar = figure.add_axes((0.3, 0.065, 0.4, 0.022))
    figure.colorbar(mpl.cm.ScalarMappable(norm, "PuOr_r"), cax=bar, orientation="horizontal", extend="both")
    bar.set_xticks([-0.6, -0.3, 0, 0.3, 0.6], ["-60 %", "-30 %", "the ward's mean", "+30 %", "+60 %"], color=QUIET)
    bar.tick_params(length=0)
    figure.savefig(target, dpi=130, facecolor=PAPER)
    plt.close(figure)
