"""Who may do what: the matrix of every operation and kind of caller, and OpenStack's own rules to compare with."""
