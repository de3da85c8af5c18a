"""How a command that works with the org begins: settings, logs, app."""

from __future__ import annotations

from collections.abc import Callable

from sfassign.bootstrap import App, build
from sfassign.logs import set_up_logs
from sfassign.settings import read_settings


def open_app(stopping: Callable[[], bool] = lambda: False, alive: Callable[[], None] = lambda: None) -> App:
    """The product as the environment says. Its logs hide what the settings know from the start, and what a login
    brings as soon as there is an app to ask. Raises an SfassignError."""
    settings = read_settings()
    set_up_logs(settings.log_format, settings.log_level, settings.masked)
    app = build(settings, stopping=stopping, alive=alive)
    set_up_logs(settings.log_format, settings.log_level, app.masked)
    return app
