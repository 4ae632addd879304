"""`python -m kamengwatch` is the console script."""

if __name__ == "__main__":  # every crawl process imports this module too, and needs no command line
    from kamengwatch.cli import main

    main()
