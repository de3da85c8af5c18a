"""`sfassign org`: the local org alone, for trials and for other programs' tests."""

from __future__ import annotations

import datetime as dt
import json
import signal
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer

from sfassign.emulator import LocalOrg, load_tree, serve
from sfassign.emulator.errors import ApiError
from sfassign.emulator.floor import Floor, build_floor
from sfassign.errors import WrongUsage

STEP_SECONDS = 1.0


def org(
    port: Annotated[int, typer.Option(help="Port on the loopback interface; 0 is any.", min=0, max=65_535)] = 0,
    http: Annotated[bool, typer.Option("--http", help="Plain HTTP, for tools that prefer it.")] = False,
    seed: Annotated[int, typer.Option(help="The same seed gives the same people and records.")] = 1,
    empty: Annotated[bool, typer.Option("--empty", help="The schema and one administrator only.")] = False,
    people: Annotated[bool, typer.Option("--people", help="Let the simulated people work.")] = False,
    data: Annotated[
        list[Path] | None, typer.Option(help="Records in the Salesforce CLI's tree format; may be repeated.")
    ] = None,
) -> None:
    """Start the local Salesforce org and print how to reach it; runs until stopped.

    Example: sfassign org --port 8443 --people
    """
    if empty and people:
        raise WrongUsage("--empty has nobody who could work; leave out --empty or --people")
    local = LocalOrg(lambda: dt.datetime.now(dt.UTC), seed)
    floor = None if empty else build_floor(local, seed)
    for path in data or []:
        _load(local, path)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        server = serve(local, port, https=not http)
    except OSError as error:
        raise WrongUsage(f"port {port} cannot be used: {error.strerror or error}") from None
    with server:
        address = {
            "instance_url": server.url,
            "access_token": local.issue_token(),
            "ca_bundle": str(server.ca_bundle) if server.ca_bundle else None,
        }
        sys.stdout.write(json.dumps(address) + "\n")
        sys.stdout.flush()
        _until_stopped(floor if people else None, stop)


def _load(local: LocalOrg, path: Path) -> None:
    """Whatever the file holds instead of records, down to lists and numbers in their place."""
    try:
        load_tree(local, path)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError, ApiError) as error:
        raise WrongUsage(f"{path}: not records in the Salesforce CLI's tree format: {error}") from None


def _until_stopped(floor: Floor | None, stop: threading.Event) -> None:
    if floor is None:
        stop.wait()
        return
    floor.run(lambda: dt.datetime.now(dt.UTC), stop, STEP_SECONDS)
