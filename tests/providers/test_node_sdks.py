"""The same as ``test_sdks`` with clients for Node.js."""

import json
import os
import resource
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest

from dev.locks import exclusive
from dev.paths import STATE
from dev.python_env import LINT_ENV
from tests.providers.mailchimp_bodies import AUDIENCE, member

NODE = Path(__file__).with_name("node")
INSTALL = ("ci", "--silent", "--no-audit", "--no-fund")
PATH = os.pathsep.join([os.environ["PATH"], str(LINT_ENV.path / "bin")])
ANN, BOB = "ann@acme.test", "bob@acme.test"


def program(name):
    """Return the path of a program of Node.js, the machine's or ``make lint``'s."""
    found = shutil.which(name, path=PATH)
    if not found:
        pytest.skip(f"{name} is missing: `make lint` installs it")
    return found


def lift_memory_limit():
    """Odoo limits addresses; the engine of Node.js reserves more and uses little."""
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY,) * 2)


@pytest.fixture(scope="module")
def modules():
    """Install what the lock file says; return the folder."""
    folder = STATE / "node-clients"
    with exclusive("node-clients"):
        lock, installed = NODE / "package-lock.json", folder / "complete"
        if not installed.exists() or installed.read_bytes() != lock.read_bytes():
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(NODE, folder)
            install(folder)
            shutil.copyfile(lock, installed)
    return folder / "node_modules"


def install(folder):
    command = [program("npm"), *INSTALL, f"--prefix={folder}"]
    environment = {**os.environ, "PATH": PATH}
    subprocess.run(command, check=True, env=environment, preexec_fn=lift_memory_limit)


class Refused(Exception):
    def __init__(self, status, body):
        super().__init__(status, body)
        self.status, self.body = status, body


class Client:
    """A client for Node.js in a process of its own."""

    def __init__(self, process):
        self._process = process

    def call(self, method, *values):
        """Return what a method of the client resolves to; raise ``Refused``."""
        print(json.dumps([method, *values]), file=self._process.stdin, flush=True)
        result = json.loads(self._process.stdout.readline())
        if "refusal" in result:
            raise Refused(**result["refusal"])
        return result.get("answer")


@contextmanager
def running_client(modules, folder, service, url, secrets):
    command = [program("node"), NODE / "client.cjs", service, url, *secrets]
    environment = {**os.environ, "NODE_PATH": str(modules)}
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=folder,
        env=environment,
        preexec_fn=lift_memory_limit,
    ) as process:
        yield Client(process)


@pytest.fixture
def call(modules, simulator, tmp_path):
    """Return a function that calls the simulated service."""
    place = simulator.service, simulator.root
    secrets = simulator.settings.values()
    with running_client(modules, tmp_path, *place, secrets) as client:
        yield client.call


def refusal(call, *values):
    with pytest.raises(Refused) as caught:
        call(*values)
    return caught.value


@pytest.mark.services("mailchimp")
def test_mailchimp_segment(simulator, call):
    assert call("ping.get")["health_status"]
    audience = call("lists.getAllLists")["lists"][0]["id"]
    members = [member(ANN), member(BOB), member("no")]
    answer = call("lists.batchListMembers", audience, {"members": members})
    assert (answer["total_created"], answer["error_count"]) == (2, 1)
    body = {"name": "Buyers", "static_segment": [ANN]}
    segment = call("lists.createSegment", audience, body)["id"]
    changes = {"members_to_add": [BOB], "members_to_remove": [ANN]}
    call("lists.batchSegmentMembers", changes, audience, segment)
    found = call("lists.getSegmentMembersList", audience, segment)["members"]
    assert [one["email_address"] for one in found] == [BOB]
    call("lists.deleteSegment", audience, segment)
    assert refusal(call, "lists.getSegment", audience, segment).status == 404


@pytest.mark.services("mailchimp")
def test_mailchimp_audience(simulator, call):
    audience = call("lists.createList", AUDIENCE)["id"]
    new = {"email_address": ANN, "status_if_new": "subscribed"}
    call("lists.setListMember", audience, ANN, new)
    call("lists.addListMember", audience, member(BOB))
    again = refusal(call, "lists.addListMember", audience, member(BOB))
    assert (again.status, again.body["title"]) == (400, "Member Exists")
    call("lists.deleteListMember", audience, ANN)
    assert simulator.members(audience) == {BOB: "active"}
    simulator.opt_out(BOB, audience)
    kept_out = refusal(call, "lists.setListMember", audience, BOB, member(BOB))
    assert kept_out.body["title"] == "Member In Compliance State"
    call("lists.deleteList", audience)
    assert len(call("lists.getAllLists")["lists"]) == 1


@pytest.mark.services("mailerlite")
def test_mailerlite(simulator, call):
    group = call("groups.create", {"name": "Buyers"})["data"]["id"]
    call("groups.update", group, {"name": "Customers"})
    field = call("fields.create", {"name": "Loyalty", "type": "text"})["data"]["key"]
    values = {"email": ANN, "fields": {field: "high"}, "groups": [group]}
    ann = call("subscribers.createOrUpdate", values)["data"]["id"]
    one = {"method": "POST", "path": "api/subscribers", "body": {"email": BOB}}
    batch = call("batches.send", {"requests": [one]})
    bob = batch["responses"][0]["body"]["data"]["id"]
    call("groups.assignSubscriber", bob, group)
    found = call("groups.getSubscribers", group, {"limit": 10})["data"]
    assert [(one["id"], one["email"]) for one in found] == [(ann, ANN), (bob, BOB)]
    call("groups.unAssignSubscriber", ann, group)
    assert simulator.members(group) == {BOB: "active"}
    assert simulator.fields_of(ANN) == {field: "high"}
    named = call("groups.get", {"filter": {"name": "custom"}})["data"]
    assert [one["id"] for one in named] == [group]
    simulator.opt_out(BOB)
    assert refusal(call, "subscribers.createOrUpdate", {"email": BOB}).status == 422
    call("groups.delete", group)
    assert simulator.lists == {}


@pytest.mark.services("sendgrid")
def test_sendgrid(simulator, call):
    def request(method, path, body=None, qs=None):
        url = f"/v3/marketing{path}"
        return call("request", {"method": method, "url": url, "body": body, "qs": qs})

    def finish(path):
        for _ in range(10):
            answer = request("GET", path)
            if answer["status"] != "pending":
                return answer
        raise AssertionError("The job never ends.")

    list_id = request("POST", "/lists", body={"name": "Buyers"})["id"]
    people = {"list_ids": [list_id], "contacts": [{"email": ANN}, {"email": BOB}]}
    job = request("PUT", "/contacts", body=people)["job_id"]
    assert finish(f"/contacts/imports/{job}")["status"] == "completed"
    wanted = {"emails": [ANN]}
    found = request("POST", "/contacts/search/emails", body=wanted)["result"]
    ids = {"contact_ids": found[ANN]["contact"]["id"]}
    job = request("DELETE", f"/lists/{list_id}/contacts", qs=ids)["job_id"]
    finish(f"/contacts/imports/{job}")
    assert simulator.members(list_id) == {BOB: "active"}
    export = request("POST", "/contacts/exports", body={"list_ids": [list_id]})
    assert finish(f"/contacts/exports/{export['id']}")["urls"]
    people["contacts"].append({"email": "000"})
    wrong = refusal(request, "PUT", "/contacts", people)
    assert wrong.body["errors"][0]["field"] == "contacts[2].email"
    request("DELETE", f"/lists/{list_id}")
    assert simulator.lists == {}


@pytest.mark.services("sendpulse")
def test_sendpulse(simulator, call):
    book = call("createAddressBook", "Buyers")["id"]
    assert refusal(call, "createAddressBook", "Buyers").body["error_code"] == 203
    call("editAddressBook", book, "Customers")
    assert call("getBookInfo", book)[0]["name"] == "Customers"
    call("addEmails", book, [ANN, BOB])
    found = call("getEmailsFromBook", book)
    assert [one["email"] for one in found] == [ANN, BOB]
    assert call("getEmailInfo", book, BOB)["email"] == BOB
    call("removeEmails", book, [ANN])
    assert simulator.members(book) == {BOB: "active"}
    simulator.set_fault(advance=3601)
    assert call("listAddressBooks")[0]["id"] == book
    call("removeAddressBook", book)
    assert simulator.lists == {}


@pytest.mark.services("unisender")
def test_unisender(simulator, call):
    list_id = call("createList", {"title": "Buyers"})["result"]["id"]
    twice = refusal(call, "createList", {"title": "Buyers"}).body
    assert twice["code"] == "invalid_arg"
    assert "&quot;Buyers&quot;" in twice["error"]
    assert call("getLists", {})["result"] == [{"id": list_id, "title": "Buyers"}]

    rows = [
        {"email": email, "email_list_ids": list_id, "Name": "Анна"}
        for email in (ANN, BOB, "sales@acme.test")
    ]
    table = {"field_names": ["email", "email_list_ids", "Name"], "data": rows}
    imported = call("importContacts", table)["result"]
    assert (imported["inserted"], imported["invalid"]) == (2, 1)
    assert imported["log"][0]["index"] == 2
    exclusion = {"contact_type": "email", "contact": ANN, "list_ids": list_id}
    call("exclude", exclusion)
    assert simulator.members(list_id) == {BOB: "active"}
    assert simulator.fields_of(BOB)["Name"] == "Анна"
    assert call("getFields", {})["result"][0]["name"] == "Name"
    call("updateList", {"list_id": list_id, "title": "Customers"})
    assert simulator.lists[list_id].name == "Customers"
    call("deleteList", {"list_id": list_id})
    assert simulator.lists == {}


@pytest.mark.services("unisender")
def test_unisender_overwrite_destroys(simulator, call):
    """What our own client never sends."""
    one, other = (
        call("createList", {"title": title})["result"]["id"]
        for title in ("One", "Other")
    )
    values = {"fields": {"email": ANN}, "double_optin": 3}
    call("subscribe", {**values, "list_ids": one})
    call("subscribe", {**values, "list_ids": other, "overwrite": 1})
    assert (simulator.members(one), simulator.members(other)) == ({}, {ANN: "active"})
