"""Who competes: one module a contestant, one function a job; each returns a `benchmarks.contest.Attempt`."""
