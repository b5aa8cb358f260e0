"""How errors are answered: in the shape and the words of Neutron."""
