"""Credit-risk analytics over the events of a bank's credit book.

``chain`` reads logs into typed tables, ``book`` rebuilds the ledger from them,
``risk`` holds the published methods as pure functions of tables, and ``report``
turns the numbers into a page.
"""
