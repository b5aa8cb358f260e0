"""Pileus: the OpenStack cloud as one Python program."""
