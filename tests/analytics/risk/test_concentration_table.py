"""Concentration of a book: exact totals, pools spread over their borrowers, labels that are missing."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.errors import InvalidInput
from analytics.ledger import EXPOSURES
from analytics.risk import concentration as c
from analytics.risk.concentration._buckets import amounts, labelled, sums, total


@dataclass(frozen=True)
class Exposed:
    exposures: pd.DataFrame


def book(**columns):
    number = len(columns["outstanding"])
    defaults = {
        "customer": range(1, number + 1),
        "group": [0] * number,
        "industry": ["K"] * number,
        "region": ["CN-GD"] * number,
    }
    return Exposed(pd.DataFrame(defaults | columns))


SMALL = {
    "customer": [1, 1, 2, 3, 4, 4],
    "group": [9, 9, 9, 0, 0, 0],
    "borrowers": [1, 1, 0, 1, 1000, 1000],
    "industry": ["K", "F", "F", "K", "", None],
    "region": ["CN-GD", "CN-GD", "CN-BJ", "CN-BJ", "CN-GD", "CN-GD"],
    "outstanding": [40, 10, 20, 30, 60, 40],
}


def test_by_customer():
    table = c.concentration_table(book(**SMALL), "customer")
    assert table.to_dict("list") == {
        "customer": [4, 1, 3, 2],
        "loans": [2, 2, 1, 1],
        "borrower_count": [1000, 1, 1, 1],
        "outstanding": [100, 50, 30, 20],
        "share": [0.5, 0.25, 0.15, 0.1],
        "cumulative_share": pytest.approx([0.5, 0.75, 0.9, 1.0]),
        "herfindahl_part": pytest.approx([0.5**2 / 1000, 0.25**2, 0.15**2, 0.1**2]),
    }
    assert table["outstanding"].dtype == np.int64
    single = c.concentration_table(book(**SMALL), "customer", pools="single")
    assert single["herfindahl_part"].tolist() == pytest.approx([0.25, 0.0625, 0.0225, 0.01])
    assert single["borrower_count"].tolist() == [1, 1, 1, 1]
    without = c.concentration_table(book(**SMALL), "customer", pools="leave_out")
    assert without["customer"].tolist() == [1, 3, 2]
    assert without["share"].tolist() == [0.5, 0.3, 0.2]


def test_by_group_a_customer_of_none_stands_alone():
    table = c.concentration_table(book(**SMALL), "group")
    assert table[["group", "customer"]].values.tolist() == [[0, 4], [9, 0], [0, 3]]
    assert table["loans"].tolist() == [2, 3, 1]
    assert table["borrower_count"].tolist() == [1000, 2, 1]
    assert table["outstanding"].tolist() == [100, 70, 30]
    assert table["herfindahl_part"].tolist() == pytest.approx([0.25 / 1000, 0.35**2, 0.15**2])


def test_by_industry_the_unclassified_count_in_the_whole_and_are_no_bucket():
    table = c.concentration_table(book(**SMALL), "industry")
    assert table["industry"].tolist() == ["K", "F", None]
    assert table["loans"].tolist() == [2, 2, 2]
    assert table["borrower_count"].tolist() == [2, 2, 1000]
    assert table["outstanding"].tolist() == [70, 30, 100]
    assert table["share"].tolist() == [0.35, 0.15, 0.5]
    assert table["cumulative_share"].tolist() == [0.35, 0.5, 1.0]
    assert table["herfindahl_part"].tolist() == pytest.approx([0.35**2, 0.15**2, 0.0])


@pytest.mark.parametrize("by", ["industry × region", ("industry", "region"), ["industry", "region"]])
def test_by_industry_and_region(by):
    table = c.concentration_table(book(**SMALL), by)
    assert list(table.columns[:2]) == ["industry", "region"]
    assert table["industry"].tolist() == ["K", "K", "F", "F", None]
    assert table["region"].tolist() == ["CN-GD", "CN-BJ", "CN-BJ", "CN-GD", None]
    assert table["outstanding"].tolist() == [40, 30, 20, 10, 100]
    assert table["borrower_count"].tolist() == [1, 1, 1, 1, 1000]


def test_region_first():
    table = c.concentration_table(book(**SMALL), ("region", "industry"))
    assert table.loc[0, ["region", "industry"]].tolist() == ["CN-GD", "K"]


def test_the_largest_come_first_and_ties_keep_their_order():
    table = c.concentration_table(book(outstanding=[5, 9, 5, 9], industry=list("BACD")), "industry")
    assert table["industry"].tolist() == ["A", "D", "B", "C"]


def test_loans_that_owe_nothing_take_no_part():
    table = c.concentration_table(book(outstanding=[0, 7, 0], industry=["A", "B", "B"]), "industry")
    assert table[["industry", "loans", "borrower_count"]].values.tolist() == [["B", 1, 1]]
    pack = c.concentration_pack(book(outstanding=[0, 7, 7], industry=["A", "B", "C"]))
    assert pack.loc["industry", "names"] == 2
    assert pack.loc["industry", "gini"] == 0


def test_one_loan():
    pack = c.concentration_pack(book(outstanding=[12]))
    assert list(pack.index) == ["customer", "group", "industry", "region", "industry × region"]
    for column in ("herfindahl", "herfindahl_normalised", "effective_number", "top_1", "hall_tideman"):
        assert (pack[column] == 1.0).all(), column
    for column in ("gini", "theil", "shannon", "hoover"):
        assert (pack[column] == 0.0).all(), column
    assert c.concentration_table(book(outstanding=[12]), "group").loc[0, "share"] == 1.0


def test_another_measure():
    lines = book(outstanding=[1, 1], undrawn=[30, 10], industry=["A", "B"])
    table = c.concentration_table(lines, "industry", measure="undrawn")
    assert table["undrawn"].tolist() == [30, 10]
    assert c.concentration_pack(lines, measure="undrawn").loc["industry", "herfindahl"] == 0.625


@pytest.mark.parametrize("dtype", ["int64", "object"])
def test_totals_beyond_64_bits_are_exact(dtype):
    most = 2**63 - 1
    values = pd.Series([most, most, most, 3], dtype=dtype)
    table = c.concentration_table(book(outstanding=values, industry=["A", "A", "A", "B"]), "industry")
    assert table["outstanding"].tolist() == [3 * most, 3]
    assert table["share"].tolist() == pytest.approx([1.0, 1 / most])
    by_group = c.concentration_table(book(outstanding=values, group=[5, 5, 5, 0]), "group")
    assert by_group["outstanding"].tolist() == [3 * most, 3]
    pack = c.concentration_pack(book(outstanding=values, industry=["A", "A", "A", "B"]))
    assert set(pack["outstanding"]) == {3 * most + 3}


def test_single_amounts_beyond_64_bits_are_exact():
    huge = 2**64 + 1
    table = c.concentration_table(book(outstanding=pd.Series([huge, 5, huge], dtype=object)), "region")
    assert table["outstanding"].tolist() == [2 * huge + 5]
    wide = pd.Series([2**63, 2**63 + 1], dtype="uint64")
    assert c.concentration_table(book(outstanding=wide), "region")["outstanding"].tolist() == [2**64 + 1]


@pytest.mark.parametrize("dtype", ["int64", "uint64", "int32", "Int64", "int64[pyarrow]", "object"])
def test_every_integer_column_gives_the_same(dtype):
    base = pd.DataFrame(book(**SMALL).exposures)
    typed = base.assign(outstanding=base["outstanding"].astype(dtype))
    pd.testing.assert_frame_equal(
        c.concentration_table(Exposed(typed), "industry"), c.concentration_table(Exposed(base), "industry")
    )


@pytest.mark.parametrize("dtype", ["object", "string", "category", "string[pyarrow]"])
def test_every_text_column_gives_the_same(dtype):
    base = book(**SMALL).exposures
    typed = base.astype({"industry": dtype, "region": dtype})
    for by in ("industry", "region", ("industry", "region")):
        one, other = c.concentration_table(Exposed(typed), by), c.concentration_table(Exposed(base), by)
        assert one["outstanding"].tolist() == other["outstanding"].tolist()
        assert one.iloc[:, 0].tolist() == other.iloc[:, 0].tolist()


def test_nullable_numbers_of_customers_and_groups():
    plain = book(customer=[3, 9, 3], group=[0, 4, 0], outstanding=[1, 2, 4])
    nullable = Exposed(plain.exposures.astype({"customer": "Int64", "group": "int64[pyarrow]"}))
    for by in ("customer", "group"):
        pd.testing.assert_frame_equal(c.concentration_table(nullable, by), c.concentration_table(plain, by))


def test_a_dimension_needs_only_its_own_columns():
    loans = pd.DataFrame({"customer": [1, 2], "region": ["CN-BJ", "CN-GD"], "outstanding": [3, 1], "group": ["?", "?"]})
    assert c.concentration_table(Exposed(loans), "region")["share"].tolist() == [0.75, 0.25]
    assert c.concentration_table(Exposed(loans), "customer")["share"].tolist() == [0.75, 0.25]
    with pytest.raises(InvalidInput, match="no column industry; it has customer, region"):
        c.concentration_table(Exposed(loans), "industry")


def test_equal_texts_at_different_addresses_are_one_label():
    texts = np.array(["".join(["CN", "-", "GD"]) for _ in range(3000)] + ["CN-BJ"], dtype=object)
    few = np.array([texts[0], texts[1], "CN-BJ"] * 10, dtype=object)
    for column, count in ((texts, 2), (few, 2)):
        found = labelled(pd.Series(column))
        assert len(found.labels) == count
        assert [found.labels[code] for code in found.code] == list(column)


def test_sparse_customer_numbers():
    table = c.concentration_table(book(customer=[2**40, 7, 2**40], outstanding=[1, 5, 2]), "customer")
    assert table[["customer", "outstanding"]].values.tolist() == [[7, 5], [2**40, 3]]
    group = c.concentration_table(
        book(customer=[2**40, 7, 2**41], group=[2**30, 2**30, 0], outstanding=[1, 5, 2]), "group"
    )
    assert group[["group", "customer", "outstanding"]].values.tolist() == [[2**30, 0, 6], [0, 2**41, 2]]


def test_many_labels_that_rarely_meet():
    number = 3000
    codes = [f"X{i:04d}" for i in range(number)]
    table = c.concentration_table(
        book(outstanding=[1] * number, industry=codes, region=codes[::-1]), ("industry", "region")
    )
    assert len(table) == number
    assert table["region"].tolist()[0] == codes[-1]


rows = st.lists(
    st.tuples(
        st.integers(1, 8),
        st.sampled_from(["A", "B", "C", ""]),
        st.sampled_from(["CN-BJ", "CN-GD"]),
        st.one_of(st.integers(0, 10**6), st.integers(0, 2**63 - 1)),
    ),
    min_size=1,
    max_size=40,
).filter(lambda r: any(row[3] for row in r))


@settings(deadline=None, suppress_health_check=[HealthCheck.data_too_large])
@given(rows, st.lists(st.integers(1, 4), min_size=9, max_size=9), st.lists(st.integers(0, 2), min_size=9, max_size=9))
def test_totals_and_indices_against_plain_python(loans, borrowers, groups):
    """Every bucket's exact sum; every index equal to that of the borrowers written out one by one."""
    customer, industry, region, outstanding = (list(column) for column in zip(*loans, strict=True))
    exposed = book(
        customer=customer,
        group=[groups[i] for i in customer],
        borrowers=[borrowers[i] for i in customer],
        industry=industry,
        region=region,
        outstanding=pd.Series(outstanding, dtype=object),
    )
    whole = sum(outstanding)
    pack = c.concentration_pack(exposed)
    keys = {
        "customer": [(i,) for i in customer],
        "group": [(groups[i], 0 if groups[i] else i) for i in customer],
        "industry": [(x,) for x in industry],
        "region": [(x,) for x in region],
        "industry × region": list(zip(industry, region, strict=True)),
    }
    for by, labels in keys.items():
        expected, owers = {}, {}
        for text, who, amount in zip(labels, customer, outstanding, strict=True):
            if amount:
                label = (None,) * len(text) if "" in text else text
                expected[label] = expected.get(label, 0) + amount
                owers.setdefault(label, set()).add(who)
        table = c.concentration_table(exposed, by)
        width = 2 if by in ("group", "industry × region") else 1
        found = {tuple(row[:width]): row[width:] for row in table.astype(object).values.tolist()}
        assert {label: int(row[2]) for label, row in found.items()} == expected
        assert {label: row[1] for label, row in found.items()} == {
            label: sum(borrowers[i] for i in who) for label, who in owers.items()
        }
        for label, row in found.items():
            assert row[3] == pytest.approx(float(Fraction(expected[label], whole)), rel=1e-12)
        written_out = []
        for label, amount in expected.items():
            if label[0] is not None:
                pooled = by == "customer" or (by == "group" and label[0] == 0)
                number = borrowers[label[-1]] if pooled else 1
                written_out += [Fraction(amount, number)] * number
        if not written_out:
            assert by not in pack.index
            continue
        row = pack.loc[by]
        assert row["names"] == len(written_out)
        assert pack.loc[by, "outstanding"] == sum(written_out)
        assert row["classified_share"] == pytest.approx(float(sum(written_out) / whole), abs=1e-12)
        for column, index in {
            "herfindahl": c.herfindahl,
            "herfindahl_normalised": lambda v: c.herfindahl(v, normalised=True),
            "effective_number": c.effective_number,
            "top_1": lambda v: c.top_share(v, 1),
            "top_5": lambda v: c.top_share(v, 5),
            "top_10": lambda v: c.top_share(v, 10),
            "gini": c.gini,
            "theil": c.theil,
            "shannon": c.shannon,
            "hoover": c.hoover,
            "hall_tideman": c.hall_tideman,
        }.items():
            assert row[column] == pytest.approx(index(written_out), rel=1e-9, abs=1e-9), (by, column)
        parts = float(table["herfindahl_part"].sum())
        assert parts == pytest.approx(row["herfindahl"] * row["classified_share"] ** 2, rel=1e-9, abs=1e-15)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"outstanding": [1, -1]}, "column outstanding: row 1 is negative"),
        ({"outstanding": [0, -1]}, "column outstanding: row 1 is negative"),
        ({"outstanding": [1.0, 2.0]}, "column outstanding: float64 holds no integers"),
        ({"outstanding": [True, False]}, "column outstanding: bool holds no integers"),
        ({"outstanding": [1, None]}, "column outstanding: row 1 is missing"),
        ({"outstanding": pd.Series([1, "2"], dtype=object)}, "row 1 is '2'"),
        ({"outstanding": [0, 0]}, "every loan owes zero"),
        ({"outstanding": []}, "exposures: empty"),
        ({"outstanding": [1, 2], "customer": ["a", "b"]}, "column customer: object"),
        ({"outstanding": [1, 2], "customer": [1.0, 2.0]}, "column customer: float64"),
        ({"outstanding": [1, 2], "customer": pd.array([1, pd.NA], dtype="Int64")}, "customer: row 1 is missing"),
        ({"outstanding": [1, 2], "group": pd.array([1, pd.NA], dtype="Int64")}, "group: row 1 is missing"),
        ({"outstanding": [1, 2], "group": ["a", "b"]}, "column group: row 0 is 'a'"),
        ({"outstanding": [1, 2], "customer": [1, 1], "group": [1, 2]}, "customer 1 is in two groups"),
        ({"outstanding": [1, 2], "customer": [1, 1], "borrowers": [5, 6]}, "customer 1 has two borrower counts"),
        ({"outstanding": [1, 2], "customer": [1, 1], "borrowers": [1, 6]}, "customer 1 has two borrower counts"),
        ({"outstanding": [1, 2], "borrowers": [2, -6]}, "column borrowers: row 1 is negative"),
    ],
)
def test_bad_books_are_refused(change, word):
    with pytest.raises(InvalidInput) as caught:
        c.concentration_pack(book(**change))
    assert word in str(caught.value)


def test_a_book_of_pools_alone_cannot_leave_them_out():
    with pytest.raises(InvalidInput, match="exposures: empty"):
        c.concentration_table(book(outstanding=[1], borrowers=[9]), "customer", pools="leave_out")


def test_unknown_arguments_are_named():
    with pytest.raises(InvalidInput, match="by: 'branch' is no dimension; take one of customer"):
        c.concentration_table(book(outstanding=[1]), "branch")
    with pytest.raises(InvalidInput, match="pools: 'merge'"):
        c.concentration_table(book(outstanding=[1]), pools="merge")
    with pytest.raises(InvalidInput, match="no column limit"):
        c.concentration_table(book(outstanding=[1]), measure="limit")


def test_sums_do_not_wrap():
    """numpy's own sum of these wraps to a negative number."""
    values = amounts(pd.Series([2**62] * 8), name="x")
    added = sums(np.zeros(8, dtype=np.int32), 1, values)
    assert added.total[0] == 2**65
    assert added.rows.tolist() == [8, 0]
    assert total(values.values) == 2**65


def test_the_columns_are_those_of_a_rebuilt_book():
    declared = set(EXPOSURES)
    assert {"customer", "group", "borrowers", "industry", "region", "outstanding", "undrawn"} <= declared
    assert EXPOSURES["customer"] == EXPOSURES["group"] == EXPOSURES["borrowers"] == "int64"
