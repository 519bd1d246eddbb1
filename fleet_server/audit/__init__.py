"""Who did what, when: appended, chained, never changed."""
