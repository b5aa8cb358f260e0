"""The durable operations of imports."""
