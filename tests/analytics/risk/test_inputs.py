"""Shared checks: what is refused, and in which words."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from analytics.errors import CreditError, InvalidInput
from analytics.risk import _inputs


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
        _inputs.exposures_array(values)
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
    array = _inputs.exposures_array(values)
    assert array.dtype == np.float64
    np.testing.assert_array_equal(array, [1.0, 2.0, 3.0])


def test_exposures_accept_integers_beyond_64_bits():
    np.testing.assert_array_equal(_inputs.exposures_array([2**80, 0]), [2.0**80, 0.0])


@pytest.mark.parametrize("value", [-1e-9, 1.0000001, 2, float("nan"), "0.5"])
def test_probabilities_refuse(value):
    with pytest.raises(InvalidInput):
        _inputs.probabilities([0.5, value])


def test_probabilities_keep_shape_and_limits():
    np.testing.assert_array_equal(_inputs.probabilities([[0, 1]]), [[0.0, 1.0]])
    assert _inputs.probabilities(0.25).shape == ()


@pytest.mark.parametrize("value", [0.0, 1.0, -0.1, 1.1, float("nan"), [0.5], "0.5"])
def test_open_probability_refuses(value):
    with pytest.raises(InvalidInput, match="q: "):
        _inputs.open_probability(value, name="q")


def test_positive_refuses_zero():
    with pytest.raises(InvalidInput, match="entry 1 is not above zero"):
        _inputs.positive([1, 0])


def test_per_entry_repeats_one_number_and_refuses_another_length():
    np.testing.assert_array_equal(_inputs.per_entry(np.array(0.4), name="lgd", length=3), [0.4, 0.4, 0.4])
    with pytest.raises(InvalidInput, match="2 entries where 3"):
        _inputs.per_entry(np.array([0.4, 0.4]), name="lgd", length=3)


def test_series_with_other_labels_are_not_paired():
    left = pd.Series([0.1, 0.2], index=["a", "b"])
    right = pd.Series([0.1, 0.2], index=["b", "a"])
    with pytest.raises(InvalidInput, match="lgd: its labels differ from those of pd"):
        _inputs.common_index(pd=left, lgd=right)
    assert _inputs.common_index(pd=0.1, lgd=[0.2]) is None


def test_shape_of_results():
    index = pd.Index(["a", "b"])
    series = _inputs.shaped(np.array([1.0, 2.0]), index)
    assert series.index.equals(index)
    with pytest.raises(InvalidInput, match=r"shape \(3,\) has no place under 2 labels"):
        _inputs.shaped(np.ones(3), index)
    assert isinstance(_inputs.shaped(np.array(1.0), None), float)
    assert isinstance(_inputs.shaped(np.array([1.0]), None), np.ndarray)
