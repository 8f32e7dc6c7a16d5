"""Flows of the business played and judged one by one: what people do in the vendors' systems, and what must be true there afterwards.

``python -m sandbox.judge.flows F1 before|work|judge --system NAME=VENDOR=URL ... --journal FILE``. Like the judge it imports nothing of the hub:
it knows a flow by what the shop's people would check.
"""
