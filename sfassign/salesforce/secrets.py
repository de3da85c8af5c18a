"""A text that must not be seen: tokens, passwords, keys, assertions. Used by everything in this room that holds one."""

from __future__ import annotations

from dataclasses import dataclass, field

HIDDEN = "********"


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret text. `repr`, `str` and tracebacks that show local variables have only the mask."""

    text: str = field(repr=False)

    def __str__(self) -> str:
        return HIDDEN

    def masked(self, message: str) -> str:
        """The message without this secret, should the org or the network have repeated it to us."""
        return message.replace(self.text, HIDDEN) if self.text else message


def mask(message: str, *secrets: Secret) -> str:
    """The message without any of the secrets."""
    for secret in secrets:
        message = secret.masked(message)
    return message
