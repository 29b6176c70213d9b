"""Rule sets of care, one module a jurisdiction: rows that name the rule, its place in the law, and a pure predicate."""
