"""What the commands under ``dev/`` are made of.

Standard library only: they run before anything is installed.
"""
