"""`python -m kamengwatch` is the console script."""

from kamengwatch.cli import main

main()
