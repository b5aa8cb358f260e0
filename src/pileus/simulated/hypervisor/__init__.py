"""A hypervisor that only pretends: every call of the protocol, no process behind a domain.

A simulated host costs one small object while nothing happens on it, so that ten thousand of them fit in one
process.
"""
