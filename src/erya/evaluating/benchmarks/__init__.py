"""Benchmarks of the field, by name. The data is the user's: a folder, never fetched.

A benchmark reads its folder, asks through the same assistant as everybody, and keeps
every item in a run. Each file here says whose definition it follows.
"""

from erya.evaluating.benchmarks.base import Benchmark, Setup, measure_benchmark
from erya.evaluating.benchmarks.catalogue import BENCHMARKS, benchmark_named

__all__ = ["BENCHMARKS", "Benchmark", "Setup", "benchmark_named", "measure_benchmark"]
