"""The note of a shift: what was decided since a moment, what is open now. HTML for any browser and any printer."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape

from ...onemap.domain.journal import UNDO, Entry
from ...translation import language, tr
from ..log_tab import local, subject_title, verb_title
from ..rows import Row
from ..words import UNKNOWN, kind_title, state_title

_STATES = ("new", "in_hand", "overdue")
_WIDTHS = (13, 8, 15, 22, 19, 22)  # of the columns of what was done, in per cent
_FONTS = '"Noto Sans CJK SC","WenQuanYi Micro Hei","Microsoft YaHei",sans-serif'
_INK, _QUIET, _RULE = "#22262B", "#5B626B", "#DEDAD2"  # paper is white whatever the screen's theme


@dataclass(frozen=True)
class Shift:
    """What a note is about.

    Attributes
    ----------
    title
        Of the district.
    since, until
        The span, with their time zone, in which all moments are told.
    who
        Who hands over.
    words
        What they want to say themselves.
    """

    title: str
    since: datetime
    until: datetime
    who: str
    words: str = ""


def note_html(shift: Shift, entries: Iterable[Entry], cases: Iterable[Row], findings: Iterable[Row]) -> str:
    """Return the note."""
    every = list(entries)
    gone = {int(entry.value): entry for entry in every if entry.verb == UNDO}
    first, last = (moment.astimezone(UTC).isoformat(timespec="seconds") for moment in (shift.since, shift.until))
    done = [entry for entry in every if first <= entry.at <= last and entry.verb != UNDO]
    span = f"{_said(shift.since)} – {_said(shift.until)}"
    parts = [
        f"<h1 style='font-size:18pt;margin-bottom:2px'>{escape(tr('Shift handover'))} · {escape(shift.title)}</h1>",
        f"<p style='color:{_QUIET}'>{escape(span)} · {escape(shift.who)}</p>",
    ]
    if shift.words:
        parts.append("".join(f"<p>{escape(line)}</p>" for line in shift.words.splitlines() if line.strip()))
    parts.append(f"<h2 style='font-size:13pt'>{escape(tr('Open now'))}</h2>{_open(list(cases), list(findings))}")
    parts.append(f"<h2 style='font-size:13pt'>{escape(tr('Done in this span'))}</h2>{_done(done, gone, shift)}")
    body = "".join(parts)
    return (
        f"<!DOCTYPE html><html lang='{language()}'><head><meta charset='utf-8'/>"
        f"<title>{escape(tr('Shift handover'))} {escape(shift.title)}</title></head>"
        f'<body style="font-family:{escape(_FONTS)};color:{_INK}">'
        f"{body}</body></html>"
    )


def _open(cases: list[Row], findings: list[Row]) -> str:
    states = Counter(row.state for row in cases)
    near = sum(row.chip == "near_border" for row in cases)
    told = (*_STATES, UNKNOWN) if states[UNKNOWN] else _STATES
    rows = [(state_title(state), f"{states[state]:,}") for state in told]
    rows.append((tr("near a border, not settled, not decided"), f"{near:,}"))
    kinds = Counter(row.kind for row in findings if row.state in ("open", "refused") and row.kind != "near_border")
    rows += [(kind_title(kind), f"{count:,}") for kind, count in kinds.most_common()]
    lines = "".join(
        f"<tr><td style='padding:2px 16px 2px 0'>{escape(title)}</td><td align='right'>{count}</td></tr>"
        for title, count in rows
    )
    return f"<table cellspacing='0' cellpadding='2'>{lines}</table>"


def _done(done: list[Entry], gone: Mapping[int, Entry], shift: Shift) -> str:
    if not done:
        return f"<p style='color:{_QUIET}'>{escape(tr('Nothing was decided in this span.'))}</p>"
    heads = (tr("When"), tr("By"), tr("What"), tr("About"), tr("Result"), tr("Reason"))
    head = "".join(
        f"<th align='left' width='{width}%' style='color:{_QUIET}'>{escape(title)}</th>"
        for title, width in zip(heads, _WIDTHS, strict=True)
    )
    lines = []
    for entry in done:
        what = verb_title(entry.verb)
        back = gone.get(entry.number)
        if back is not None:
            what = tr("{what} (taken back by {who})", what=what, who=back.who)
        cells = (
            local(entry.at, shift.until.tzinfo),
            entry.who,
            what,
            subject_title(entry.subject),
            entry.value,
            entry.why,
        )
        line = "".join(
            f"<td style='border-bottom:1px solid {_RULE};overflow-wrap:anywhere'>{escape(text)}</td>" for text in cells
        )
        lines.append(f"<tr>{line}</tr>")
    look = "cellspacing='0' cellpadding='4' width='100%' style='font-size:9pt'"
    return f"<table {look}><tr>{head}</tr>{''.join(lines)}</table>"


def _said(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M")
