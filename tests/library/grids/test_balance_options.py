"""What a balance is asked to honour, on boards small enough to look at every division: nothing is better than its answer."""

import itertools
from dataclasses import dataclass, field

import geopandas as gpd
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from shapely import LineString, box

from onemap import balance_cells
from tests.library.grids.test_balance import CRS, board, by_code

Pair = tuple[str, str]


@dataclass
class Task:
    """A board and what is asked of it.

    Attributes
    ----------
    walls, houses
        Pairs of neighbours with a barrier between them, and with a house across their border.
    fixed, old
        The group that cells are locked to; the group that each comes from.
    """

    width: int
    load: dict[str, int]
    groups: int = 2
    walls: list[Pair] = field(default_factory=list)
    houses: list[Pair] = field(default_factory=list)
    fixed: dict[str, str] = field(default_factory=dict)
    old: dict[str, str] = field(default_factory=dict)
    least: int = 0
    most: int = 10**6
    price: float = 0.0
    tolerance: float = 0.0

    @property
    def edges(self) -> list[Pair]:
        """Return the pairs of neighbours, told by row and column alone."""
        return [
            (one, other)
            for one, other in itertools.combinations(self.load, 2)
            if abs(ord(one[0]) - ord(other[0])) + abs(int(one[1]) - int(other[1])) == 1
        ]

    @property
    def open_edges(self) -> list[Pair]:
        return [edge for edge in self.edges if edge not in self.walls]

    def pieces(self, cells: set[str]) -> int:
        """Return into how many pieces some cells fall, going over open borders only."""
        left, count = set(cells), 0
        while left:
            count += 1
            reached = {left.pop()}
            while reached:
                here = reached.pop()
                beside = {b if a == here else a for a, b in self.open_edges if here in (a, b)} & left
                left -= beside
                reached |= beside
        return count

    def is_legal(self, division: dict[str, str]) -> bool:
        return (
            all(division[cell] == group for cell, group in self.fixed.items())
            and all(division[one] == division[other] for one, other in self.houses)
            and all(self.pieces({c for c in division if division[c] == g}) == 1 for g in set(division.values()))
        )

    def score(self, division: dict[str, str]) -> tuple[float, float, int]:
        """Return what a division is judged by: beyond the bounds; worst deviation and price of moving; border."""
        held: dict[str, int] = {}
        for cell, group in division.items():
            held[group] = held.get(group, 0) + self.load[cell]
        mean = sum(held.values()) / self.groups
        worst = max(abs(load - mean) for load in held.values())
        worst = max(worst, self.tolerance * mean)
        moved = sum(self.load[cell] for cell, group in self.old.items() if division[cell] != group)
        beyond = sum(max(0, self.least - load) + max(0, load - self.most) for load in held.values())
        border = sum(division[one] != division[other] for one, other in self.open_edges)
        return beyond, round(worst + self.price * moved, 6), border

    def every_division(self):
        """Yield every legal division by name of group."""
        names = sorted({*self.fixed.values(), *self.old.values()})
        names += [name for name in ("p", "q", "r", "s") if name not in names][: self.groups - len(names)]
        for chosen in itertools.product(names, repeat=len(self.load)):
            division = dict(zip(self.load, chosen, strict=True))
            if len(set(chosen)) == self.groups and self.is_legal(division):
                yield division

    def layers(self) -> dict[str, gpd.GeoSeries]:
        """Return barriers and houses as shapes."""
        walls, houses = [], []
        for pairs, shapes in ((self.walls, walls), (self.houses, houses)):
            for one, other in pairs:
                x = 50.0 * (int(one[1]) + int(other[1]) - 1)
                y = -50.0 * (ord(one[0]) + ord(other[0]) - 2 * ord("a") + 1)
                along = (0, 50) if one[0] == other[0] else (50, 0)
                shapes.append(
                    LineString([(x - along[0], y - along[1]), (x + along[0], y + along[1])])
                    if shapes is walls
                    else box(x - 10, y - 10, x + 10, y + 10)
                )
        named = {"barriers": walls, "buildings": houses}
        return {name: gpd.GeoSeries(shapes, crs=CRS) for name, shapes in named.items() if shapes}

    def answer(self, **options):
        rows = [list(self.load.values())[at : at + self.width] for at in range(0, len(self.load), self.width)]
        cells = board(rows)
        asked = {"minimum": self.least, "maximum": self.most, "tolerance": self.tolerance, **self.layers(), **options}
        if self.fixed:
            asked["locked"] = self.fixed
        if self.old:
            asked |= {"seeds": self.old, "move_price": self.price}
        result = balance_cells(cells, load="households", groups=self.groups, **asked)
        return result, by_code(result, cells)


@st.composite
def tasks(draw, most_cells, most_groups=3):
    height = draw(st.integers(1, 4))
    width = draw(st.integers(2, 6).filter(lambda w: 4 <= height * w <= most_cells))
    codes = [f"{'abcd'[i]}{j + 1}" for i in range(height) for j in range(width)]
    load = {code: draw(st.integers(1, 40)) for code in codes}
    task = Task(width, load, groups=draw(st.integers(2, most_groups if len(codes) <= 6 or most_cells > 8 else 2)))
    task.walls = draw(st.lists(st.sampled_from(task.edges), max_size=3, unique=True))
    assume(task.pieces(set(load)) == 1)
    task.houses = draw(st.lists(st.sampled_from(task.open_edges), max_size=2, unique=True))
    return task


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(tasks(8), st.data())
def test_no_legal_division_of_a_small_board_is_better(task, data):
    ask = data.draw(st.sampled_from(["bounds", "locks", "seeds", "price", "tolerance"]))
    total = sum(task.load.values())
    if ask == "bounds":
        task.least = data.draw(st.integers(0, total // task.groups))
        task.most = data.draw(st.integers(total // task.groups, total))
    elif ask == "locks":
        task.fixed = data.draw(
            st.dictionaries(st.sampled_from(sorted(task.load)), st.sampled_from(["p", "q"]), min_size=1, max_size=3)
        )
    elif ask == "tolerance":
        task.tolerance = data.draw(st.sampled_from([0.02, 0.1, 0.3]))
    else:
        every = list(Task(task.width, task.load, task.groups).every_division())
        task.old = data.draw(st.sampled_from(every))
        task.price = data.draw(st.sampled_from([0.1, 0.5, 1.0, 3.0])) if ask == "price" else 0.0
    result, division = task.answer()
    best = min(map(task.score, task.every_division()), default=None)
    if best is None:  # locks that cannot be kept together, or houses that leave too few groups: said
        assert not result.ok
        return
    assert task.is_legal(division)
    if task.price:  # what moving costs is searched and not proved: never worse than to leave all as it is
        assert best[:2] <= task.score(division)[:2]
        assert not task.is_legal(task.old) or task.score(division)[:2] <= task.score(task.old)[:2]
        return
    measures = 2 if task.walls else 3  # the oracle counts borders, it does not measure them
    assert task.score(division)[:measures] == best[:measures]
    beyond = [load for load in result.loads.query("state == 'after'")["load"] if not task.least <= load <= task.most]
    assert bool(beyond) == bool(set(result.impossible["kind"]) & {"minimum", "maximum", "heavy_cell"})


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(tasks(24, most_groups=5), st.data())
def test_on_any_board_barriers_houses_and_locks_hold_and_staying_is_never_better(task, data):
    every = sorted(task.load)
    task.fixed = data.draw(st.dictionaries(st.sampled_from(every), st.sampled_from(["p", "q"]), max_size=2))
    result, division = task.answer()
    for group in set(division.values()):
        assert task.pieces({cell for cell in division if division[cell] == group}) == 1
    assert all(division[one] == division[other] for one, other in task.houses)
    told = set(itertools.chain(*result.impossible.loc[result.impossible["kind"].str.startswith("lock"), "cells"]))
    assert all(division[cell] == group for cell, group in task.fixed.items() if cell not in told)
    if result.ok:
        assert len(set(division.values())) == task.groups
    # from a legal division, with a price on moving, the answer is never worse than to leave all as it is
    start = Task(task.width, task.load, task.groups, task.walls, task.houses, old=division, price=0.3)
    if not result.ok:
        return
    start.old = division
    moved_on = dict(zip(every, data.draw(st.permutations([task.load[cell] for cell in every])), strict=True))
    start.load = {cell: moved_on[cell] for cell in task.load}  # the loads of next year
    _, after = start.answer()
    assert start.score(after)[:2] <= start.score(division)[:2]


def test_groups_are_named_as_the_plan_with_a_price_was_judged():
    """The group with most people of "1" took that name, and more people were moved than by staying as it was."""
    task = Task(
        4, {"a1": 10, "a2": 11, "a3": 6, "a4": 10}, 3, old={"a1": "1", "a2": "1", "a3": "2", "a4": "3"}, price=0.3
    )
    result, division = task.answer()
    assert result.ok
    assert division == {"a1": "1", "a2": "2", "a3": "2", "a4": "3"}
    assert task.score(division) == min(map(task.score, task.every_division()))
