"""What names our development clips, and a check of the judge itself. See docs/benchmarks.md."""
