"""The durable operations on servers, one file each."""
