"""Programs that measure, each answering one question: `python -m benchmarks.NAME [--quick]`; the last line is JSON."""
