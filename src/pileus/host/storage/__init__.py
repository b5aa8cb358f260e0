"""The local disks of one host: bases made from images, and the folder of every server.

Layout below the folder that is handed in: `bases/IMAGE.raw` (one flat file per image, shared by all its
servers, never written again) and `servers/SERVER/` (overlays, config drive, console log; gone with the
server).

No image that a user made is opened by a tool before `inspection.py` has passed it, and no tool ever guesses a
format.
"""
