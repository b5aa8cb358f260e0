"""Federation: users whom another identity provider vouches for, and other clouds that believe this one."""
