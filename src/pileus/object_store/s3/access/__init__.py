"""Who may do what: grants, policies, and the decision."""
