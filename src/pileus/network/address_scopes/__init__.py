"""Address scopes: where addresses do not overlap."""
