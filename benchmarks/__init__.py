"""How fast the hub is: ``make bench``, or ``python -m benchmarks NAME ...``. Figures are medians of repeated runs, with what varied beside them."""
