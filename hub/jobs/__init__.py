"""Wake-ups on RQ: short jobs that claim a batch from the database, work, and end. The only package that imports rq.

A job carries no data: losing it, or running it twice, changes nothing. The scheduler finds what is due and wakes a worker for it.
"""
