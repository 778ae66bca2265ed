"""`python -m untaught`."""

from untaught.cli import main

main()
