"""``python -m hub`` is the ``sverka`` command."""

from hub.cli import main

main()
