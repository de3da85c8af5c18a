"""What the environment means beyond our own variables."""

from __future__ import annotations

from pathlib import Path

from sfassign.bootstrap import usual_ca_bundle


def test_the_certificates_of_a_corporate_network_are_taken_where_none_are_named(tmp_path: Path) -> None:
    corporate, other = tmp_path / "corporate.pem", tmp_path / "other.pem"
    corporate.touch()
    other.touch()
    assert usual_ca_bundle({"REQUESTS_CA_BUNDLE": str(corporate), "CURL_CA_BUNDLE": str(other)}) == corporate
    assert usual_ca_bundle({"CURL_CA_BUNDLE": str(other)}) == other
    assert usual_ca_bundle({"REQUESTS_CA_BUNDLE": str(tmp_path / "gone.pem"), "CURL_CA_BUNDLE": str(other)}) == other
    assert usual_ca_bundle({"REQUESTS_CA_BUNDLE": ""}) is None
