"""Signs of rows: a form for each kind and state, so that colour is never the only difference."""

from functools import lru_cache

from qgis.PyQt.QtGui import QIcon

from ..icons import icon_path

_ICON = {
    "new": "sign_new",
    "in_hand": "sign_in_hand",
    "overdue": "sign_overdue",
    "settled": "sign_settled",
    "unknown": "sign_unknown",
    "near_border": "sign_near_border",
    "gap": "sign_gap",
    "land": "sign_gap",
    "overlap": "sign_overlap",
    "outside": "sign_outside",
    "mismatch": "sign_mismatch",
    "object": "sign_object",
    "duty": "sign_duty",
    "time": "sign_time",
    "conflict": "sign_conflict",
    "allowed": "sign_allowed",
    "decided": "sign_allowed",
    "accepted": "sign_accepted",
}


@lru_cache(maxsize=64)
def sign_icon(sign: str) -> QIcon:
    """Return the icon of a kind or state; a warning diamond for those without a sign of their own."""
    return QIcon(icon_path(_ICON.get(sign, "sign_fault")))
