"""Local city frames: exact recovery, residuals, suspects, refusals."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onemap.errors import SchemaError
from onemap.geo.local_frame import LocalFrame
from onemap.translation import translate


def control(
    count: int = 6, *, angle: float = 0.3, scale: float = 1.00002, seed: int = 1, noise: float = 0.0
) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(300_000, 330_000, count), rng.uniform(200_000, 220_000, count)
    a, b = scale * np.cos(angle), scale * np.sin(angle)
    u, v = (
        a * x - b * y + 120_000 + rng.normal(0, noise, count),
        b * x + a * y + 4_100_000 + rng.normal(0, noise, count),
    )
    return pd.DataFrame({"x": x, "y": y, "target_x": u, "target_y": v}, index=[f"K{i}" for i in range(count)])


@given(st.floats(-3.1, 3.1), st.floats(0.5, 2.0), st.integers(0, 1000), st.sampled_from([4, 6]))
@settings(max_examples=60, deadline=None)
def test_exact_points_are_recovered_and_undone(angle, scale, seed, kind):
    points = control(5, angle=angle, scale=scale, seed=seed)
    frame = LocalFrame.fit(points, kind)
    assert frame.rms_m < 1e-6
    assert frame.scale == pytest.approx(scale, abs=1e-9)
    assert np.isclose(np.cos(np.radians(frame.rotation_degrees) - angle), 1)
    x, y = frame.forward(points["x"], points["y"])
    assert np.abs(x - points["target_x"]).max() < 1e-6
    back = frame.inverse(x, y)
    assert np.abs(back[0] - points["x"]).max() < 1e-5
    assert np.abs(back[1] - points["y"]).max() < 1e-5
    assert frame.warnings == ()


def test_affine_takes_what_similarity_cannot():
    points = control(8)
    points["target_x"] = points["x"] * 1.01 + points["y"] * 0.002
    points["target_y"] = points["y"] * 0.99
    assert LocalFrame.fit(points, 6).rms_m < 1e-6
    assert LocalFrame.fit(points, 4).rms_m > 10


def test_residuals_keep_the_index_and_sum_up():
    frame = LocalFrame.fit(control(8, noise=0.02))
    assert frame.residuals.index.tolist() == [f"K{i}" for i in range(8)]
    assert frame.residuals.columns.tolist() == ["dx", "dy", "distance_m", "left_out_m"]
    assert frame.rms_m == pytest.approx(np.sqrt((frame.residuals["distance_m"] ** 2).mean()))
    assert 0.005 < frame.rms_m < 0.06
    assert (frame.residuals["left_out_m"] >= frame.residuals["distance_m"] - 1e-9).all()


@pytest.mark.parametrize("kind", [4, 6])
@pytest.mark.parametrize("seed", range(20))
def test_the_outlier_is_named_and_no_other(kind, seed):
    points = control(8, noise=0.01, seed=seed)
    assert LocalFrame.fit(points, kind).warnings == ()
    points.loc["K3", "target_x"] += 1.5
    warnings = LocalFrame.fit(points, kind).warnings
    assert len(warnings) == 1
    assert warnings[0].startswith("control point K3 is ")
    assert translate(warnings[0]).startswith("控制点 K3")


def test_no_redundancy_is_said():
    assert LocalFrame.fit(control(2), 4).warnings == ("no control point is left over to check 4 parameters; add one",)
    assert LocalFrame.fit(control(3), 6).warnings == ("no control point is left over to check 6 parameters; add one",)


def test_scalars_and_missing_values():
    frame = LocalFrame.fit(control())
    x, y = frame.forward(310_000.0, np.nan)
    assert x.shape == ()
    assert np.isnan(y)


@pytest.mark.parametrize(
    ("match", "points", "kind"),
    [
        ("too few", control(1), 4),
        ("too few", control(2), 6),
        ("too few", control(0), 4),
        ("one line", control(4).assign(x=[1, 2, 3, 4], y=[1, 2, 3, 4]), 6),
        ("coincide", control(3).assign(x=5, y=5), 4),
        ("lack the columns target_y", control(3).drop(columns="target_y"), 4),
        ("have no number", control(3).assign(x=[1, np.nan, 3]), 4),
        ("not numbers", control(3).assign(x=["a", "b", "c"]), 4),
        ("must be 4", control(5), 5),
    ],
)
def test_what_cannot_be_fitted(match, points, kind):
    with pytest.raises(SchemaError, match=match) as caught:
        LocalFrame.fit(points, kind)
    assert caught.value.text("zh") != caught.value.text("en")
