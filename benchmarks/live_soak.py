"""Soak of the live cases: ten a second from three sources into the real QGIS desktop; its figures go into the docs.

usage: python -m benchmarks.live_soak [--minutes 60] [--map ONEMAP.gpkg] [--out FOLDER] [--no-docs]

A third of the cases comes as files into a folder (one a second), a third into a table of a GeoPackage, a third into a
PostGIS table that notifies. No case may be lost or without its cell, its sign must be on the map within 2 s at the 99th
percentile, and the library's memory may not grow; else this ends with a sentence and code 1. Needs what scripts/test.sh
installs: QGIS, a virtual screen, PostGIS.
"""

import argparse
import csv
import json
import os
import random
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from benchmarks.postgis_server import Server, install, postgis
from benchmarks.report import put_into

ROOT: Final = Path(__file__).resolve().parent.parent
DOCS: Final = ROOT / "docs" / "plugin.md"
MARK: Final = "measured live: written by benchmarks.live_soak"
RATE: Final = 10
BEHIND_S: Final = 5.0  # the last cases may still be on their way when the time is over
WARM_S: Final = 300.0  # caches are full by then; growth is looked at from there on
PAUSE_MS: Final = 100
SIGN_S: Final = 2.0  # 99 of 100 new cases have their sign on the map by then
GROWTH: Final = 1.05  # of the library's memory; what the system lends and takes back is less


class Feed(threading.Thread):
    """Lets cases come, ten a second, and keeps when each did."""

    def __init__(self, folder: Path, server: Server, box: tuple[float, ...], srid: int, ready: Path) -> None:
        super().__init__(daemon=True)
        self.folder, self.desk = folder / "dropped", folder / "desk.gpkg"
        self._made, self._ready, self._box, self._srid = folder / "written", ready, box, srid
        self.folder.mkdir()
        self._made.mkdir()
        self._server = server
        self._random = random.Random(7)
        self._over = threading.Event()
        self.came: dict[str, float] = {}

    def prepare(self, one_map: Path) -> None:
        """Make the tables, empty."""
        with closing(sqlite3.connect(self.desk, isolation_level=None)) as desk:
            desk.execute("ATTACH ? AS map", (str(one_map),))
            for name in ("gpkg_spatial_ref_sys", "gpkg_contents", "gpkg_geometry_columns"):
                (made,) = desk.execute("SELECT sql FROM map.sqlite_master WHERE name = ?", (name,)).fetchone()
                desk.execute(made)
            desk.execute("INSERT INTO gpkg_spatial_ref_sys SELECT * FROM map.gpkg_spatial_ref_sys")
            desk.execute("CREATE TABLE desk (id INTEGER PRIMARY KEY, case_code TEXT, matter_name TEXT, x REAL, y REAL)")
            desk.execute(
                "INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES ('desk', 'attributes', 'desk')"
            )
            desk.execute("DETACH map")
            desk.execute("PRAGMA journal_mode=WAL")
        self._server.ask(
            f"CREATE TABLE desk (id bigserial PRIMARY KEY, case_code text, matter_name text, "
            f"geom geometry(Point, {self._srid}))",
            "CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS "
            "$$BEGIN PERFORM pg_notify('qgis', 'desk'); RETURN NULL; END$$",
            "CREATE TRIGGER tell AFTER INSERT ON desk FOR EACH STATEMENT EXECUTE FUNCTION tell()",
        )

    def run(self) -> None:
        """Feed from the moment QGIS is ready until `stop`."""
        while not self._ready.exists():
            if self._over.wait(0.2):
                return
        number, started = 0, time.monotonic()
        with closing(sqlite3.connect(self.desk, isolation_level=None, timeout=10.0)) as desk:
            while not self._over.wait(max(0.0, started + (number + 1) / RATE - time.monotonic())):
                number += 1
                place = number % RATE
                if place < 3:
                    self._into_table(desk, f"G{number:06d}")
                elif place < 6:
                    self._into_database(f"P{number:06d}")
                elif place == RATE - 1:
                    self._into_folder(number)

    def stop(self) -> None:
        """Let no more cases come."""
        self._over.set()
        self.join()

    def _spot(self) -> tuple[float, float]:
        west, south, east, north = self._box
        return self._random.uniform(west, east), self._random.uniform(south, north)

    def _into_table(self, desk: sqlite3.Connection, code: str) -> None:
        desk.execute(
            "INSERT INTO desk (case_code, matter_name, x, y) VALUES (?, '井盖破损', ?, ?)", (code, *self._spot())
        )
        self.came[code] = time.time()

    def _into_database(self, code: str) -> None:
        x, y = self._spot()
        self._server.ask(
            f"INSERT INTO desk (case_code, matter_name, geom) VALUES ('{code}', '占道经营', "
            f"ST_SetSRID(ST_MakePoint({x}, {y}), {self._srid}))"
        )
        self.came[code] = time.time()

    def _into_folder(self, number: int) -> None:
        codes = [f"F{number - back:06d}" for back in range(4)]
        made = self._made / f"{number:06d}.csv"
        with made.open("w", encoding="gb18030", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["案件编号", "小类名称", "x", "y"])
            writer.writerows([code, "暴露垃圾", *self._spot()] for code in codes)
        made.rename(self.folder / made.name)
        now = time.time()
        self.came.update(dict.fromkeys(codes, now))


def soak(one_map: Path, minutes: float, folder: Path) -> dict[str, Any]:
    """Run it and return what was written down."""
    own = folder / "out"
    shutil.copytree(one_map.parent, own)
    with closing(sqlite3.connect(own / one_map.name)) as connection:
        facts = dict(connection.execute("SELECT name, value FROM onemap_district").fetchall())
    install()
    room, ready, figures = folder / "server", folder / "ready", folder / "figures.json"
    room.mkdir()
    room.chmod(0o755)
    folder.chmod(0o755)
    with postgis(room) as server:
        feed = Feed(folder, server, tuple(json.loads(facts["bounds"])), int(facts["crs"].split(":")[1]), ready)
        feed.prepare(own / one_map.name)
        connection_facts = {"host": "127.0.0.1", "port": str(server.port), "database": "postgres"}
        connection_facts |= {"username": "postgres", "saveUsername": "true", "password": "-", "savePassword": "true"}
        plan = {
            "seconds": 60 * minutes + BEHIND_S,
            "ready": str(ready),
            "figures": str(figures),
            "connection": connection_facts,
            "sources": [
                {"kind": "folder", "place": str(feed.folder), "crs": facts["crs"]},
                {"kind": "table", "place": str(feed.desk), "table": "desk", "crs": facts["crs"]},
                {"kind": "postgis", "place": "soak", "table": "public.desk", "crs": facts["crs"]},
            ],
        }
        environment = os.environ | {
            "ONEMAP_SOAK": json.dumps(plan),
            "LIMIT": str(int(60 * minutes + 300)),
            "ONEMAP_PYTHON": os.environ.get("ONEMAP_PYTHON", sys.executable),
            "ZIP": str(folder / "onemap_center.zip"),
        }
        feed.start()
        threading.Thread(target=_end_feed, args=(feed, ready, 60 * minutes), daemon=True).start()
        command = ["sh", str(ROOT / "scripts" / "screenshot.sh"), str(own / one_map.name), str(folder / "live.png")]
        done = subprocess.run([*command, str(ROOT / "benchmarks" / "live_desktop.py")], env=environment, check=False)
        feed.stop()
    told: dict[str, Any] = json.loads(figures.read_text(encoding="utf-8"))
    with closing(sqlite3.connect(own / f"{one_map.stem}.live.gpkg")) as kept:
        told["kept"], told["assigned"] = kept.execute("SELECT count(*), count(how) FROM live_case").fetchone()
    return told | {"came": feed.came, "exit_code": done.returncode, "minutes": minutes}


def _end_feed(feed: Feed, ready: Path, seconds: float) -> None:
    while not ready.exists() and feed.is_alive():
        time.sleep(0.2)
    time.sleep(seconds)
    feed.stop()


def summary(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return the figures that are looked at."""
    came = told["came"]
    gaps = sorted((int(gap), count) for gap, count in told["gaps"].items())
    warm = [row for row in told["samples"] if row[0] >= min(WARM_S, told["samples"][-1][0] / 2)]
    (start, first, lent, before), (end, last, lent_last, after) = warm[0], warm[-1]
    found: dict[str, Any] = {
        "minutes": told["minutes"],
        "came": len(came),
        "kept": told["kept"],
        "assigned": told["assigned"],
        "shown": len(set(told["shown"]) & set(came)),
        "pause_ms": gaps[-1][0],
        "pauses": sum(count for gap, count in gaps if gap > PAUSE_MS),
        "memory_mb": [round(first), round(last)],
        "memory_minutes": [round(start / 60), round(end / 60)],
        "kb_a_case": round(1024 * (last - first) / max(1, after - before), 1),
        "worker_mb": [round(lent), round(lent_last)],
        "unmarked": len(set(came) - set(told["marked"])),
        "exit_code": told["exit_code"],
        "delays": {},
    }
    for letter, name in (("F", "folder"), ("G", "table"), ("P", "postgis")):
        codes = [code for code in came if code.startswith(letter)]
        steps = (told[what] for what in ("shown", "marked", "drawn"))
        found["delays"][name] = [_spread([step[code] - came[code] for code in codes if code in step]) for step in steps]
    return found


def _spread(delays: list[float]) -> list[float]:
    """Return median, 99th percentile and longest."""
    if len(delays) < 2:
        return [0.0, 0.0, 0.0]
    return [round(v, 2) for v in (statistics.median(delays), statistics.quantiles(delays, n=100)[98], max(delays))]


def table(found: Mapping[str, Any]) -> str:
    """Return the figures as the docs show them."""
    titles = {"folder": "a watched folder", "table": "a GeoPackage table", "postgis": "a PostGIS table, notified"}
    where = (
        f"{found['minutes']:g} minutes, {RATE} cases a second, the real desktop on a virtual screen, two busy cores:"
    )
    lines = [
        where + " time after which a case is",
        "",
        "| cases from | in the queue (median / 99 % / longest) | its sign on the map | drawn by the layer |",
        "|---|---|---|---|",
    ]
    for name, spreads in found["delays"].items():
        told = (" / ".join(f"{value:.2f}" for value in spread) + " s" for spread in spreads)
        lines.append(f"| {titles[name]} | {' | '.join(told)} |")
    first, last = found["memory_mb"]
    begin, end = found["memory_minutes"]
    rows = {
        "came": f"{found['came']:,}",
        "kept in the file": f"{found['kept']:,}",
        "with their cell": f"{found['assigned']:,}",
        "in the queue": f"{found['shown']:,}",
        "longest standstill of QGIS's window": f"{found['pause_ms']} ms",
        f"pauses of more than {PAUSE_MS} ms": found["pauses"],
        f"memory of QGIS, minute {begin} to {end}": f"{first} to {last} MB",
        "of this, for each case in the queue": f"{found['kb_a_case']} KB",
        "memory of the library": f"{found['worker_mb'][0]} to {found['worker_mb'][1]} MB",
    }
    lines += ["", "| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows.items())]
    return "\n".join(lines)


def verdict(found: Mapping[str, Any]) -> list[str]:
    """Return what is not as the docs promise."""
    came, (lent, lent_last) = found["came"], found["worker_mb"]
    lacking = {"kept": "lost", "shown": "not in the queue", "assigned": "without a cell"}
    wrong = [f"{came - found[name]:,} cases {what}" for name, what in lacking.items() if found[name] < came]
    wrong += ["no case came"] * (not came)
    if 100 * found["unmarked"] > came:
        wrong.append(f"{found['unmarked']:,} cases without a sign on the map")
    signs = {name: spreads[1][1] for name, spreads in found["delays"].items()}
    wrong += [f"sign on the map, {name}: {late} s" for name, late in signs.items() if late > SIGN_S]
    if lent_last > GROWTH * lent:
        wrong.append(f"memory of the library: {lent} to {lent_last} MB")
    if found["exit_code"]:
        wrong.append(f"QGIS ended with code {found['exit_code']}")
    return wrong


def write_docs(found: Mapping[str, Any]) -> None:
    """Put the table into the docs, in the place of the old one."""
    DOCS.write_text(put_into(DOCS.read_text(encoding="utf-8"), table(found), mark=MARK), encoding="utf-8")


def main() -> None:
    """Read the command line and soak."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--map", type=Path, help="a one map; left out: the sample city")
    parser.add_argument("--out", type=Path, help="where figures and picture are put")
    parser.add_argument("--no-docs", action="store_true", help="print only")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as room:
        folder, one_map = Path(room), given.map
        if one_map is None:
            command = [sys.executable, "-I", "-m", "onemap"]
            subprocess.run([*command, "sample", str(folder / "city")], check=True)
            subprocess.run(
                [*command, "run", str(folder / "city" / "onemap.toml"), "--out", str(folder / "made")], check=True
            )
            one_map = folder / "made" / "onemap.gpkg"
        found = summary(told := soak(one_map.resolve(), given.minutes, folder))
        if given.out is not None:
            given.out.mkdir(parents=True, exist_ok=True)
            (given.out / "live.json").write_text(
                json.dumps(found | {"samples": told["samples"]}, indent=1), encoding="utf-8"
            )
            if (folder / "live.png").exists():
                shutil.copy(folder / "live.png", given.out / "live.png")
    print(table(found))
    if not given.no_docs:
        write_docs(found)
    if wrong := verdict(found):
        raise SystemExit(f"not as promised: {'; '.join(wrong)}")


if __name__ == "__main__":
    main()
