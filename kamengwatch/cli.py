"""The command line: gathers the commands and turns mistakes and faults of the machine into one clear line and an exit code.

Imports of the heavy rooms stay inside the commands, so that `--help` and errors are instant.
"""

from __future__ import annotations

import sys

from typer.exceptions import Abort, TyperException

from kamengwatch import (
    commands_answer,
    commands_evaluate,
    commands_hand,
    commands_help,
    commands_keep,
    commands_run,
    commands_show,
    faults,
)
from kamengwatch.config import Failure, UserError
from kamengwatch.options import app

__all__ = [
    "commands_answer",
    "commands_evaluate",
    "commands_hand",
    "commands_help",
    "commands_keep",
    "commands_run",
    "commands_show",
    "main",
]


def main() -> None:
    """Run the command line; a user error is one line and exit code 2, a failure one line and exit code 1."""
    try:
        sys.exit(app(standalone_mode=False) or 0)
    except TyperException as error:
        _misused(error)
        sys.exit(2)
    except UserError as error:
        sys.stderr.write(f"错误 error: {error}\n")
        sys.exit(2)
    except Failure as error:
        sys.stderr.write(f"失败 failed: {error}\n")
        sys.exit(1)
    except (KeyboardInterrupt, Abort):
        sys.stderr.write("已停止 stopped\n")
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(1)
    except Exception as error:
        told = faults.named(error)
        if told is None:
            raise
        sys.stderr.write(f"错误 error: {told}\n")
        sys.exit(2)


def _misused(error: TyperException) -> None:
    """One line for a wrong option or argument; nothing more where a command was given none and showed its help."""
    said = error.format_message()
    if not said:
        return  # the help is printed already
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "kamengwatch"
    sys.stderr.write(f"错误 error: {said.rstrip('.')}；用法 see: {path} --help\n")
