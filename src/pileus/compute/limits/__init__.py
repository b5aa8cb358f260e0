"""What the caller's project may have, in the form that clients plan with."""
