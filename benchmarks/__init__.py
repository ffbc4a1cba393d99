"""How fast the analytics are, each against a plain way of doing the same, in one run.

A row is a `Row` in the tuple ``ROWS`` of a module of this package; `python -m benchmarks` finds it.
"""
