"""Who answers, the slow way: every duty tried at every spot with plain shapely, nothing looked up, nothing kept."""

import datetime as dt

import shapely

PARTS = ("in_charge", "owner", "maintainer", "territorial")
ROLES = ("grid_worker", "collector", "patrol", "grid_head", "community_head", "street_head", "department", "other", "")


def text(value):
    return "" if value is None or str(value) in ("nan", "NaT") else str(value)


def on_day(row, day):
    first, last = row.get("valid_from"), row.get("valid_to")
    return (not text(first) or first <= day) and (not text(last) or day <= last)


def claimants(rows, key, point):
    """Of the areas: the one with the smallest code that covers the point, and all that have it inside."""
    covering = sorted((row for row in rows if row["geometry"].covers(point)), key=lambda row: row[key])
    inside = [row for row in covering if row["geometry"].contains(point)]
    return covering[:1] + [row for row in inside if row is not covering[0]]


def kind_of(calendar, day):
    for row in calendar:
        if row["date"] == day:
            return row["kind"]
    return "weekend" if day.weekday() >= 5 else "workday"


def seconds(clock):
    hour, minute = clock.split(":")
    return int(hour) * 3600 + int(minute) * 60


def shifts_on(shifts, calendar, local):
    """A shift is on if it began today or yesterday, on a day of its kinds, and has not ended."""
    on = set()
    for shift in shifts:
        for back in (0, 1):
            day = local.date() - dt.timedelta(days=back)
            if kind_of(calendar, day) not in shift["days"].split(","):
                continue
            begin = dt.datetime.combine(day, dt.time()) + dt.timedelta(seconds=seconds(shift["start"]))
            length = (seconds(shift["end"]) - seconds(shift["start"])) % 86400 or 86400
            if begin <= local < begin + dt.timedelta(seconds=length):
                on.add(shift["shift_code"])
    return on


def find_grids(city, point, day):
    """Grids of every scope that claim the point, as (scope, code, agency, attributes), and the chain."""
    found, chain, below = [], [], []
    for level, key in reversed(city["levels"]):
        rows = [row for row in city[level] if on_day(row, day)]
        named = []
        for one in below:
            named += [row for row in rows if row[key] == text(one.get("parent_code")) and row not in named]
        below = named or claimants(rows, key, point)
        chain += [(level, below[0][key])] if below else []
        found += [(level, row[key], "", row) for row in below]
    for agency in sorted({row["agency"] for row in city["duty_grid"]}):
        own = [row for row in city["duty_grid"] if row["agency"] == agency and on_day(row, day)]
        found += [("duty_grid", row["duty_code"], agency, row) for row in claimants(own, "duty_code", point)]
    distance = {}
    for row in city["road"]:
        metres, half = row["geometry"].distance(point), row["width_m"] / 2
        entry = distance.setdefault(row["road_code"], [row, metres <= half, metres])
        entry[1] = entry[1] or metres <= half
        entry[2] = min(entry[2], metres)
    reached = [code for code, (_, inside, _) in distance.items() if inside]
    if not reached:
        near = [code for code, (_, _, metres) in distance.items() if metres <= city["road_near_m"]]
        least = min((distance[code][2] for code in near), default=0)
        reached = [code for code in near if distance[code][2] == least] if city["road_near_m"] else []
    found += [("road", code, "", distance[code][0]) for code in reached]
    return found, chain[::-1]


def find_facts(city, point, grids):
    facts = set()
    for scope, _, _, row in grids:
        if scope == "road":
            facts |= {"on_road", f"road.class={row['class']}"}
        elif scope != "duty_grid" and text(row.get("kind")):
            facts.add(f"{scope}.kind={row['kind']}")
    inside = claimants(city["compound"], "compound_code", point)
    return facts | {"in_compound" for _ in inside} | {f"compound.class={row['class']}" for row in inside}


def met(condition, facts):
    words = [word for word in condition.replace(",", " ").split() if word]
    return all((word[1:] not in facts) if word.startswith("!") else (word in facts) for word in words)


def who_stands(city, duty, scope, code, agency, day, on):
    """(deputy, role) of the best who are in, and their codes."""
    rows = []
    for row in city["holder"]:
        if text(duty["holder_code"]):
            fits = row["holder_code"] == duty["holder_code"]
        else:
            wanted = text(duty["agency"]) or agency
            fits = row["grid_code"] == code and (not wanted or not text(row["agency"]) or row["agency"] == wanted)
            fits = fits and (not text(duty["role"]) or row["role"] == duty["role"])
            fits = fits and (not text(row["level"]) or row["level"] == scope)
        if fits and on_day(row, day) and (not text(row["shift"]) or row["shift"] in on):
            rows.append(((row["deputy"], ROLES.index(row["role"])), row["holder_code"]))
    best = min((place for place, _ in rows), default=None)
    return {code for place, code in rows if place == best}


def answer(city, x, y, matter, local):
    """State, part, codes of the deciding duties, holder, holders of the parts, cell."""
    point, day = shapely.Point(x, y), local.date()
    on = shifts_on(city["shift"], city["calendar_day"], local)
    grids, chain = find_grids(city, point, day)
    facts = find_facts(city, point, grids)
    order = ["road", "duty_grid", *(level for level, _ in reversed(city["levels"]))]
    found = {part: [] for part in PARTS}
    for duty in city["duty"]:
        if (
            not on_day(duty, day)
            or (text(duty["shift"]) and duty["shift"] not in on)
            or not met(duty["condition"], facts)
        ):
            continue
        named = [m for m in duty["matters"].split(",") if m == "*" or matter.startswith(m)]
        for scope, code, agency, _ in grids:
            known = city["codes"][scope]
            exact = duty["scope_code"] in known
            start = "" if duty["scope_code"] == "*" else duty["scope_code"]
            fits = code == start if exact else code.startswith(start)
            if scope != duty["scope"] or not fits or not named:
                continue
            if scope == "duty_grid" and text(duty["agency"]) and agency != duty["agency"]:
                continue
            specific = max(0 if m == "*" else len(m) for m in named)
            conditions = len(set(duty["condition"].replace(",", " ").split()))
            key = (order.index(scope), -len(start), -specific, -conditions, duty["rank"])
            stands = who_stands(city, duty, scope, code, agency, day, on)
            post = (text(duty["agency"]), text(duty["role"]), text(duty["holder_code"]), scope, code)
            found[duty["part"]].append((key, duty["duty_code"], post, stands))
    told = {}
    for part, claims in found.items():
        if claims:
            best = [claim for claim in claims if claim[0] == min(c[0] for c in claims)]
            told[part] = decide(best)
    cell = chain[-1][1] if chain else ""
    first = next(iter(told), "")
    state = told[first][0] if first else "nobody" if chain else "outside"
    duties = told[first][2] if first else set()
    holders = {part: told[part][1] if part in told else "" for part in PARTS}
    return {"state": state, "part": first, "duties": duties, "cell": cell, **holders}


def decide(best):
    posts = {post: stands for _, _, post, stands in best}
    duties = {code for _, code, _, _ in best}
    if len(posts) == 1:
        stands = next(iter(posts.values()))
        state = {0: "vacant", 1: "held"}.get(len(stands), "conflict")
        return state, next(iter(stands)) if len(stands) == 1 else "", duties
    if all(len(stands) == 1 for stands in posts.values()) and len(set.union(*posts.values())) == 1:
        return "held", next(iter(set.union(*posts.values()))), duties
    return "conflict", "", duties
