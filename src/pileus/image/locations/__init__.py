"""Where the data of each image lie."""
