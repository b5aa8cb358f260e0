"""One cloud: its settings, its state folder, its services put together and served."""
