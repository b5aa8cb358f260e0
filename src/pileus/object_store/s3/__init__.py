"""The object store as S3: buckets and objects as Amazon's API has them."""
