"""The search field: areas, codes, addresses, people, cases, positions."""
