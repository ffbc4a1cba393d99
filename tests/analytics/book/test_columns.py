"""Columns read as the words of their buffers: no value is lost, whatever its width, its sign or its chunks."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest

from analytics.book import rebuild
from analytics.book._loans import SUMS, WRITES
from analytics.book._rows import Keys, Rows, latest, latest_text, minus, plus, total_by
from analytics.book._words import as_array, words
from analytics.errors import InvalidInput, NotFound
from analytics.ledger import LOANS
from tests.analytics.book.tables import event_tables, schemas
from tests.analytics.book.test_rebuild import LIFE

MONEY = pa.decimal128(38, 0)
WIDE = pa.decimal256(76, 0)
EDGES = [0, 1, -1, 2**63 - 1, -(2**63)]
BEYOND = [2**63, -(2**63) - 1, 2**64 - 1, 2**64, 10**38 - 1, -(10**38) + 1]


def chunked(values, kind, *, cuts=()):
    bounds = [0, *cuts, len(values)]
    chunks = [pa.array(values[first:last], kind) for first, last in pairwise(bounds)]
    return pa.chunked_array(chunks, kind)


def rows(columns, *, first_block=1, name="events"):
    count = len(next(iter(columns.values())))
    head = {"block_number": pa.array(range(first_block, first_block + count)), "log_index": pa.array([0] * count)}
    return Rows(name, pa.table(head | columns))


@pytest.mark.parametrize("kind", [MONEY, WIDE], ids=str)
@pytest.mark.parametrize("cuts", [(), (1, 3)], ids=["one chunk", "three chunks"])
def test_decimals_of_64_bits_are_int64_and_wider_ones_python_integers(kind, cuts):
    column = chunked(EDGES, kind, cuts=cuts)
    found = as_array(column, where="t.amount")
    assert (found.dtype, found.tolist()) == (np.int64, EDGES)
    assert as_array(column.slice(1, 3), where="t.amount").tolist() == EDGES[1:4]
    for value in BEYOND:
        found = as_array(chunked([*EDGES, value], kind, cuts=cuts), where="t.amount")
        assert (found.dtype, found.tolist()) == (object, [*EDGES, value])


def test_other_integers_keep_their_values():
    assert as_array(chunked([0, 2**64 - 1], pa.uint64()), where="t.id").tolist() == [0, 2**64 - 1]
    assert as_array(chunked([0, 2**64 - 1], pa.uint64()), where="t.id").dtype == np.uint64
    assert as_array(chunked([7, -3], pa.int16()), where="t.small").dtype == np.int64
    assert as_array(chunked([], MONEY), where="t.none").tolist() == []


def test_texts_of_chunks_with_different_dictionaries():
    kind = pa.dictionary(pa.int32(), pa.string())
    parts = [pa.array(part).dictionary_encode().cast(kind) for part in (["b", "a"], ["c", "b"], ["a"])]
    assert as_array(pa.chunked_array(parts), where="t.code").tolist() == ["b", "a", "c", "b", "a"]
    assert as_array(pa.chunked_array([], type=kind), where="t.code").tolist() == []


def test_a_missing_value_or_a_float_is_refused():
    with pytest.raises(InvalidInput, match=r"t\.amount: 1 values are missing; read the range again"):
        words(chunked([1, None], MONEY), where="t.amount")
    with pytest.raises(InvalidInput, match=r"t\.share: column type double has no place in a ledger"):
        words(chunked([0.5], pa.float64()), where="t.share")


@pytest.mark.parametrize("kind", [pa.int64(), MONEY, WIDE], ids=str)
def test_random_sums_are_those_of_fractions(kind):
    """Amounts of either sign up to what the type holds, summed by id, of all rows and of some."""
    seed = 20231231
    print(f"seed {seed}")
    choose = random.Random(seed)
    widths = [3, 40, 63] if kind == pa.int64() else [3, 63, 64, 90, 120]
    for width in widths:
        amounts = [choose.randrange(-(2**width), 2**width) for _ in range(300)]
        ids = [choose.randrange(1, 40) for _ in amounts]
        marked = np.array([choose.random() < 0.5 for _ in amounts])
        told = rows({"id": pa.array(ids), "amount": chunked(amounts, kind)})
        keys = Keys(np.arange(50), "id")
        for where in (None, marked):
            found = total_by(keys, told, "id", "amount", where=where)
            expected = [Fraction(0)] * 50
            for row, (key, amount) in enumerate(zip(ids, amounts, strict=True)):
                expected[key] += amount if where is None or marked[row] else 0
            assert found.tolist() == expected
            assert found.dtype == (np.int64 if max(map(abs, expected)) < 2**63 else object)


def test_sums_beyond_128_bits_are_exact():
    most = 10**38 - 1
    told = rows({"id": pa.array([0, 0, 0, 0, 1]), "amount": chunked([most] * 4 + [5], MONEY)})
    assert total_by(Keys(np.arange(2), "id"), told, "id", "amount").tolist() == [4 * most, 5]
    wide = rows({"id": pa.array([0, 1]), "amount": chunked([10**60, -1], WIDE)})
    assert total_by(Keys(np.arange(2), "id"), wide, "id", "amount").tolist() == [10**60, -1]


@pytest.mark.parametrize(("a", "b"), [(2**63 - 1, 1), (-(2**63), -1), (2**63 - 1, -(2**63)), (5, 3), (-5, 3)])
def test_sums_and_differences_are_exact_at_the_edge_of_64_bits(a, b):
    left, right = np.array([a, 1]), np.array([b, 1])
    assert plus(left, right).tolist() == [a + b, 2]
    assert minus(left, right).tolist() == [a - b, 0]


def test_the_last_word_may_be_wider_than_64_bits():
    early = rows({"id": pa.array([1, 2, 3]), "amount": chunked([10**30, 7, 8], MONEY)})
    late = rows({"id": pa.array([2, 3]), "amount": chunked([9, 10**50], WIDE)}, first_block=9)
    keys = Keys(np.array([3, 2, 1, 0]), "id")
    writers = [(early, "id", "amount"), (late, "id", "amount")]
    assert latest(keys, writers).tolist() == [10**50, 9, 10**30, 0]
    assert latest(keys, [*writers, (late, "id", -1)]).tolist() == [10**50, 9, 10**30, 0]
    assert latest(keys, [(late, "id", "amount"), (rows({"id": pa.array([3])}, first_block=20), "id", -1)]).tolist() == [
        -1, 9, 0, 0,
    ]  # fmt: skip


def test_the_last_text_is_that_of_the_later_table():
    kind = pa.dictionary(pa.int32(), pa.string())
    early = rows({"id": pa.array([1, 2]), "code": pa.array(["x", "y"]).dictionary_encode().cast(kind)})
    late = rows({"id": pa.array([2]), "code": pa.array(["z"]).dictionary_encode().cast(kind)}, first_block=5)
    keys = Keys(np.array([1, 2, 3]), "id")
    for writers in ([early, late], [late, early]):
        assert latest_text(keys, [(told, "id", "code") for told in writers]).values().tolist() == ["x", "z", ""]
    word = pa.array([bytes(30) + b"\x01\xff"], pa.binary(32))
    hashed = rows({"id": pa.array([2]), "code": word})
    assert latest_text(keys, [(hashed, "id", "code")]).values().tolist() == ["", "0x" + "00" * 30 + "01ff", ""]


def test_ids_are_numbered_as_a_dictionary_would():
    seed = 7
    print(f"seed {seed}")
    rng = np.random.default_rng(seed)
    for ids in (
        rng.integers(0, 60, 400),
        rng.integers(0, 2**64, 300, dtype=np.uint64),
        np.arange(1, 200) * 2**32,
        np.empty(0, dtype=np.int64),
        np.array([f"t{number}" for number in rng.integers(0, 60, 300)], dtype=object),
    ):
        place = {}
        for value in ids.tolist():
            place.setdefault(value, len(place))
        keys = Keys(ids, "id", repeated=True)
        assert keys.ids.tolist() == list(place)
        assert keys.codes.tolist() == [place[value] for value in ids.tolist()]
        assert keys.find(ids).tolist() == keys.codes.tolist()
    assert Keys(np.array([5, 9]), "id").find(np.array([9, 6, 5])).tolist() == [1, -1, 0]
    with pytest.raises(NotFound, match="loans row 1: id 6 has no first event"):
        Keys(np.array([5, 9]), "id").positions(np.array([9, 6]), where="loans")
    with pytest.raises(InvalidInput, match="id 9 is told twice"):
        Keys(np.array([5, 9, 4, 9, 5]), "id")


def test_a_book_may_be_written_to_and_leaves_the_events_alone():
    """No column is a view of the events or of another column."""
    tables = event_tables(*LIFE)
    before = {name: table.to_pylist() for name, table in tables.items()}
    book, untouched = rebuild(tables), rebuild(tables)
    numbers = list(book.loans.select_dtypes(["int64", "uint64"]))
    for value, column in enumerate(numbers):
        book.loans.loc[0, column] = value
    assert book.loans.loc[0, numbers].tolist() == list(range(len(numbers)))
    book.customers.loc[0, "customer"] = 77
    assert {name: table.to_pylist() for name, table in tables.items()} == before
    assert untouched.loans["drawn"].tolist() == [900]
    others = book.loans.drop(columns=numbers)
    assert others.equals(untouched.loans[others.columns])


def test_what_events_write_are_columns_of_events_and_of_the_ledger():
    """The declaration names nothing that the interfaces and the schema do not have."""
    for event, columns in WRITES.items():
        fields = schemas()[f"loan_book.{event}"].names
        for column, value in columns.items():
            assert column in LOANS, (event, column)
            assert isinstance(value, int) or value in fields, (event, column)
    for column, parts in SUMS.items():
        assert column in LOANS
        assert all(part.amount in schemas()[f"loan_book.{part.event}"].names for part in parts)
