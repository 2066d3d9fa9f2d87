"""Connected parts, against sets that are merged until nothing changes."""

from hypothesis import given
from hypothesis import strategies as st

from onemap.geo.connected import connected, part_from


@given(st.lists(st.integers(0, 12), unique=True), st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12))))
def test_parts_are_those_that_merging_finds(things, pairs):
    parts = [{thing} for thing in things]
    for one, other in pairs:
        if one in things and other in things:
            touched = [part for part in parts if one in part or other in part]
            parts = [part for part in parts if part not in touched] + [set().union(*touched)]
    near = {thing: [b for a, b in pairs if a == thing] + [a for a, b in pairs if b == thing] for thing in range(13)}
    found = connected(things, near.__getitem__)
    assert sorted(map(sorted, found)) == sorted(map(sorted, parts))
    assert [part[0] for part in found] == [thing for thing in things if any(thing == part[0] for part in found)]
    left = set(things)
    for part in found:
        assert part_from(part[0], near.__getitem__, left) == part
    assert not left
