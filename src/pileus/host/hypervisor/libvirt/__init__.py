"""The hypervisor driver for libvirt and QEMU.

The walk of one call: `driver.py` (what to do) hands a repeatable function to `connection.py` (which
connection, which thread, again after a restart of libvirtd); `domain_xml.py` writes definitions, `reading.py`
reads them back, `translate.py` turns libvirt's errors, states and events into ours. Nothing else in the
project imports libvirt.
"""
