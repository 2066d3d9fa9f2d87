"""What onemap finds in the sample city: all that was planted, and nothing else."""

import os

import pytest

import onemap
from onemap.store.one_map import open_map
from onemap.testing import Planted, read_planted, score, write_city

SEEDS = range(20) if os.environ.get("ONEMAP_DOSE") == "full" else (1, 7)


def run(folder, **options):
    manifest = write_city(folder, **options)
    return onemap.run(manifest), read_planted(folder / "planted.json")


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return run(tmp_path_factory.mktemp("small"), size="small")


@pytest.mark.parametrize("seed", SEEDS)
def test_r6_small_cities_all_found_none_invented(seed, tmp_path):
    result, planted = run(tmp_path, size="small", seed=seed)
    found = score(result, planted)
    assert found.perfect, [found.missed, found.invented]


@pytest.mark.slow
def test_r6_full_city_all_found_none_invented(tmp_path):
    result, planted = run(tmp_path, size="full")
    found = score(result, planted)
    print(f"R6: sample city, {len(planted)} planted, recall {found.recall:.3f}, precision {found.precision:.3f}")
    assert found.perfect, [found.missed, found.invented]
    assert found.recall == found.precision == 1.0
    assert result.counts["cases"] == 50_012


def test_a_fault_that_is_not_found_is_missed(small):
    result, planted = small
    extra = Planted("gap", "grid_cell", ("110120001001001",), "not really", wkt="POLYGON ((0 0, 1 0, 1 1, 0 0))")
    found = score(result, [*planted, extra])
    assert found.missed == (extra,)
    assert found.recall < 1.0
    assert found.precision == 1.0


def test_a_finding_that_was_not_planted_is_invented(small):
    result, planted = small
    left = [fault for fault in planted if fault.kind != "overlap"]
    found = score(open_map(result.path), left)
    assert {(one.kind, one.layer_id) for one in found.invented} == {("overlap", "grid_cell"), ("overlap", "duty_grid")}
    assert found.recall == 1.0


def test_the_list_may_be_a_path(small):
    result, _ = small
    by_path = score(result.path, result.path.parent.parent / "planted.json")
    assert by_path.perfect
    assert by_path.table.set_index("kind").loc["gap", ["planted", "matched", "found"]].tolist() == [11, 11, 22]
