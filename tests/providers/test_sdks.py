"""Clients that we did not write, against our simulators: these prove the simulators.

Each makes a list, fills it, reads it, empties it and deletes it.
"""

import mailchimp_marketing
import mailerlite
import pytest
from mailchimp_marketing.api_client import ApiClientError
from mailerlite.api_client import ApiClient as MailerLiteClient
from pysendpulse.pysendpulse import PySendPulse
from python_http_client.exceptions import HTTPError
from requests import HTTPError as RequestsHTTPError
from sendgrid import SendGridAPIClient

from tests.providers.mailchimp_bodies import AUDIENCE, member

ANN, BOB = "ann@acme.test", "bob@acme.test"


# ----------------------------------------------------------------------
# Mailchimp
# ----------------------------------------------------------------------


@pytest.fixture
def mailchimp(simulator):
    client = mailchimp_marketing.Client()
    client.set_config({"api_key": simulator.settings["api_key"], "server": "us21"})
    client.api_client.host = simulator.base_url
    return client


@pytest.mark.services("mailchimp")
def test_mailchimp_segment(simulator, mailchimp):
    assert mailchimp.ping.get()["health_status"]
    audience = mailchimp.lists.get_all_lists()["lists"][0]["id"]
    batch = {"members": [member(ANN), member(BOB), member("no")]}
    answer = mailchimp.lists.batch_list_members(audience, batch)
    assert (answer["total_created"], answer["error_count"]) == (2, 1)
    body = {"name": "Buyers", "static_segment": [ANN]}
    segment = mailchimp.lists.create_segment(audience, body)["id"]
    changes = {"members_to_add": [BOB], "members_to_remove": [ANN]}
    mailchimp.lists.batch_segment_members(changes, audience, segment)
    found = mailchimp.lists.get_segment_members_list(audience, segment)["members"]
    assert [one["email_address"] for one in found] == [BOB]
    mailchimp.lists.delete_segment(audience, segment)
    with pytest.raises(ApiClientError) as caught:
        mailchimp.lists.get_segment(audience, segment)
    assert caught.value.status_code == 404


@pytest.mark.services("mailchimp")
def test_mailchimp_audience(simulator, mailchimp):
    audience = mailchimp.lists.create_list(AUDIENCE)["id"]
    mailchimp.lists.set_list_member(
        audience, ANN, {"email_address": ANN, "status_if_new": "subscribed"}
    )
    mailchimp.lists.add_list_member(audience, member(BOB))
    with pytest.raises(ApiClientError) as caught:
        mailchimp.lists.add_list_member(audience, member(BOB))
    assert "already a list member" in caught.value.text
    mailchimp.lists.delete_list_member(audience, ANN)
    found = mailchimp.lists.get_list_members_info(audience)["members"]
    assert [one["email_address"] for one in found] == [BOB]
    simulator.opt_out(BOB, audience)
    with pytest.raises(ApiClientError) as caught:
        mailchimp.lists.set_list_member(audience, BOB, member(BOB))
    assert "Member In Compliance State" in caught.value.text
    mailchimp.lists.delete_list(audience)
    assert len(mailchimp.lists.get_all_lists()["lists"]) == 1


# ----------------------------------------------------------------------
# MailerLite
# ----------------------------------------------------------------------


@pytest.mark.services("mailerlite")
def test_mailerlite(simulator, monkeypatch):
    monkeypatch.setattr(MailerLiteClient, "HOST", f"{simulator.root}/")
    client = mailerlite.Client({"api_key": simulator.settings["api_key"]})
    group = int(client.groups.create("Buyers")["data"]["id"])
    client.groups.update(group, "Customers")
    field = client.fields.create("Loyalty", "text")["data"]["key"]
    made = client.subscribers.create(ANN, fields={field: "high"}, groups=[str(group)])
    batch = client.batches.request(
        [{"method": "POST", "path": "api/subscribers", "body": {"email": BOB}}]
    )
    bob = batch["responses"][0]["body"]["data"]["id"]
    client.subscribers.assign_subscriber_to_group(int(bob), group)
    found = client.groups.get_group_subscribers(group, limit=10)["data"]
    assert [one["email"] for one in found] == [ANN, BOB]
    ann = int(made["data"]["id"])
    client.subscribers.unassign_subscriber_from_group(ann, group)
    assert simulator.members(group) == {BOB: "active"}
    assert client.groups.list(filter={"name": "custom"})["data"][0]["id"] == str(group)
    simulator.opt_out(BOB)
    with pytest.raises(RequestsHTTPError, match="422"):
        client.subscribers.create(BOB)
    client.groups.delete(group)
    assert simulator.lists == {}


# ----------------------------------------------------------------------
# SendGrid
# ----------------------------------------------------------------------


def finish(path):
    """Ask for a job until it has ended; return its answer."""
    for _ in range(10):
        answer = path().to_dict
        if answer["status"] != "pending":
            return answer
    raise AssertionError("The job never ends.")


@pytest.mark.services("sendgrid")
def test_sendgrid(simulator):
    client = SendGridAPIClient(simulator.settings["api_key"], host=simulator.base_url)
    api = client.client.marketing
    made = api.lists.post(request_body={"name": "Buyers"})
    assert made.status_code == 201
    list_id = made.to_dict["id"]
    contacts = {"list_ids": [list_id], "contacts": [{"email": ANN}, {"email": BOB}]}
    job = api.contacts.put(request_body=contacts).to_dict["job_id"]
    assert finish(api.contacts.imports._(job).get)["status"] == "completed"
    found = api.contacts.search.emails.post(request_body={"emails": [ANN]}).to_dict
    ids = {"contact_ids": found["result"][ANN]["contact"]["id"]}
    removal = api.lists._(list_id).contacts.delete(query_params=ids)
    finish(api.contacts.imports._(removal.to_dict["job_id"]).get)
    assert simulator.members(list_id) == {BOB: "active"}
    export = api.contacts.exports.post(request_body={"list_ids": [list_id]}).to_dict
    assert finish(api.contacts.exports._(export["id"]).get)["urls"]
    bad = {"list_ids": [list_id], "contacts": [{"email": ANN}, {"email": "000"}]}
    with pytest.raises(HTTPError) as caught:
        api.contacts.put(request_body=bad)
    assert caught.value.to_dict["errors"][0]["field"] == "contacts[1].email"
    assert api.lists._(list_id).delete().status_code == 204


# ----------------------------------------------------------------------
# SendPulse
# ----------------------------------------------------------------------


@pytest.mark.services("sendpulse")
def test_sendpulse(simulator, monkeypatch, tmp_path):
    monkeypatch.setattr(PySendPulse, "_PySendPulse__api_url", simulator.base_url)
    secrets = simulator.settings.values()
    client = PySendPulse(*secrets, "FILE", f"{tmp_path}/")
    book = client.add_addressbook("Buyers")["id"]
    assert client.add_addressbook("Buyers")["data"]["http_code"] == 422
    rows = [{"email": ANN, "variables": {"Company": "ACME"}}, {"email": BOB}]
    assert client.add_emails_to_addressbook(book, rows) == {"result": True}
    found = client.get_emails_from_addressbook(book)
    assert [one["email"] for one in found] == [ANN, BOB]
    assert found[0]["variables"] == {"Company": "ACME"}
    client.edit_addressbook(book, "Customers")
    assert client.get_addressbook_info(book)[0]["name"] == "Customers"
    client.delete_emails_from_addressbook(book, [ANN])
    assert simulator.members(book) == {BOB: "active"}
    simulator.set_fault(advance=3601)
    assert client.get_list_of_addressbooks()[0]["id"] == book
    client.delete_addressbook(book)
    assert simulator.lists == {}
