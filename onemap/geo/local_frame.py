"""Local city frames: a plane of a city's own, tied to a known system by control points.

Such frames are in no public registry. With two or more control points the four-parameter similarity (shift, rotation,
scale) is fitted by least squares, with three or more the six-parameter affine map. The residuals tell whether to
trust it.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from onemap.errors import SchemaError, some
from onemap.translation import say

Floats = NDArray[np.float64]

_FEWEST: Final = {4: 2, 6: 3}
_COLUMNS: Final = ("x", "y", "target_x", "target_y")
_FLAT: Final = 1e-6
# A point is suspect when leaving it out shrinks the error of the others this much.
_SUSPECT: Final = 5.0
_NOISE_M: Final = 0.005


@dataclass(frozen=True)
class LocalFrame:
    """A fitted map from a local frame to a known plane system, both in metres.

    Attributes
    ----------
    kind
        4: similarity (shift, rotation, scale); 6: affine.
    matrix
        2 x 3: target = matrix[:, :2] @ (x, y) + matrix[:, 2].
    residuals
        One row a control point, in their order and with their index: ``dx dy distance_m`` (fitted minus given, in the
        target) and ``left_out_m`` (distance to where the other points alone would put it; NaN with too few of them).
    rms_m
        Root mean square of the residual distances.
    warnings
        English sentences (in the translations): a point that the others contradict, or no redundancy.
    """

    kind: int
    matrix: Floats
    residuals: pd.DataFrame
    rms_m: float
    warnings: tuple[str, ...]

    @classmethod
    def fit(cls, control: pd.DataFrame, kind: int = 4) -> "LocalFrame":
        """Fit the frame to control points by least squares.

        Parameters
        ----------
        control
            Columns ``x y`` (easting, northing in the local frame) and ``target_x target_y`` (in the known system), in
            metres; one row a point.
        kind
            4 needs two points, 6 needs three that are not on one line.

        Raises
        ------
        SchemaError
            Columns are missing, values are not numbers, there are too few points, or they coincide or lie on one line.

        Examples
        --------
        >>> control = pd.DataFrame(
        ...     {"x": [0, 100, 0], "y": [0, 0, 100], "target_x": [500, 500, 400], "target_y": [0, 100, 0]}
        ... )
        >>> frame = LocalFrame.fit(control)
        >>> round(frame.rotation_degrees), round(frame.scale, 9), round(frame.rms_m, 9)
        (90, 1.0, 0.0)
        """
        values = _checked(control, kind)
        source, target = values[:, :2], values[:, 2:]
        matrix = _solve(source, target, kind)
        off = _apply(matrix, source) - target
        distance = np.hypot(off[:, 0], off[:, 1])
        left_out, others_rms = _leave_one_out(source, target, kind)
        residuals = pd.DataFrame(
            {"dx": off[:, 0], "dy": off[:, 1], "distance_m": distance, "left_out_m": left_out}, index=control.index
        )
        rms = float(np.sqrt(np.mean(distance**2)))
        return cls(kind, matrix, residuals, rms, _warnings(control.index, left_out, others_rms, kind))

    @property
    def scale(self) -> float:
        """Scale from local to target (of the area's square root for the affine map)."""
        return float(np.sqrt(abs(np.linalg.det(self.matrix[:, :2]))))

    @property
    def rotation_degrees(self) -> float:
        """Rotation from local to target, counter-clockwise (of the x axis for the affine map)."""
        return float(np.degrees(np.arctan2(self.matrix[1, 0], self.matrix[0, 0])))

    def forward(self, x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
        """Return local positions in the target system; NaN stays NaN."""
        return _moved(self.matrix, x, y)

    def inverse(self, x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
        """Return target positions in the local frame."""
        turn = np.linalg.inv(self.matrix[:, :2])
        return _moved(np.column_stack([turn, -turn @ self.matrix[:, 2]]), x, y)


def _checked(control: pd.DataFrame, kind: int) -> Floats:
    if kind not in _FEWEST:
        raise SchemaError("kind is {kind}; it must be 4 (similarity) or 6 (affine)", kind=kind)
    missing = [name for name in _COLUMNS if name not in control.columns]
    if missing:
        raise SchemaError("the control points lack the columns {columns}", columns=", ".join(missing))
    try:
        values = control[list(_COLUMNS)].to_numpy(dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise SchemaError("the control points hold values that are not numbers ({why})", why=error) from error
    broken = ~np.isfinite(values).all(axis=1)
    if broken.any():
        raise SchemaError("the control points {rows} have no number", rows=some(control.index[broken]))
    if len(values) < _FEWEST[kind]:
        raise SchemaError(
            "{count} control points are too few; {kind} parameters need {needed}",
            count=len(values),
            kind=kind,
            needed=_FEWEST[kind],
        )
    if not _spread(values[:, :2], kind) or not _spread(values[:, 2:], kind):
        raise SchemaError("the control points coincide or lie on one line; choose points far apart on all sides")
    return values


def _spread(points: Floats, kind: int) -> bool:
    """Tell whether points determine the parameters: apart from each other, and for the affine map not on a line."""
    singular = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)
    if singular[0] < _FLAT:
        return False
    return kind == 4 or bool(len(singular) > 1 and singular[1] > _FLAT * singular[0])  # noqa: PLR2004


def _solve(source: Floats, target: Floats, kind: int) -> Floats:
    """Return the least-squares matrix; coordinates are centred first, for they are large and close together."""
    middle, goal = source.mean(axis=0), target.mean(axis=0)
    x, y = (source - middle).T
    nil = np.zeros_like(x)
    if kind == 4:  # noqa: PLR2004 - u = a x - b y, v = b x + a y
        design = np.vstack([np.column_stack([x, -y]), np.column_stack([y, x])])
        a, b = np.linalg.lstsq(design, (target - goal).T.reshape(-1), rcond=None)[0]
        turn = np.array([[a, -b], [b, a]])
    else:
        design = np.vstack([np.column_stack([x, y, nil, nil]), np.column_stack([nil, nil, x, y])])
        turn = np.linalg.lstsq(design, (target - goal).T.reshape(-1), rcond=None)[0].reshape(2, 2)
    return np.column_stack([turn, goal - turn @ middle])


def _apply(matrix: Floats, points: Floats) -> Floats:
    return np.asarray(points @ matrix[:, :2].T + matrix[:, 2], dtype=np.float64)


def _moved(matrix: Floats, x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
    east, north = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    moved = _apply(matrix, np.stack([east.reshape(-1), north.reshape(-1)], axis=1))
    return moved[:, 0].reshape(east.shape), moved[:, 1].reshape(east.shape)


def _leave_one_out(source: Floats, target: Floats, kind: int) -> tuple[Floats, Floats]:
    """Return for each point how far the others would put it from where it is, and their own error."""
    left_out, others_rms = np.full(len(source), np.nan), np.full(len(source), np.nan)
    for i in range(len(source)):
        rest = np.arange(len(source)) != i
        if rest.sum() < _FEWEST[kind] or not _spread(source[rest], kind):
            continue
        matrix = _solve(source[rest], target[rest], kind)
        left_out[i] = np.hypot(*(_apply(matrix, source[i : i + 1]) - target[i])[0])
        others_rms[i] = np.sqrt(np.mean(np.sum((_apply(matrix, source[rest]) - target[rest]) ** 2, axis=1)))
    return left_out, others_rms


def _warnings(index: pd.Index, left_out: Floats, others_rms: Floats, kind: int) -> tuple[str, ...]:
    if np.isnan(left_out).all():
        return (say("no control point is left over to check {kind} parameters; add one", kind=kind),)
    # The others must be able to contradict: with exactly as many as needed any place fits.
    if len(left_out) < _FEWEST[kind] + 2:
        return ()
    worst = int(np.nanargmax(left_out / np.fmax(others_rms, _NOISE_M)))
    if left_out[worst] <= _SUSPECT * max(others_rms[worst], _NOISE_M):
        return ()
    return (
        say(
            "control point {point} is {metres} m from where the others put it, which agree to {rms} m",
            point=index[worst],
            metres=f"{left_out[worst]:.3f}",
            rms=f"{others_rms[worst]:.3f}",
        ),
    )
