"""Pileus: the OpenStack cloud as one Python program."""

__version__ = "0.1.0"
