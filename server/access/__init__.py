"""Who may do what, who somebody is, and the record of every look: rules and nouns. No SQL, no HTTP."""
