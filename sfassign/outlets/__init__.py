"""Messages that leave past the org: a Slack webhook and a mail server. Made by bootstrap, used by `notify`."""

from sfassign.outlets.mail import SmtpMail, mail_server
from sfassign.outlets.slack import SlackWebhook, webhook_url

__all__ = ["SlackWebhook", "SmtpMail", "mail_server", "webhook_url"]
