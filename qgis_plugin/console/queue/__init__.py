"""The lists of cases and findings: model, filters, counters, table."""
