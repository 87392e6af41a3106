"""Programs that measure: `python -m benchmarks.NAME [--quick]`, one question each, a JSON object as the last line."""
