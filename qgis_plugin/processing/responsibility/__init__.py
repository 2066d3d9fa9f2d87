"""Who answers for what, and where nobody does."""
