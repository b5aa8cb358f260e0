"""Resource classes: the kinds of things that there are amounts of."""
