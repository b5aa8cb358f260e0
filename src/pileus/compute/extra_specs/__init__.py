"""Extra specs of flavors, and which of them mean something."""
