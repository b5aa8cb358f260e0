"""The image cache: data from stores elsewhere, kept on this machine as well."""
