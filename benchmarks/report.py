"""The tables of the benchmark, and their place in ``docs/performance.md``."""

import os
import platform
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from benchmarks.jobs import Limit, Size
from benchmarks.results import Growth, Record, Verdict

MARK: Final = "measured: written by scripts/benchmark.sh"


def table(head: str, rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; a column whose heading begins with ``>`` stands right."""
    columns = head.split(", ")
    rule = ["---:" if column.startswith(">") else "---" for column in columns]
    return "\n".join(f"| {' | '.join(row)} |" for row in [[c.lstrip(">") for c in columns], rule, *rows])


def seconds(value: float | None) -> str:
    """Return a duration in the unit that reads best."""
    if value is None:
        return "–"
    if value < 1e-3:
        return f"{value * 1e6:.3g} µs"
    return f"{value * 1e3:.3g} ms" if value < 1 else f"{value:.3g} s" if value < 100 else f"{value:.0f} s"


def limits_table(judged: list[Verdict]) -> str:
    """Return what must hold, and whether it does."""
    head = "job, >onemap, >processor, rival, >rival's time, >rival's processor, >ratio, >must, >aim, verdict"
    return table(head, (_limit_row(verdict) for verdict in judged))


def _limit_row(verdict: Verdict) -> list[str]:
    word = {True: "held", False: "**NOT held**", None: "not measured"}[verdict.holds]
    limit, own = verdict.limit, verdict.own
    title = limit.title or verdict.job.title
    if not limit.rivals:
        must, aim = (_at_most(limit, bound) for bound in (limit.must, limit.aim))
        found = "–" if verdict.value is None else _amount(limit, verdict.value)
        return [title, found, "–", "–", "–", "–", "–", must, aim, word]
    rival = "–" if verdict.rival is None else f"{verdict.rival.contestant} ({verdict.rival.version})"
    if len(limit.rivals) > 1:
        rival += f", fastest of {len(limit.rivals)}"
    if verdict.left_out:
        rival += f" (without {', '.join(verdict.left_out)})"
    ratio = "–" if verdict.value is None else f"{verdict.value:.1f} x"
    aim = "–" if limit.aim is None else f"{limit.aim:g} x"
    theirs = [seconds(value) for value in (verdict.rival.seconds, verdict.rival.cpu_s)] if verdict.rival else ["–", "–"]
    ours = [seconds(own.seconds), seconds(own.cpu_s)]
    return [title, *ours, rival, *theirs, ratio, f"{limit.must:g} x", aim, word]


def repeated_row(same: Sequence[Verdict]) -> list[str]:
    """Return one limit with what each of several runs found, the rival without its version."""
    limit, title = same[0].limit, same[0].limit.title or same[0].job.title
    if limit.rivals:
        against = limit.rivals[0] if len(limit.rivals) == 1 else f"the fastest of {len(limit.rivals)} engines"
        found = ["–" if v.value is None else f"{v.value:.1f} x" for v in same]
        return [f"{title}, against {against}", *found, f"{limit.must:g} x", _in_all([v.holds for v in same])]
    found = ["–" if v.value is None else _amount(limit, v.value) for v in same]
    return [title, *found, _at_most(limit, limit.must), _in_all([v.holds for v in same])]


def repeated_growth_row(same: Sequence[Growth]) -> list[str]:
    """Return one growth with the exponents of several runs."""
    found = [f"{growth.exponent:.2f}" for growth in same]
    title = f"{same[0].cost}, exponent over {same[0].driver}"
    return [title, *found, f"≤ {same[0].must:g}", _in_all([growth.exponent <= growth.must for growth in same])]


def _in_all(held: Sequence[bool | None]) -> str:
    return "not measured" if None in held else f"held in {sum(map(bool, held))} of {len(held)}"


def said(verdict: Verdict) -> str:
    """Return a verdict as a line of text."""
    title, found, _, rival, _, _, ratio, must, _, word = _limit_row(verdict)
    against = f" against {rival}" if verdict.limit.rivals else ""
    measured = ratio if verdict.limit.rivals else found
    return f"{word.strip('*')}: {title}: {measured}{against}, must {'>= ' if verdict.limit.rivals else ''}{must}"


def _amount(limit: Limit, value: float) -> str:
    unit = {"median_us": "µs", "index_bytes_a_cell": "bytes a cell", "peak_mb": "MB a process"}[limit.figure]
    return f"{value:.3g} {unit}" if value < 100 else f"{value:,.0f} {unit}"


def _at_most(limit: Limit, bound: float | None) -> str:
    return "–" if bound is None else f"≤ {_amount(limit, bound)}"


def measurements_table(records: list[Record]) -> str:
    """Return everything that was measured."""
    head = "job, contestant, >median, >against onemap, >million rows/s, >runs, "
    head += ">processor, >preparation, >peak MB, >rows that differ"
    own = {record.job: record.seconds for record in records if record.contestant == "onemap"}
    return table(head, (_measurement_row(record, own.get(record.job)) for record in records))


def _measurement_row(record: Record, own: float | None) -> list[str]:
    figures = record.figures
    if not figures:
        return [record.job.title, record.contestant, "left out", *["–"] * 7]
    rate = against = "–"
    if own and record.seconds and record.contestant != "onemap":
        against = f"{record.seconds / own:,.0f} x" if record.seconds > 100 * own else f"{record.seconds / own:.3g} x"
    if record.job.rows and record.job.kind != "locate_one":
        rate = f"{record.job.rows / (record.seconds or 1) / 1e6:.3g}"
    differ = figures.get("differ")
    return [
        record.job.title,
        record.contestant
        + (f" ({record.job.rows_for(record.contestant):,} rows, times {record.scale:g})" * (record.scale > 1)),
        seconds(record.seconds),
        against,
        rate,
        str(figures["runs"]),
        seconds(record.cpu_s),
        seconds(figures["prepare_s"]),
        "–" if figures["peak_mb"] is None else f"{figures['peak_mb']:,.0f}",
        "–" if differ is None else str(differ),
    ]


def growth_table(found: list[Growth]) -> str:
    """Return how costs grow."""
    head = "cost, grows with, >from, >to, >exponent, >must, verdict"
    rows = (
        [
            growth.cost,
            growth.driver,
            f"{growth.pairs[0][0]:,.0f}: {growth.pairs[0][1]:,.4g}",
            f"{growth.pairs[-1][0]:,.0f}: {growth.pairs[-1][1]:,.4g}",
            f"{growth.exponent:.2f}",
            f"≤ {growth.must:g}",
            "held" if growth.exponent <= growth.must else "**NOT held**",
        ]
        for growth in found
    )
    return table(head, rows)


def index_table(records: list[Record]) -> str:
    """Return how large the kept index is, how long it takes to build, and to open again."""
    head = "data, >cells, >vertices, >index a cell, >file a cell, >built in, >opened in"
    found = {r.job.dataset: r for r in records if r.contestant == "onemap" and "index_bytes" in r.figures}
    rows = [
        [
            name,
            f"{r.figures['cells']:,}",
            f"{r.figures['vertices']:,}",
            f"{r.figures['index_bytes'] / r.figures['cells']:,.0f} bytes",
            f"{r.figures['file_bytes'] / r.figures['cells']:,.0f} bytes",
            seconds(r.figures["prepare_s"]),
            seconds(r.figures["open_s"]),
        ]
        for name, r in found.items()
    ]
    return table(head, rows)


def _absent(records: list[Record]) -> str:
    """Return who was left out of which jobs, and why."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for record in records:
        if record.reason:
            reasons.setdefault((record.contestant, record.reason), []).append(record.job.title)
    return "\n".join(f"- {name}: {reason} ({'; '.join(titles)})" for (name, reason), titles in reasons.items())


def versions_line(records: list[Record]) -> str:
    """Return the versions of everything that took part."""
    found = {"Python": platform.python_version()}
    for record in records:
        found.update(record.figures.get("versions", {}))
    return ", ".join(f"{name} {version}" for name, version in found.items())


def machine_line() -> str:
    """Return what the figures were measured on."""
    model = platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        named = re.search(r"model name\s*:\s*(.+)", cpuinfo.read_text(encoding="utf-8"))
        model = named.group(1) if named else model
    return f"{platform.system()}, {os.cpu_count()} cores ({model})"


def measured(size: Size, records: list[Record], judged: list[Verdict], found: list[Growth], load: str) -> str:
    """Return all that a run found out, as Markdown."""
    absent = _absent(records)
    failed = sum(verdict.holds is False for verdict in judged) + sum(g.exponent > g.must for g in found)
    note = "" if size.name == "full" else " The limits are those of the full size: a smaller one only shows the way."
    return "\n\n".join(
        part
        for part in (
            f"Size `{size.name}`, {len(judged) + len(found)} limits, {failed} not held.{note}",
            f"Machine: {machine_line()}; {load}. Versions: {versions_line(records)}.",
            "![Time of each contestant at each job](performance.svg)",
            "### What must hold",
            limits_table(judged),
            "### How costs grow",
            growth_table(found),
            index_table(records),
            "### Everything measured",
            measurements_table(records),
            "### Left out" if absent else "",
            absent,
        )
        if part
    )


def put_into(page: str, text: str, *, mark: str = MARK) -> str:
    """Return the page with the part between two marks replaced; put at the end where the page has none."""
    begin, end = f"<!-- {mark} -->", f"<!-- /{mark.partition(':')[0]} -->"
    block = f"{begin}\n\n{text}\n\n{end}"
    if begin not in page:
        return f"{page.rstrip()}\n\n{block}\n"
    before, rest = page.split(begin, 1)
    return before + block + rest.split(end, 1)[1]
