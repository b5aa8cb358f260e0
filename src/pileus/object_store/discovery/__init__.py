"""What the object store says about itself."""
