"""How fast the analytics are, each against a plain way of doing the same, in one run.

A row is an entry of the mapping ``ROWS`` (name to a function that measures) of a module of this
package; its aim is the entry of that name in `harness.AIMS`. `python -m benchmarks` finds both.
"""
