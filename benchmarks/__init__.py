"""onemap's hot jobs timed beside its rivals, in one run on the same data: see ``docs/performance.md``."""
