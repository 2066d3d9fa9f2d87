"""R3: no input crashes, hangs or ends in an error that is not ours."""

import contextlib
import copy
import io
import json
import os
import random
import select
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from onemap.errors import OnemapError
from onemap.sources.reading import ReadRequest, read

from .conftest import write_seeds

HERE = Path(__file__).parent
KEPT = HERE.parent.parent / "data" / "mutated"
SECONDS = 60
MEGABYTES = 2048
SPECIAL = [
    b"\0",
    b"\xff\xff\xff\xff",
    b"\0\0\0\x80",
    b"NaN",
    b"1e400",
    b'"',
    b"\r\n",
    b"{",
    b"]",
    b"\xed\xa0\x80",
    b"-1",
    b"=",
]


def mutate(data: bytes, chance: random.Random) -> bytes:
    """Return ``data`` with one to eight injuries of random kinds."""
    out = bytearray(data)
    for _ in range(chance.choice([1, 1, 2, 4, 8])):
        if not out:
            break
        at = chance.randrange(len(out))
        # headers are where the harm is done: half of the injuries go there
        at = chance.randrange(min(len(out), 600)) if chance.random() < 0.5 else at
        kind = chance.choice([0, 0, 0, 1, 2, 3, 4, 5, 6])
        size = chance.choice([1, 2, 4, 16, 256])
        if kind == 0:
            out[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            out[at : at + size] = chance.randbytes(size)
        elif kind == 2:
            del out[at : at + size]
        elif kind == 3:
            out[at:at] = out[at : at + size]
        elif kind == 4:
            out[at:at] = chance.choice(SPECIAL)
        elif kind == 5:
            special = chance.choice(SPECIAL)
            out[at : at + len(special)] = special
        else:
            del out[at : len(out) if chance.random() < 0.3 else at + 1]
    return bytes(out)


def hurt_text(data: bytes, chance: random.Random) -> bytes:
    """Return text with one injury that leaves it text: a digit, a separator or a word changed."""
    out = bytearray(data)
    places = [at for at, byte in enumerate(out) if byte in b'0123456789ABCDEF,.;<>/={}[]"-: \n']
    for _ in range(chance.choice([1, 2, 5])):
        at = chance.choice(places)
        new = chance.choice(
            [b"0", b"9", b"F", b"-", b"", b",", b'"', b"1e999", b"nan", b"null", b"\n", b"[[", b"<a/>", b"\xe2\x80\xae"]
        )
        out[at : at + 1] = new.ljust(1, b" ") if new else b" "
        places = [place for place in places if place < at]
        if not places:
            break
    return bytes(out)


def hurt_member(data: bytes, chance: random.Random) -> bytes:
    """Return a zip with one member injured and everything around it sound."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    name = chance.choice(sorted(members))
    hurt = hurt_text if members[name][:1] == b"<" and chance.random() < 0.7 else mutate
    members[name] = hurt(members[name], chance)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members.items():
            archive.writestr(member if chance.random() < 0.98 else f"../{member}", content)
    return made.getvalue()


def hurt_tree(data: bytes, chance: random.Random) -> bytes:
    """Return a GeoJSON with some values of its tree replaced by others."""
    tree = json.loads(data)
    strange = [
        None,
        "",
        "x" * 300,
        -1,
        1e308,
        1e15,
        [],
        {},
        [[]],
        [1],
        True,
        {"type": "Polygon"},
        "Polygon",
        [[0, 0], [1, 1]],
    ]
    for _ in range(chance.choice([1, 1, 3])):
        node = tree
        while True:
            keys = list(node) if isinstance(node, dict) else list(range(len(node)))
            if not keys:
                break
            key = chance.choice(keys)
            if isinstance(node[key], dict | list) and node[key] and chance.random() < 0.9:
                node = node[key]
                continue
            node[key] = copy.deepcopy(chance.choice(strange))
            break
    return json.dumps(tree, ensure_ascii=False).encode()


def hurt_rows(data: bytes, chance: random.Random) -> bytes:
    """Return a GeoPackage, sound as a database, with strange rows in it."""
    with contextlib.closing(sqlite3.connect(":memory:")) as database:
        database.deserialize(data)
        database.execute("DROP TRIGGER IF EXISTS rtree_cells_geom_update6")
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f'DROP TRIGGER "{name}"')
        row = chance.randrange(1, 31)
        (blob,) = database.execute("SELECT geom FROM cells WHERE fid = ?", (row,)).fetchone()
        actions = [
            lambda: database.execute("UPDATE cells SET geom = ? WHERE fid = ?", (mutate(blob, chance), row)),
            lambda: database.execute("UPDATE cells SET geom = ? WHERE fid = ?", (blob[: chance.randrange(len(blob))], row)),
            lambda: database.execute('UPDATE cells SET "名称" = ? WHERE fid = ?', (chance.choice([b"\xff\xfe", 3.5, None, "a\0b"]), row)),
            lambda: database.execute('UPDATE cells SET "楼层" = ? WHERE fid = ?', (chance.choice(["many", 2**62, b"\0", 1e300]), row)),
            lambda: database.execute("UPDATE gpkg_contents SET srs_id = ?", (chance.choice([99999, -1, 0, 4326]),)),
            lambda: database.execute("UPDATE gpkg_geometry_columns SET srs_id = ?", (chance.choice([99999, -1, 0, 4490]),)),
            lambda: database.execute("DELETE FROM gpkg_geometry_columns"),
            lambda: database.execute("UPDATE gpkg_spatial_ref_sys SET definition = 'PROJCS[' WHERE srs_id = 4548"),
            lambda: database.execute("UPDATE gpkg_geometry_columns SET geometry_type_name = ?", (chance.choice(["POINT", "X", "CURVEPOLYGON"]),)),
            lambda: database.execute("DELETE FROM cells"),
            lambda: database.execute("ALTER TABLE cells RENAME COLUMN geom TO shape"),
        ]  # fmt: skip
        for _ in range(chance.choice([1, 2, 3])):
            with contextlib.suppress(sqlite3.Error):
                chance.choice(actions)()
        database.commit()
        return database.serialize()


SOUND_AROUND = {
    ".csv": hurt_text, ".xlsx": hurt_member, ".zip": hurt_member, ".geojson": hurt_tree, ".gpkg": hurt_rows,
    ".prj": hurt_text, ".cpg": hurt_text,
}  # fmt: skip


def mutants(folder: Path, count: int, seed: int) -> Iterator[Path]:
    """Yield mutated sources, each in a folder of its own."""
    sources = write_seeds(folder / "seeds")
    chance = random.Random(seed)
    for number in range(count):
        source = sources[number % len(sources)]
        place = folder / f"{number:06d}"
        place.mkdir()
        files = sorted(source.parent.glob(f"{source.stem}.*")) if source.suffix == ".shp" else [source]
        files = [file for file in files if file.suffix in (".shp", ".shx", ".dbf", ".prj", ".cpg") or file == source]
        hurt = chance.choice(files)
        for file in files:
            data = file.read_bytes()
            # half of the injuries are such that the format around them stays sound
            injure = SOUND_AROUND.get(file.suffix, mutate) if chance.random() < 0.5 else mutate
            (place / file.name).write_bytes(injure(data, chance) if file == hurt else data)
        yield place / source.name


class Worker:
    """A long-lived child that reads sources; it is started again after a crash or a hang."""

    def __init__(self) -> None:
        self.child: subprocess.Popen[str] | None = None

    def ask(self, path: Path) -> dict[str, object]:
        if self.child is None:
            command = [sys.executable, str(HERE / "r3_worker.py")]
            environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
            self.child = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                env=environment,
            )
        self.child.stdin.write(f"{path}\n")
        self.child.stdin.flush()
        ready, _, _ = select.select([self.child.stdout], [], [], SECONDS)
        line = self.child.stdout.readline() if ready else ""
        if line:
            return json.loads(line)
        ended = "crash" if ready else "hang"
        self.stop()
        return {"outcome": ended, "text": "", "megabytes": 0}

    def stop(self) -> None:
        if self.child is not None:
            self.child.kill()
            self.child.wait()
            self.child = None


def run(folder: Path, count: int, seed: int) -> tuple[Counter[str], list[str]]:
    """Read ``count`` mutants; return what came of them, and the failures in words."""
    worker = Worker()
    outcomes: Counter[str] = Counter()
    failures = []
    try:
        for path in mutants(folder, count, seed):
            answer = worker.ask(path)
            what = str(answer["outcome"])
            if int(answer["megabytes"]) > MEGABYTES:
                what = "memory"
            outcomes[what] += 1
            if what in ("other", "crash", "hang", "memory"):
                failures.append(f"{path}: {what} {answer['text']}")
            else:
                shutil.rmtree(path.parent)
    finally:
        worker.stop()
    return outcomes, failures


def check(folder: Path, count: int, seed: int) -> None:
    outcomes, failures = run(folder, count, seed)
    typed = sum(outcomes[name] for name in ("SourceError", "CrsError", "SchemaError", "GeometryError"))
    print(
        f"R3: {count} mutated inputs: {outcomes['result']} read, {typed} refused with a typed error, {len(failures)} others"
    )
    assert not failures, "\n".join(failures[:20])
    assert outcomes["result"] + typed == count


def test_r3_mutated_inputs_small_dose(tmp_path: Path) -> None:
    check(tmp_path, 500, seed=3)


@pytest.mark.soak
@pytest.mark.skipif(os.environ.get("ONEMAP_DOSE") != "full", reason="full dose only with ONEMAP_DOSE=full")
def test_r3_mutated_inputs_full_dose(tmp_path: Path) -> None:
    check(tmp_path, 5000, seed=int(os.environ.get("ONEMAP_SEED", "2026")))


@pytest.mark.parametrize("path", sorted(KEPT.glob("*")), ids=lambda path: path.name)
def test_r3_inputs_that_once_failed(path: Path) -> None:
    source = next(iter(path.glob("*.shp")), None) if path.is_dir() else path
    try:
        reading = read(
            ReadRequest(source, crs=None if source.suffix in (".gpkg", ".shp", ".geojson", ".fgb") else 4326)
        )
    except OnemapError as error:
        assert str(error).startswith(str(source))
    else:
        assert reading.rows_in == len(reading.frame) + int(reading.rejects["removed"].sum())
