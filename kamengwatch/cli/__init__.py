"""The commands as typed: options in, one call, exit code out. Entered by `main`, the console script."""


def main() -> None:
    """Run the command line; imported late, as every module of this folder passes through this door."""
    from kamengwatch.cli.app import main as run

    run()
