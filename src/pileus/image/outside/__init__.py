"""What lies outside of the cloud: fetched by HTTP, and only from where users may send us."""
