"""Benchmarks: ratios within one run, so that they say the same on every machine; and full-effort runs of the tests."""
