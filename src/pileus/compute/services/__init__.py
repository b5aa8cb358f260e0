"""The processes that carry the cloud: one `nova-compute` for each host, and the ones that Pileus is by itself."""
