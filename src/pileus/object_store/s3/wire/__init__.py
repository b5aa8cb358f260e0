"""XML, moments and names as S3 writes them."""
