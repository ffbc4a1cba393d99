"""From a node's logs to typed tables: the only code that knows JSON-RPC.

What others use:

``read_deployment(path) -> Deployment``
    which contracts, where, from which block; ``deployed`` and ``write_deployment`` make the file,
    ``check`` refuses a node that is not its chain.
``read_events(url, deployment, *, first, last, store) -> EventTables``
    the events of a block range, kept in ``store`` where a folder is named.
``EventTables``
    a mapping from table name (``loan_book.loan_drawn``) to Arrow table; ``.frame(name)`` and
    ``.frames()`` are pandas; ``int64_values`` and ``utc`` convert columns exactly.
``EventStore(folder, deployment)``
    ``sync(node)``, ``read()``, ``batches(name)`` and ``files(name)`` for work larger than memory.
``Node(url)``
    reads by JSON-RPC (``call``, ``batch``, ``quantity``), for comparing tables with storage.
``catalogue(deployment)``
    every event with its table name, columns and declared schema.
"""

from analytics.chain.abi import Catalogue, Column, EventTable, catalogue
from analytics.chain.deployment import (
    Contract,
    Deployment,
    check,
    deployed,
    read_deployment,
    write_deployment,
)
from analytics.chain.read import read_events
from analytics.chain.rpc import Node
from analytics.chain.store import EventStore
from analytics.chain.tables import EventTables, frame, int64_values, utc

__all__ = [
    "Catalogue",
    "Column",
    "Contract",
    "Deployment",
    "EventStore",
    "EventTable",
    "EventTables",
    "Node",
    "catalogue",
    "check",
    "deployed",
    "frame",
    "int64_values",
    "read_deployment",
    "read_events",
    "utc",
    "write_deployment",
]
