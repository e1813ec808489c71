"""What the product promises in speed and memory, measured: ``python3 -m benchmarks all``. docs/performance.md has the figures."""
