"""Small cities drawn at random: overlaps, holes, versions, shifts, ties and conditions as they come."""

import datetime as dt

import geopandas as gpd
import pandas as pd
import shapely

from onemap.responsibility import MatrixOptions, ResponsibilityMatrix

CRS = "EPSG:4548"
DAYS = [dt.date(2026, 9, 28) + dt.timedelta(days=n) for n in range(14)]
AGENCIES = ("城管", "公安")
ROLES = ("grid_worker", "grid_head", "patrol", "")
MATTERS = ("0101", "0102", "0201", "0501")
LEVELS = [("grid_street", "street_code"), ("grid_community", "community_code"), ("grid_cell", "cell_code")]


def draw_city(rng):
    """Return the tables of a city as lists of rows."""
    city = {"levels": LEVELS, "road_near_m": rng.choice([0, 1])}
    city["grid_street"] = [
        {"street_code": f"S{n}", "name": f"街{n}", "parent_code": "", "geometry": shapely.box(6 * n, 0, 6 * n + 6, 8)}
        for n in (0, 1)
    ]
    city["grid_community"] = [
        {
            "community_code": f"S{n // 2}C{n}",
            "name": "",
            "parent_code": rng.choice([f"S{n // 2}", "gone", ""]),
            "geometry": shapely.box(3 * n, 0, 3 * n + 3, 8),
        }
        for n in range(4)
    ]
    city["grid_cell"] = [cell for n in range(12) for cell in draw_cells(rng, n)]
    city["duty_grid"] = [draw_duty_grid(rng, n) for n in range(rng.randint(0, 5))]
    city["road"] = [draw_road(rng, n) for n in range(rng.randint(0, 3))]
    city["compound"] = [
        {"compound_code": f"K{n}", "class": rng.choice(["hospital", "school"]), "geometry": draw_box(rng, 3)}
        for n in range(rng.randint(0, 2))
    ]
    city["shift"] = [draw_shift(rng, code) for code in ("day", "night")]
    city["calendar_day"] = [
        {"date": day, "kind": rng.choice(["holiday", "workday"])} for day in DAYS if rng.random() < 0.3
    ]
    city["codes"] = {
        **{level: {row[key] for row in city[level]} for level, key in LEVELS},
        "duty_grid": {row["duty_code"] for row in city["duty_grid"]},
        "road": {row["road_code"] for row in city["road"]},
    }
    city["duty"] = [draw_duty(rng, n, city["codes"]) for n in range(rng.randint(4, 26))]
    held = sorted(set().union(*city["codes"].values()))
    city["holder"] = [draw_holder(rng, n, held) for n in range(rng.randint(10, 90))]
    return city


def span(rng, share):
    if rng.random() > share:
        return {"valid_from": None, "valid_to": None}
    first, last = sorted([rng.choice(DAYS), rng.choice(DAYS)])
    return {"valid_from": rng.choice([first, None]), "valid_to": rng.choice([last, None])}


def draw_box(rng, most):
    x, y = rng.randint(0, 10), rng.randint(0, 7)
    return shapely.box(x, y, x + rng.randint(1, most), y + rng.randint(1, most))


def draw_cells(rng, n):
    west, south = n % 4 * 3, n // 4 * 3
    row = {
        "cell_code": f"S{n % 4 // 2}C{n % 4}G{n:02d}",
        "name": f"格{n}",
        "parent_code": rng.choice([f"S{n % 4 // 2}C{n % 4}", "", "gone"]),
        "kind": rng.choice(["base", "exclusive", ""]),
    }
    if rng.random() < 0.1:
        return
    if rng.random() < 0.3:
        turn = rng.choice(DAYS)
        yield {**row, "valid_from": None, "valid_to": turn, "geometry": shapely.box(west, south, west + 3, south + 3)}
        yield {
            **row,
            "valid_from": turn + dt.timedelta(days=1),
            "valid_to": None,
            "geometry": shapely.box(west, south, west + rng.randint(2, 4), south + 3),
        }
    else:
        yield {
            **row,
            "valid_from": None,
            "valid_to": None,
            "geometry": shapely.box(west, south, west + rng.choice([3, 3, 4]), south + 3),
        }


def draw_duty_grid(rng, n):
    return {
        "duty_code": f"D{n}",
        "agency": rng.choice(AGENCIES),
        "name": f"责{n}",
        "holder": "",
        **span(rng, 0.2),
        "geometry": draw_box(rng, 8),
    }


def draw_road(rng, n):
    places = [(rng.randint(0, 12), rng.randint(0, 9)) for _ in range(rng.randint(2, 3))]
    line = shapely.LineString(places if len(set(places)) > 1 else [(0, 0), (12, 9)])
    return {
        "road_code": f"R{n % 2}",
        "name": "",
        "class": ["arterial", "lane"][n % 2],
        "width_m": rng.choice([1.0, 2.0]),
        "geometry": line,
    }


def draw_shift(rng, code):
    hours = [f"{rng.randint(0, 23):02d}:{rng.choice(['00', '30'])}" for _ in range(2)]
    days = [kind for kind in ("workday", "weekend", "holiday") if rng.random() < 0.7] or ["workday"]
    return {"shift_code": code, "name": code, "days": ",".join(days), "start": hours[0], "end": hours[1]}


def draw_duty(rng, n, codes):
    scope = rng.choice(["grid_cell", "grid_cell", "grid_community", "grid_street", "duty_grid", "duty_grid", "road"])
    known = sorted(codes[scope])
    code = rng.choice(known) if known and rng.random() < 0.4 else "*"
    if code != "*" and rng.random() < 0.3:
        code = code[: rng.randint(1, len(code))]
    return {
        "duty_code": f"Z{n:02d}",
        "agency": rng.choice([*AGENCIES, ""]),
        "matters": rng.choice(["*", "*", "*", "01", "01", "02", "0101", "05", "0501", "01,05", "0102,0201"]),
        "condition": rng.choice(
            [
                "",
                "",
                "",
                "on_road",
                "!on_road",
                "in_compound",
                "!in_compound, on_road",
                "grid_cell.kind=exclusive",
                "road.class=lane",
                "compound.class=school",
            ]
        ),
        "scope": scope,
        "scope_code": code,
        "part": rng.choice(["in_charge", "in_charge", "owner", "maintainer", "territorial"]),
        "role": rng.choice(["", "", "grid_worker"]),
        "holder_code": rng.choice(["", "", "", "H1", "H2"]),
        "shift": rng.choice(["", "", "day", "night"]),
        "rank": rng.choice([0, 0, 1]),
        **span(rng, 0.2),
    }


def draw_holder(rng, n, held):
    return {
        "holder_code": f"H{rng.randint(0, 20)}",
        "name": f"人{n}",
        "role": rng.choice(ROLES),
        "grid_code": rng.choice(held),
        "level": rng.choice(["", "", "grid_cell", "duty_grid"]),
        "agency": rng.choice([*AGENCIES, "", "", "", ""]),
        "phone": "1000",
        "shift": rng.choice(["", "", "day", "night"]),
        "deputy": rng.choice([0, 0, 1, 2]),
        **span(rng, 0.3),
    }


def frame(rows, columns):
    table = pd.DataFrame(rows, columns=columns) if not rows else pd.DataFrame(rows)
    return gpd.GeoDataFrame(table, geometry="geometry", crs=CRS)


def make_matrix(city, rng=None, **options):
    """Return the matrix of a city; the order of all rows is changed where a generator is given."""

    def shuffled(rows):
        rows = list(rows)
        if rng is not None:
            rng.shuffle(rows)
        return rows

    def table(name, columns):
        rows = shuffled(city[name])
        return pd.DataFrame(rows) if rows else pd.DataFrame(columns=columns)

    levels = {level: frame(shuffled(city[level]), [key, "geometry"]) for level, key in LEVELS}
    return ResponsibilityMatrix(
        levels,
        table("duty", ["duty_code"]),
        table("holder", ["holder_code"]),
        duty_grids=frame(shuffled(city["duty_grid"]), ["duty_code", "agency", "holder", "geometry"]),
        shifts=table("shift", ["shift_code"]),
        calendar=table("calendar_day", ["date", "kind"]),
        roads=frame(shuffled(city["road"]), ["road_code", "width_m", "class", "geometry"]),
        compounds=frame(shuffled(city["compound"]), ["compound_code", "class", "geometry"]),
        options=MatrixOptions(road_near_m=city["road_near_m"], **options),
    )


def draw_questions(rng, count):
    """Return x, y, matter and local time of questions; many on borders and corners, some outside."""
    for _ in range(count):
        x, y = (
            rng.choice([rng.randint(-1, 14), rng.uniform(0, 13)]),
            rng.choice([rng.randint(-1, 10), rng.uniform(0, 9)]),
        )
        day = rng.choice(DAYS)
        yield (
            float(x),
            float(y),
            rng.choice(MATTERS),
            dt.datetime.combine(day, dt.time(rng.randint(0, 23), rng.choice([0, 30, 59]))),
        )
