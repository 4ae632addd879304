"""The commands as typed: options in, one call, exit code out. Entered by `main`, the console script."""

import gc


def main() -> None:
    """Run the command line; imported late, as every module of this folder passes through this door."""
    gc.disable()  # nothing that is imported is garbage, and a tenth of the start was spent in looking for some
    from kamengwatch.cli.app import main as run

    gc.freeze()
    gc.enable()
    run()
