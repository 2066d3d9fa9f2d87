"""One by one and in batches, the answers are those of the slow way that tries every duty at every spot."""

import random

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from onemap.domain.duties import PARTS
from tests.library.responsibility.cities import draw_city, draw_questions, make_matrix
from tests.library.responsibility.oracle import answer

RANDOM = st.randoms(use_true_random=False, note_method_calls=False)
# a failing city is found again by its seed; making it smaller takes longer than reading it
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
PATIENT = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), phases=PHASES)


@given(RANDOM)
@PATIENT
def test_single_answers_are_those_of_the_oracle(rng):
    city = draw_city(rng)
    matrix = make_matrix(city)
    for x, y, matter, local in draw_questions(rng, 12):
        wanted = answer(city, x, y, matter, local)
        found = matrix.who(x=x, y=y, matter=matter, at=local)
        row = found.row()
        assert {
            **{key: row[key] for key in ("state", "part", "cell", *PARTS)},
            "duties": {claim.duty.duty_code for claim in found.claims},
        } == wanted, (x, y, matter, local)


@given(RANDOM)
@PATIENT
def test_a_batch_is_the_single_answers_whatever_the_order_of_rows(rng):
    city = draw_city(rng)
    single, batch = make_matrix(city), make_matrix(city, rng)
    asked = list(draw_questions(rng, 40))
    x, y = (np.array([question[i] for question in asked]) for i in (0, 1))
    table = batch.who_batch((x, y), [q[2] for q in asked], [q[3] for q in asked])
    rows = [single.who(x=q[0], y=q[1], matter=q[2], at=q[3]).row() for q in asked]
    pd.testing.assert_frame_equal(table, pd.DataFrame(rows)[table.columns.tolist()], check_dtype=False)
    moment = asked[0][3]
    one = batch.who_batch((x, y), asked[0][2], moment)
    rows = [single.who(x=q[0], y=q[1], matter=asked[0][2], at=moment).row() for q in asked]
    pd.testing.assert_frame_equal(one, pd.DataFrame(rows)[one.columns.tolist()], check_dtype=False)


def test_thousands_of_points_are_answered_as_one_by_one_in_any_order_and_portions():
    """So many that people, hours and grids recur in every combination; points without position and far away too."""
    rng = random.Random(5)
    city = draw_city(rng)
    matrix = make_matrix(city)
    asked = list(draw_questions(rng, 3000))
    x, y = (np.array([question[i] for question in asked], dtype=float) for i in (0, 1))
    x[::97], y[5::97] = np.nan, 1e7
    matters = pd.Series([question[2] for question in asked])
    moments = pd.Series([question[3] for question in asked])
    table = matrix.who_batch((x, y), matters, moments)
    nowhere = np.isnan(x)
    rows = [
        matrix.who(x=x[n], y=y[n], matter=matters[n], at=moments[n].to_pydatetime()).row()
        for n in np.flatnonzero(~nowhere)
    ]
    singly = pd.DataFrame(rows, index=table.index[~nowhere])[table.columns.tolist()]
    pd.testing.assert_frame_equal(table[~nowhere], singly)
    assert set(table.loc[nowhere, "state"]) == {"outside"}
    order = np.array(rng.sample(range(len(x)), len(x)))
    shuffled = matrix.who_batch((x[order], y[order]), matters[order], moments[order])
    pd.testing.assert_frame_equal(shuffled, table.iloc[order].reset_index(drop=True))
    parts = [matrix.who_batch((x[n : n + 700], y[n : n + 700]), matters[n : n + 700], moments[n : n + 700]) for n in
             range(0, len(x), 700)]  # fmt: skip
    pd.testing.assert_frame_equal(pd.concat(parts, ignore_index=True), table)
