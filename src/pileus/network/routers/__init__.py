"""Routers, their interfaces, gateways and routes."""
