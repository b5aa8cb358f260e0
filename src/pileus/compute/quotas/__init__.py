"""How much of everything a project may have; usage is counted from live rows, never stored."""
