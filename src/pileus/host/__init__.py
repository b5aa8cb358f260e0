"""The agent of one machine: hypervisor, chassis, storage."""
