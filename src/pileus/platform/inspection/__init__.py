"""Looking at the machine and judging it; changes nothing."""
