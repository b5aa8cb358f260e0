"""Where the logical network becomes real: the wanted state, the protocol, and the OVN driver.

Start with ``wanted.py`` (what is asked for), then ``protocol.py`` (how), then ``ovn/`` (one answer).
"""
