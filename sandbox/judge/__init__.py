"""The judge: plays the users of the shop through the vendors' APIs, keeps its own journal, and compares the systems with each other.

Imports nothing of the hub and reads none of its tables. ``python -m sandbox.judge fill|edit|judge --journal FILE ...``
"""
