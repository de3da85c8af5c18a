"""Notifications as `check`, `once` and the daemon show them."""

from __future__ import annotations

import json

from tests.processes.conftest import POLICY, Site, eventually

NOWHERE = "http://127.0.0.1:9/services/s3cret"


def notify_by(site: Site, *outlets: str) -> None:
    (site.folder / "policy.yaml").write_text(POLICY + f"    notify: [{', '.join(outlets)}]\n")


def checked(site: Site, **changes: str) -> tuple[int, list[tuple[str, str]]]:
    done = site.run("check", "--json", **changes)
    assert "s3cret" not in done.stdout + done.stderr
    checks = json.loads(done.stdout)["checks"]
    return done.returncode, [(one["level"], one["message"]) for one in checks if one["check"] == "notify"]


def test_check_names_the_webhook_that_is_not_set(site: Site) -> None:
    notify_by(site, "slack")
    code, (missing, *_) = checked(site)
    assert code == 2
    assert missing == (
        "error",
        "SFASSIGN_SLACK_WEBHOOK_URL: group 'Web leads' notifies by slack; set it to the incoming webhook's URL",
    )
    assert checked(site, SFASSIGN_SLACK_WEBHOOK_URL=NOWHERE) == (0, [("ok", "people can be told by slack")])
    assert checked(site, SFASSIGN_SLACK_WEBHOOK_URL="http://acme.example/s3cret")[0] == 2


def test_check_names_the_notification_type_that_nobody_created(site: Site) -> None:
    notify_by(site, "salesforce", "chatter", "email", "task")
    code, (missing,) = checked(site)
    assert (code, missing[0]) == (2, "error")
    assert "the org has no custom notification type 'sfassign'" in missing[1]
    names = dict.fromkeys(("DeveloperName", "MasterLabel", "CustomNotifTypeName"), "sfassign")
    site.create("CustomNotificationType", **names)
    assert checked(site) == (0, [("ok", "people can be told by salesforce, chatter, email, task")])


def test_a_policy_that_tells_nobody_is_not_asked_about_outlets(site: Site) -> None:
    assert checked(site) == (0, [])


def test_once_tells_the_new_owner_and_says_how_many_were_told(site: Site) -> None:
    notify_by(site, "task")
    site.run("once")
    leads = site.add_leads(2)
    document = json.loads(site.run("once", "--json").stdout)
    assert (document["notified"], document["notices_waiting"], document["notices_given_up"]) == (2, 0, [])
    found = site.query(f"SELECT WhoId, OwnerId FROM Task WHERE WhoId IN ('{leads[0]}', '{leads[1]}') ORDER BY WhoId")
    assert [task["OwnerId"] for task in found] == site.owners(leads)
    site.add_leads(1)
    assert "1 told" in site.run("once").stdout


def test_the_daemon_says_that_messages_wait_and_never_where_to(site: Site) -> None:
    notify_by(site, "slack")
    quick = {"SFASSIGN_POLL": "1s", "SFASSIGN_LOG_FORMAT": "json", "SFASSIGN_SLACK_WEBHOOK_URL": NOWHERE}
    daemon = site.start("run", **quick)
    leads = site.add_leads(1)
    eventually(lambda: "notice.later" in site.log())
    daemon.terminate()
    assert daemon.wait(timeout=20) == 0
    assert not any(owner.startswith("00G") for owner in site.owners(leads))
    assert "s3cret" not in site.log()
