"""RBAC policies: whom a network is shared with."""
