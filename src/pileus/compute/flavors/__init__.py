"""Flavors: the sizes that servers come in, who may use them, and the extra specs that say more than a size."""
