"""Networks, ports, routers, addresses, firewalls (Neutron v2.0)."""
