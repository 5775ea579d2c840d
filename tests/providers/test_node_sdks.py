"""The same as ``test_sdks`` with a client for Node.js."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from dev.paths import STATE
from dev.python_env import LINT_ENV
from tests.simulators import running

NODE = Path(__file__).with_name("node")
INSTALL = ("ci", "--silent", "--no-audit", "--no-fund")
ANN, BOB = "ann@acme.test", "bob@acme.test"


def run(program, *arguments, text=""):
    """Return the output of Node.js, the machine's or that of ``make lint``."""
    path = os.pathsep.join([os.environ["PATH"], str(LINT_ENV.path / "bin")])
    found = shutil.which(program, path=path)
    if not found:
        pytest.skip(f"{program} is missing: `make lint` installs it")
    return subprocess.run(
        [found, *arguments],
        input=text,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env={**os.environ, "PATH": path},
    ).stdout


@pytest.fixture(scope="module")
def modules():
    """Install what the lock file says; return the folder."""
    folder = STATE / "node-clients"
    lock, installed = NODE / "package-lock.json", folder / "complete"
    if not installed.exists() or installed.read_bytes() != lock.read_bytes():
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(NODE, folder)
        run("npm", *INSTALL, f"--prefix={folder}")
        shutil.copyfile(lock, installed)
    return folder / "node_modules"


@pytest.fixture
def unisender(modules):
    """Return simulator, and a function that makes calls and returns their answers."""
    with running("unisender") as simulator:
        key = simulator.settings["api_key"]
        command = [NODE / "unisender_client.cjs", modules, simulator.root, key]

        def call(*calls):
            return json.loads(run("node", *command, text=json.dumps(calls)))

        yield simulator, call


def test_unisender(unisender):
    simulator, call = unisender
    made, twice, lists = call(
        ("createList", {"title": "Buyers"}),
        ("createList", {"title": "Buyers"}),
        ("getLists", {}),
    )
    list_id = made["result"]["id"]
    assert lists["result"] == [{"id": list_id, "title": "Buyers"}]
    assert twice["code"] == "invalid_arg"
    assert "&quot;Buyers&quot;" in twice["error"]

    names = ["email", "email_list_ids", "Name"]
    rows = [
        {"email": email, "email_list_ids": list_id, "Name": "Анна"}
        for email in (ANN, BOB, "sales@acme.test")
    ]
    exclusion = {"contact_type": "email", "contact": ANN, "list_ids": list_id}
    imported, _, renamed, gone = call(
        ("importContacts", {"field_names": names, "data": rows}),
        ("exclude", exclusion),
        ("updateList", {"list_id": list_id, "title": "Customers"}),
        ("getFields", {}),
    )
    assert (imported["result"]["inserted"], imported["result"]["invalid"]) == (2, 1)
    assert imported["result"]["log"][0]["index"] == 2
    assert simulator.members(list_id) == {BOB: "active"}
    assert simulator.fields_of(BOB)["Name"] == "Анна"
    assert renamed == {"result": {}}
    assert gone["result"][0]["name"] == "Name"
    call(("deleteList", {"list_id": list_id}))
    assert simulator.lists == {}


def test_unisender_overwrite_destroys(unisender):
    """What our own client never sends."""
    simulator, call = unisender
    one, other = (
        answer["result"]["id"]
        for answer in call(
            ("createList", {"title": "One"}), ("createList", {"title": "Other"})
        )
    )
    fields = {"email": ANN}
    subscription = {"fields": fields, "double_optin": 3}
    call(
        ("subscribe", {**subscription, "list_ids": one}),
        ("subscribe", {**subscription, "list_ids": other, "overwrite": 1}),
    )
    assert (simulator.members(one), simulator.members(other)) == ({}, {ANN: "active"})
