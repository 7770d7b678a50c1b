"""Scripts that measure Understudy from outside, through its command line. See docs/benchmarks.md."""
