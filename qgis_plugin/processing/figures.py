"""The figures of the library's answers that are outputs too, for models and scripts: their names, keys and titles."""

from dataclasses import dataclass

from ..translation import tr


@dataclass(frozen=True)
class Figure:
    """One figure: the key in the answer, what the user reads, and the kind of value."""

    key: str
    title: str
    kind: type[int | bool | str] = int

    @property
    def output(self) -> str:
        """Return the name of the output."""
        return self.key.upper()


def figures(keys: tuple[str, ...]) -> list[Figure]:
    """Return the figures of these keys."""
    known = _known()
    return [known[key] for key in keys]


def _known() -> dict[str, Figure]:
    counts = {
        "arrived": tr("Had no cell, have one now"),
        "border": tr("On a shared border"),
        "broken": tr("Principles broken"),
        "cases": tr("Cases"),
        "cells": tr("Cells"),
        "cells_changed": tr("Cells changed"),
        "codes": tr("Codes"),
        "conflicts": tr("Conflicts"),
        "exclusive": tr("Exclusive cells"),
        "faults": tr("Rows or cells to be looked at"),
        "findings": tr("Findings"),
        "gaps": tr("Gaps"),
        "good": tr("Good codes"),
        "held": tr("Answered for"),
        "holders": tr("Appointments"),
        "inside": tr("Inside one cell"),
        "kept": tr("Kept"),
        "layers": tr("Layers"),
        "left": tr("Lost their cell"),
        "moved": tr("Moved"),
        "near": tr("Given to the nearest cell"),
        "near_border": tr("Near a border"),
        "new": tr("New"),
        "no_position": tr("Without position"),
        "not_measurable": tr("Principles that cannot be told"),
        "nobody": tr("Nobody answers"),
        "outside": tr("Outside"),
        "owned": tr("With an owner"),
        "places": tr("Places closed"),
        "refused": tr("Defects left"),
        "rejects": tr("Rejected rows"),
        "restored": tr("Cells restored"),
        "rows": tr("Rows"),
        "rows_rejected": tr("Rejected rows"),
        "unmet": tr("Not honoured"),
        "unowned": tr("In no cell"),
        "vacant": tr("Vacant posts"),
        "withdrawn": tr("Withdrawn"),
        "wrong": tr("Wrong codes"),
    }
    texts = {
        "cell": tr("Cell"),
        "holder": tr("Holder"),
        "manifest": tr("Manifest"),
        "phone": tr("Telephone"),
        "role": tr("Role"),
        "state": tr("State"),
    }
    return {
        "ok": Figure("ok", tr("All is well"), bool),
        **{key: Figure(key, title) for key, title in counts.items()},
        **{key: Figure(key, title, str) for key, title in texts.items()},
    }
