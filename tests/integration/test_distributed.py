"""A store's ledger rebuilt by Dask workers, each a process of its own, and within a bound of memory."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pandas as pd
import pytest
from distributed import Client, LocalCluster

from analytics.book import AsOf, Book, rebuild
from analytics.book.partitions import rebuild_store
from analytics.chain import EventStore
from analytics.chain.store import CorruptFile
from tests.analytics.book.synthetic import FIRST_DAY, deployment, write

ROOT = Path(__file__).resolve().parents[2]
MILLION = 10**6
MEBIBYTE = 2**20
MOST = 640 * MEBIBYTE  # a process that holds and rebuilds all of them at once passes 700 MiB

REBUILD = """
import re, sys
from pathlib import Path
from analytics.book.partitions import rebuild_store
from analytics.chain import EventStore
from analytics.chain.store import CorruptFile
from tests.analytics.book.synthetic import deployment
book = rebuild_store(EventStore(sys.argv[1], deployment()))
# The peak of this program alone: getrusage would tell that of the process it was forked from.
peak = re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())
print(len(book.loans), int(peak[1]) * 1024)
"""


def is_running(pid: int) -> bool:
    """Whether a process exists and has not ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture(scope="module")
def client():
    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None
        ) as cluster,
        Client(cluster) as connected,
    ):
        workers = list(connected.run(os.getpid).values())
        yield connected
    assert [pid for pid in workers if is_running(pid)] == []


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    found = EventStore(tmp_path_factory.mktemp("store"), deployment())
    write(found, 40_000, seed=11, partition=5_000)
    return found


@pytest.mark.parametrize("as_of", [None, AsOf(block=500, value_date=FIRST_DAY + 199)], ids=str)
def test_workers_in_other_processes_give_the_same_ledger(store, client, as_of):
    found = rebuild_store(store, as_of, mapper=client.get_executor(pure=False).map)
    expected = rebuild(store.read(), as_of)
    for field in fields(Book):
        ours, theirs = getattr(found, field.name), getattr(expected, field.name)
        if isinstance(theirs, pd.DataFrame):
            assert len(theirs)
            pd.testing.assert_frame_equal(ours, theirs, obj=field.name)
        else:
            assert ours == theirs, field.name


def test_the_work_is_done_in_the_workers(store, client):
    """Each partition is condensed in a worker's process, and both workers have their share."""
    seen = []

    def watched(task, ranges):
        executor = client.get_executor(pure=False)
        for pid, tables in executor.map(lambda blocks: (os.getpid(), task(blocks)), ranges):
            seen.append(pid)
            yield tables

    rebuild_store(store, mapper=watched)
    assert len(seen) == 8
    assert set(seen) == set(client.run(os.getpid).values()) - {os.getpid()}
    assert len(set(seen)) == 2


def test_a_changed_byte_is_named_by_whichever_worker_meets_it(store, client):
    path = store.files("loan_book.loan_repaid")[5]
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    try:
        with pytest.raises(CorruptFile, match=re.escape(str(path))) as caught:
            rebuild_store(store, mapper=client.get_executor(pure=False).map)
    finally:
        path.write_bytes(content)
    assert caught.value.partition == 5


def test_a_million_events_stay_within_a_bound_of_memory(tmp_path):
    write(EventStore(tmp_path, deployment()), MILLION, seed=12, partition=50_000)
    done = subprocess.run(
        [sys.executable, "-c", REBUILD, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loans, peak = (int(word) for word in done.stdout.split())
    assert loans == MILLION // 20
    assert peak < MOST, f"{peak / MEBIBYTE:.0f} MiB"
