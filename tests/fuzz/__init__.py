"""Bad input of every kind against every service of a whole, simulated cloud, in this process."""
