"""The data of images: upload, inspection, download."""
