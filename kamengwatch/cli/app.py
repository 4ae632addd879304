"""The command line: gathers the commands and turns mistakes and faults of the machine into one clear line and an exit code.

Imports of the heavy rooms stay inside the commands, so that `--help` and errors are instant.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable
from functools import cache
from typing import NoReturn

from typer.core import TyperGroup
from typer.exceptions import Abort, TyperException
from typer.main import get_command, get_command_name
from typer.models import CommandInfo, TyperInfo

from kamengwatch import console, machine_faults
from kamengwatch.cli import buyer_help, collect, intake, maintain, misuse, observe, read, reply
from kamengwatch.cli.options import app
from kamengwatch.config import Failure, UserError
from store import env_file
from store.text.safe_text import inert

__all__ = [
    "reply",
    "read",
    "intake",
    "observe",
    "buyer_help",
    "maintain",
    "collect",
    "read",
    "main",
]


def main() -> None:
    """Run the command line; what the user or operator can mend is one line and exit code 2, a failure one line and code 1."""
    try:
        env_file.load()
    except env_file.EnvFileError as error:
        sys.stderr.write(f"错误 error: {error}\n")
        sys.exit(2)
    with console.command(_word() if console.wanted() else ""):
        _run()


def _word() -> str:
    """The command's name; what is none may be anything somebody typed, and is not logged."""
    return next((word for word in sys.argv[1:2] if word in _commands(word).commands), "?")


@cache
def _commands(word: str = "") -> TyperGroup:
    """All commands, or the one (or the group) of that name alone: reading all from their functions' signatures takes 0.2 s."""
    wanted = copy.copy(app)
    if word in _HELP:
        wanted.registered_commands = [_listed(told) for told in app.registered_commands]
        wanted.registered_groups = [_listed_group(told) for told in app.registered_groups]
    named = [told for told in app.registered_commands if word == (told.name or _name_of(told.callback))]
    groups = [told for told in app.registered_groups if word == told.name]
    if named or groups:
        wanted.registered_commands, wanted.registered_groups = named, groups
    built = get_command(wanted)
    assert isinstance(built, TyperGroup)
    return built


_HELP = ("--help", "-h")


def _listed(told: CommandInfo) -> CommandInfo:
    """A command of which name and first sentence are shown: without the options, which typer would read from its signature."""

    def listed() -> None:
        """Never called."""

    named = copy.copy(told)
    named.name = told.name or _name_of(told.callback)
    listed.__doc__ = told.callback.__doc__ if told.callback else None
    named.callback = listed
    return named


def _listed_group(told: TyperInfo) -> TyperInfo:
    listed = copy.copy(told)
    listed.typer_instance = copy.copy(told.typer_instance)
    assert listed.typer_instance
    listed.typer_instance.registered_commands = []
    return listed


def _name_of(function: Callable[..., object] | None) -> str:
    """The command typer makes of a function that bears no other name."""
    return get_command_name(getattr(function, "__name__", ""))


def _run() -> None:
    try:
        sys.exit(_commands(*sys.argv[1:2])(standalone_mode=False) or 0)
    except TyperException as error:
        _misused(error)
        sys.exit(2)
    except UserError as error:
        _told("错误 error", str(error), 2)
    except Failure as error:
        _told("失败 failed", str(error), 1)
    except (KeyboardInterrupt, Abort):
        _told("已停止 stopped", "", 130)
    except BrokenPipeError:
        sys.exit(1)
    except Exception as error:
        remedy = machine_faults.named(error)
        if remedy is None:
            raise
        _told("错误 error", remedy, 2)


def _told(what: str, line: str, code: int) -> NoReturn:
    if console.wanted():
        console.event("command.failed", text=line or what, exit=code)
    else:
        sys.stderr.write(inert(f"{what}: {line}\n" if line else f"{what}\n"))
    sys.exit(code)


def _misused(error: TyperException) -> None:
    """One line for a wrong option or argument; nothing more where a command was given none and showed its help."""
    said = error.format_message()
    if not said:
        return  # the help is printed already
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "kamengwatch"
    if console.wanted():
        # Not what was typed: it may name a person.
        console.event("command.failed", text=f"用法 see: {path} --help", exit=2)
    else:
        sys.stderr.write(inert(f"错误 error: {misuse.translate(said)}；用法 see: {path} --help\n"))
