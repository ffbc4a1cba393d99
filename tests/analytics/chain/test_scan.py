from __future__ import annotations

import numpy as np
from eth_hash.auto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.chain import catalogue, scan
from analytics.chain.answer import read_logs
from tests.analytics.chain.synthetic import ADDRESS, STRANGER, Log, SyntheticChain, bloom, compact, rpc_log

CATALOGUE = catalogue(SyntheticChain().deployment())


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(
            st.tuples(
                st.sampled_from([*ADDRESS.values(), STRANGER]),
                st.lists(st.binary(min_size=32, max_size=32), max_size=4),
            ),
            max_size=6,
        ),
        min_size=1,
        max_size=4,
    )
)
def test_blooms_are_those_of_the_yellow_paper(blocks: list[list[tuple[str, list[bytes]]]]) -> None:
    logs = [
        [Log(address, tuple(topics), b"", block=number, log_index=i) for i, (address, topics) in enumerate(block)]
        for number, block in enumerate(blocks)
    ]
    found = read_logs(compact([rpc_log(log) for block in logs for log in block]), CATALOGUE)
    made = scan.blooms(found.raw, found.rows, found.rows[:, scan.NUMBER].copy(), len(blocks))
    assert [row.tobytes() for row in made] == [bloom(block) for block in logs]


def test_many_topics_share_the_cache_without_mixing() -> None:
    logs = [Log(STRANGER, (keccak(bytes([n % 251, n % 7])),), b"", log_index=n) for n in range(5000)]
    found = read_logs(compact([rpc_log(log) for log in logs]), CATALOGUE)
    made = scan.blooms(found.raw, found.rows, np.zeros(len(logs), np.int64), 1)
    assert made[0].tobytes() == bloom(logs)
