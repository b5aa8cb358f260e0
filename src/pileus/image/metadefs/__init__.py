"""Metadata definitions: what the properties of images, flavors, volumes and hosts mean, and which values they take."""
