"""What every process of a cloud stands on: its database and the kernel's parts."""
