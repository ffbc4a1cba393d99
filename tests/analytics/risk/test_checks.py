"""Shared checks: what is refused, and in which words."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from analytics.errors import CreditError, InvalidInput
from analytics.risk import _numbers, _shapes, _tables


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ([], "empty"),
        ([[1], [1, 2]], "no array of numbers"),
        ([1.0, float("nan")], "entry 1 is NaN or infinite (nan)"),
        ([float("inf")], "entry 0 is NaN or infinite (inf)"),
        ([2.0, -1.0], "entry 1 is negative (-1.0)"),
        ([0, 0], "total is zero"),
        ([[1.0, 2.0]], "shape (1, 2)"),
        (["1", "2"], "no number"),
        ([True, False], "no number"),
        ([1, None], "entry 1 is missing"),
        ([1 + 2j], "no number"),
        ([10**400], "does not fit a float"),
        (pd.Series([1, pd.NA], dtype="Int64"), "entry 1 is missing"),
        (pd.Series(["a"]), "no number"),
    ],
)
def test_exposures_refuse(values, word):
    with pytest.raises(InvalidInput) as caught:
        _numbers.exposures_array(values)
    assert word in str(caught.value)
    assert str(caught.value).startswith("exposures: ")
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, CreditError)


@pytest.mark.parametrize(
    "values",
    [
        [1, 2, 3],
        (1.0, 2.0, 3.0),
        np.array([1, 2, 3], dtype=np.uint64),
        pd.Series([1, 2, 3], index=[7, 8, 9]),
        pd.Series([1, 2, 3], dtype="Int64"),
        pd.Series([1, 2, 3], dtype="int64[pyarrow]"),
        [Decimal(1), Fraction(2), 3],
    ],
)
def test_exposures_accept_every_kind_of_number(values):
    array = _numbers.exposures_array(values)
    assert array.dtype == np.float64
    np.testing.assert_array_equal(array, [1.0, 2.0, 3.0])


def test_exposures_accept_integers_beyond_64_bits():
    np.testing.assert_array_equal(_numbers.exposures_array([2**80, 0]), [2.0**80, 0.0])


@pytest.mark.parametrize("value", [-1e-9, 1.0000001, 2, float("nan"), "0.5"])
def test_probabilities_refuse(value):
    with pytest.raises(InvalidInput):
        _numbers.probabilities([0.5, value])


def test_probabilities_keep_shape_and_limits():
    np.testing.assert_array_equal(_numbers.probabilities([[0, 1]]), [[0.0, 1.0]])
    assert _numbers.probabilities(0.25).shape == ()


@pytest.mark.parametrize("value", [0.0, 1.0, -0.1, 1.1, float("nan"), [0.5], "0.5"])
def test_open_probability_refuses(value):
    with pytest.raises(InvalidInput, match="q: "):
        _numbers.open_probability(value, name="q")


def test_positive_refuses_zero():
    with pytest.raises(InvalidInput, match="entry 1 is not above zero"):
        _numbers.positive([1, 0])


def test_a_scalar_stays_between_its_bounds():
    assert _numbers.scalar(1, name="share", low=0.0, high=1.0) == 1.0
    with pytest.raises(InvalidInput, match=r"share: 1.5 is above 1; give 1 or less"):
        _numbers.scalar(1.5, name="share", low=0.0, high=1.0)
    with pytest.raises(InvalidInput, match=r"years: -1.0 is below 0; give 0 or more"):
        _numbers.scalar(-1, name="years", low=0.0)


@pytest.mark.parametrize("value", [0, 1.0, True, "1", float("nan"), None])
def test_whole_number_refuses(value):
    assert _numbers.whole_number(np.int32(3), name="bands", least=1) == 3
    with pytest.raises(InvalidInput, match=r"bands: .* is below 1 or not whole; give a whole number, 1 or more"):
        _numbers.whole_number(value, name="bands", least=1)


def test_flags_are_booleans_or_ones_and_zeros():
    for given_ in ([True, False], [1, 0], pd.Series([True, False]), pd.Series([1.0, 0.0], index=["a", "b"])):
        np.testing.assert_array_equal(_numbers.flags(given_, name="events", length=2), [True, False])
    with pytest.raises(InvalidInput, match="events: entry 1 is 2; give 1 or 0"):
        _numbers.flags([1, 2], name="events", length=2)
    with pytest.raises(InvalidInput, match="1 entries where 2 are needed"):
        _numbers.flags([True], name="events", length=2)
    with pytest.raises(InvalidInput, match="entry 1 is missing"):
        _numbers.flags(pd.Series([True, None], dtype=object), name="events", length=2)


def test_tables_without_a_column_a_value_or_a_row():
    loans = pd.DataFrame({"loan": [1, None]})
    with pytest.raises(InvalidInput, match="loans: column 'grade' is missing; add it"):
        _tables.required_columns(loans, ["grade"], name="loans")
    with pytest.raises(InvalidInput, match="loans: row 1, loan is missing; drop the row or fill it"):
        _tables.required_columns(loans, ["loan"], name="loans")
    _tables.required_columns(loans[:0], ["loan"], name="loans")
    with pytest.raises(InvalidInput, match="loans: empty; give at least one row"):
        _tables.required_columns(loans[:0], ["loan"], name="loans", empty=False)


def test_tables_with_two_rows_of_one_key():
    liens = pd.DataFrame({"title": ["t", "t", "u", "t"], "rank": [1, 2, 1, 2]}, index=[9, 9, 9, 9])
    with pytest.raises(InvalidInput, match="liens: title 't', rank 2 has two rows; rank each"):
        _tables.one_row_each(liens, "title", "rank", name="liens", remedy="rank each")
    _tables.one_row_each(liens[:3], "title", "rank", name="liens")


def test_ids_that_an_index_lacks_are_named():
    edges = pd.Series(["b", "z"], name="debtor", index=[7, 7])
    with pytest.raises(InvalidInput, match="edges: row 1, debtor 'z' is not among nodes; add it"):
        _tables.located(edges, pd.Index(["a", "b"]), name="edges", among="nodes")
    assert _tables.located(edges[:1], pd.Index(["a", "b"]), name="edges", among="nodes").tolist() == [1]


def test_per_entry_repeats_one_number_and_refuses_another_length():
    np.testing.assert_array_equal(_shapes.per_entry(np.array(0.4), name="lgd", length=3), [0.4, 0.4, 0.4])
    with pytest.raises(InvalidInput, match="2 entries where 3"):
        _shapes.per_entry(np.array([0.4, 0.4]), name="lgd", length=3)


def test_series_with_other_labels_are_not_paired():
    left = pd.Series([0.1, 0.2], index=["a", "b"])
    right = pd.Series([0.1, 0.2], index=["b", "a"])
    with pytest.raises(InvalidInput, match="lgd: its labels differ from those of pd"):
        _shapes.common_index(pd=left, lgd=right)
    assert _shapes.common_index(pd=0.1, lgd=[0.2]) is None


def test_shape_of_results():
    index = pd.Index(["a", "b"])
    series = _shapes.shaped(np.array([1.0, 2.0]), index)
    assert series.index.equals(index)
    with pytest.raises(InvalidInput, match=r"shape \(3,\) has no place under 2 labels"):
        _shapes.shaped(np.ones(3), index)
    assert isinstance(_shapes.shaped(np.array(1.0), None), float)
    assert isinstance(_shapes.shaped(np.array([1.0]), None), np.ndarray)
