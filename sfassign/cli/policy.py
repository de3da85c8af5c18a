"""`sfassign policy check|schema|show`: the policy file by itself; no org is asked."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from sfassign.cli.screen import AsJson, console, plain, print_json
from sfassign.errors import WrongPolicy
from sfassign.policy import as_data, json_schema, lint, load_policy, policy_text, show
from sfassign.settings import read_settings

app = typer.Typer(help="Lint the policy file, print its JSON Schema, show it with all defaults.", no_args_is_help=True)

File = Annotated[Path | None, typer.Argument(help="The policy file. Default: SFASSIGN_POLICY.", show_default=False)]


def _path(file: Path | None) -> Path:
    return file or read_settings().policy


@app.command("check")
def check(file: File = None, as_json: AsJson = False) -> None:
    """Report every problem of the policy file at once, with line and column. Ends with 2 where it cannot run.

    Example: sfassign policy check config/policy.yaml
    """
    path = _path(file)
    findings = lint(policy_text(path), str(path))
    errors = [finding for finding in findings if finding.severity == "error"]
    if as_json:
        print_json({"file": str(path), "ok": not errors, "findings": [asdict(finding) for finding in findings]})
    else:
        for finding in findings:
            console().print(plain(finding), markup=False, soft_wrap=True)
        if not errors:
            console().print(f"{path}: good", markup=False)
    raise typer.Exit(WrongPolicy.exit_code if errors else 0)


@app.command("schema")
def schema() -> None:
    """Print the JSON Schema of the policy file, for editors.

    Example: sfassign policy schema > policy.schema.json
    """
    print_json(json_schema())


@app.command("show")
def show_policy(file: File = None, as_json: AsJson = False) -> None:
    """Print the policy with every default filled in.

    Example: sfassign policy show --json
    """
    policy = load_policy(_path(file))
    if as_json:
        print_json(as_data(policy))
    else:
        console().print(show(policy), markup=False, soft_wrap=True, end="")
