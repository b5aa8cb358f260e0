"""The machine as part of the networks: which switch, the chassis of OVN, the way to the outside."""
