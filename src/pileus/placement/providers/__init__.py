"""Resource providers: what there is."""
