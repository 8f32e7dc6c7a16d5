"""``python -m hub`` is the ``sverka`` command."""

from hub import startup
from hub.cli import main

startup.loaded()
main(prog_name="sverka")
