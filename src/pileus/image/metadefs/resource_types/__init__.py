"""Resource types, and the namespaces that apply to them."""
