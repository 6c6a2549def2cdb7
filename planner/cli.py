"""The command `planner`: serve, worker, demo, migrate, agency, lost-factor, vapid, calc, statement."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Callable, Sequence

from . import __version__


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; 2 for a wrong setting or a file that cannot be read."""
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    from .config import ConfigError

    try:
        return command(options)
    except ConfigError as error:
        sys.stderr.write(f"planner: {error}\n")
        return 2
    except BrokenPipeError:
        # Whoever read our output has seen enough (planner calc | head); nothing is left to say, at exit neither.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="planner", description="The planner: serve it, remind, migrate.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    serve = _command(commands, "serve", _serve, "apply migrations, then serve pages and send reminders")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8000)
    serve.add_argument(
        "--demo", action="store_true", help="load the example household and agency first, if they are not there"
    )
    _command(commands, "worker", _worker, "send reminders, without serving pages")
    _command(commands, "demo", _demo, "load the example household and agency and print how to sign in")
    _command(commands, "migrate", _migrate, "bring the database's tables up to date")
    agency = _command(commands, "agency", _agency, "make an agency whose administrator is the account with this e-mail")
    agency.add_argument("name")
    agency.add_argument("email")
    lost = _command(commands, "lost-factor", _lost_factor, "let an account in by password that lost its second factor")
    lost.add_argument("email")
    _command(commands, "vapid", _vapid, "print a fresh private key for VAPID_PRIVATE_KEY, which signs push messages")
    _command(commands, "calc", _calc, "answer loan questions: JSON lines on standard input, JSON lines out")
    statement = _command(commands, "statement", _statement, "read a bank or wallet statement and print what is in it")
    statement.add_argument("file")
    statement.add_argument("--format", choices=("json", "table"), default="json")
    statement.add_argument("--account-currency", metavar="CUR")
    return parser


def _command(commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str,
             run: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:  # fmt: skip
    parser = commands.add_parser(name, help=text, description=text.capitalize() + ".")
    parser.set_defaults(command=run)
    return parser


# Each command imports what it needs, so that `--help` and `migrate` start without the web.


def _serve(options: argparse.Namespace) -> int:
    from .serving import serve

    return serve(options.host, options.port, demo=options.demo)


def _worker(options: argparse.Namespace) -> int:
    from .app import create_app
    from .worker import run

    return run(create_app())


def _demo(options: argparse.Namespace) -> int:
    from .app import create_app
    from .caseload.figures import refresh_due
    from .clock import now
    from .database import upgrade
    from .demo import load

    app = create_app()
    upgrade(app.extensions["planner_engine"])
    with app.app_context():
        sys.stdout.write(load() + "\n")
        refresh_due(now())  # `serve --demo` leaves it to the worker, which starts with it
    return 0


def _migrate(options: argparse.Namespace) -> int:
    from .config import load
    from .database import upgrade
    from .extensions import make_engine

    upgrade(make_engine(load(os.environ).database_url))
    return 0


def _agency(options: argparse.Namespace) -> int:
    from .agencies.command import run
    from .app import create_app

    with create_app().app_context():
        return run(options.name, options.email, out=sys.stdout, err=sys.stderr)


def _lost_factor(options: argparse.Namespace) -> int:
    from .accounts.command import run
    from .app import create_app

    with create_app().app_context():
        return run(options.email, out=sys.stdout, err=sys.stderr)


def _vapid(options: argparse.Namespace) -> int:
    from .config import new_vapid_key

    sys.stdout.write(f"{new_vapid_key()}\n")
    return 0


def _calc(options: argparse.Namespace) -> int:
    from .engine.calc import answer_lines

    for answer in answer_lines(sys.stdin.buffer):
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()
    return 0


def _statement(options: argparse.Namespace) -> int:
    from .statements.command import run

    if isinstance(sys.stdout, io.TextIOWrapper):
        # JSON is UTF-8 whatever the terminal is set to, and names of shops are in any script.
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    return run(options.file, options.format, options.account_currency, out=sys.stdout, err=sys.stderr)


if __name__ == "__main__":
    raise SystemExit(main())
