"""Servers of one machine: the protocol that a hypervisor driver fulfils, and the libvirt driver.

Words: a *server* is what the cloud's user sees; the *domain* is the machine that a hypervisor runs for it.
Both carry the same id (a UUID). The compute service decides; a driver only does what it is told and reports
what there is.
"""
