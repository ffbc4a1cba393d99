"""Condensed in parts, however cut and in whatever order they come, the events tell the ledger they told whole."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from itertools import pairwise

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from analytics.book import AsOf, Book, partitions, rebuild
from analytics.book.partitions import DAYS, KEYED, WHOLE, condense, merge, rebuild_store
from analytics.chain import EventStore
from analytics.chain.tables import frame
from analytics.errors import InvalidInput, NotFound
from analytics.ledger import LOAN_STATES
from tests.analytics.book.synthetic import FIRST_DAY, PER_BLOCK, deployment, events, write

EVENTS = 20_000
CUTS = [
    AsOf(),
    AsOf(block=217),
    AsOf(value_date=FIRST_DAY + 150),
    AsOf(block=333, value_date=FIRST_DAY + 120),
]


@pytest.fixture(scope="module")
def tables():
    return events(0, EVENTS, seed=7)


def assert_equal(found: Book, expected: Book) -> None:
    """Every field, column and type of two books."""
    for field in fields(Book):
        ours, theirs = getattr(found, field.name), getattr(expected, field.name)
        if isinstance(theirs, pd.DataFrame):
            pd.testing.assert_frame_equal(ours, theirs, obj=field.name)
        else:
            assert ours == theirs, field.name


def cut(tables: Mapping[str, pa.Table], first: int, last: int) -> dict[str, pa.Table]:
    """The events of blocks ``first`` to ``last - 1``."""
    found = {}
    for name, table in tables.items():
        number = table.column("block_number")
        found[name] = table.filter(pc.and_(pc.greater_equal(number, first), pc.less(number, last)))
    return found


def random_parts(tables: Mapping[str, pa.Table], seed: int) -> list[dict[str, pa.Table]]:
    """The events cut at random blocks, some parts empty, shuffled."""
    print(f"seed {seed}")
    choose = random.Random(seed)
    ends = sorted(choose.choices(range(EVENTS // PER_BLOCK + 1), k=choose.randrange(1, 12)))
    bounds = [0, *ends, ends[-1], EVENTS // PER_BLOCK]
    parts = [cut(tables, first, last) for first, last in pairwise(bounds)]
    choose.shuffle(parts)
    return parts


def test_the_synthetic_bank_fills_every_table_of_the_ledger(tables):
    """Equality of empty tables would prove nothing."""
    book = rebuild(tables)
    sizes = {field.name: len(getattr(book, field.name)) for field in fields(Book)[2:]}
    assert min(sizes.values()) >= 25, sizes
    assert book.loans["state"].nunique() == len(LOAN_STATES)
    assert all(tables[name].num_rows for name in (DAYS, *WHOLE, *KEYED))


def test_the_tables_named_are_those_the_ledger_reads(tables):
    class Watched(Mapping[str, pa.Table]):
        read: set[str] = set()  # noqa: RUF012 (one instance)

        def __getitem__(self, name: str) -> pa.Table:
            self.read.add(name)
            return tables[name]

        def __iter__(self) -> Iterator[str]:
            return iter(tables)

        def __len__(self) -> int:
            return len(tables)

    watched = Watched()
    rebuild(watched)
    assert watched.read == {DAYS, *WHOLE, *KEYED}


@pytest.mark.parametrize("as_of", CUTS, ids=str)
@pytest.mark.parametrize("seed", [1, 2])
def test_random_parts_tell_the_same_ledger(tables, seed, as_of):
    parts = [condense(part, as_of, days=tables[DAYS]) for part in random_parts(tables, seed)]
    assert_equal(rebuild(merge(parts), as_of), rebuild(tables, as_of))


def test_parts_condensed_many_times_over_tell_the_same_ledger(tables, monkeypatch):
    """With little room the merge condenses what is condensed already, again and again."""
    monkeypatch.setattr(partitions, "ROOM", 100)
    parts = [condense(part) for part in random_parts(tables, 3)]
    assert_equal(rebuild(merge(parts)), rebuild(tables))


def test_sums_beyond_64_bits_stay_exact():
    wide = events(0, EVENTS, seed=8, largest=2**62)
    whole = rebuild(wide)
    assert max(whole.loans["principal_paid"]) > 2**63
    assert_equal(rebuild(merge(condense(part) for part in random_parts(wide, 4))), whole)


def test_two_rows_are_left_of_a_key_and_the_last_carries_the_sum(tables):
    name = "loan_book.loan_repaid"
    left, whole = (
        frame(of.select(["loan_id", "principal", "posting"]))
        .astype({"principal": object})
        .groupby("loan_id", sort=False)
        for of in (condense(tables)[name], tables[name])
    )
    counts = whole.size()
    assert counts.max() > 2
    pd.testing.assert_series_equal(left.size(), counts.clip(upper=2))
    assert left["principal"].sum().equals(whole["principal"].sum())
    assert set(left["principal"].first()[counts > 1]) == {0}
    for end in ("first", "last"):
        assert getattr(left["posting"], end)().equals(getattr(whole["posting"], end)())
    assert not {"block_time", "tx_index", "tx_hash"} & set(condense(tables)[name].column_names)


def test_condensing_again_changes_nothing(tables):
    once = condense(tables)
    again = condense(once)
    assert {name: table.equals(once[name]) for name, table in again.items()} == dict.fromkeys(once, True)


def test_a_part_without_events_is_condensed_to_none(tables):
    none = cut(tables, EVENTS, EVENTS)
    assert {name: table.num_rows for name, table in condense(none).items()} == dict.fromkeys((DAYS, *WHOLE, *KEYED), 0)
    assert_equal(rebuild(merge([condense(none)])), rebuild(none))


def test_a_missing_part_is_an_error_and_no_other_ledger(tables):
    """Without the blocks in which the first loans were applied for, later events have nothing to tell of."""
    with pytest.raises(NotFound, match="has no first event"):
        rebuild(merge([condense(cut(tables, 200, EVENTS))]))


def test_nothing_to_merge_is_refused():
    with pytest.raises(InvalidInput, match="no parts to merge"):
        merge([])


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    found = EventStore(tmp_path_factory.mktemp("store"), deployment())
    write(found, EVENTS, seed=7, partition=4_000)
    return found


def test_the_store_holds_what_was_made(store, tables):
    read = store.read()
    assert len(store.manifest().partitions) == 5
    assert read["loan_book.loan_applied"].num_rows == tables["loan_book.loan_applied"].num_rows == 800


@pytest.mark.parametrize("as_of", [None, 217, *CUTS[2:]], ids=str)
def test_a_store_rebuilt_by_partitions_is_the_store_rebuilt_whole(store, as_of):
    assert_equal(rebuild_store(store, as_of), rebuild(store.read(), as_of))


def test_a_cut_before_the_first_event_gives_an_empty_book(store):
    later = AsOf(value_date=FIRST_DAY - 1)
    book = rebuild_store(store, later)
    assert len(book.loans) == 0
    assert_equal(book, rebuild(store.read(), later))


def test_any_map_will_do(store):
    expected = rebuild(store.read())
    with ThreadPoolExecutor(2) as pool:
        assert_equal(rebuild_store(store, mapper=pool.map), expected)
    assert_equal(rebuild_store(store, mapper=lambda task, ranges: map(task, reversed(list(ranges)))), expected)


def test_an_empty_store_is_refused(tmp_path):
    with pytest.raises(NotFound, match="holds no blocks yet"):
        rebuild_store(EventStore(tmp_path, deployment()))
