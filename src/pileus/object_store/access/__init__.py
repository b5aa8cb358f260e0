"""Who may do what: roles in the account's project, and the access lists of containers."""
