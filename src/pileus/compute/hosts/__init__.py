"""Hosts as compute showed them until 2.42, before services and hypervisors told more."""
