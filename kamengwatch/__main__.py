"""`python -m kamengwatch` is the console script."""

from kamengwatch.cli.app import main

if __name__ == "__main__":  # a crawl process imports this module too
    main()
