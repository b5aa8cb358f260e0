"""What every service is written with; it knows no service."""
