"""What every addon of this repository has, checked without starting Odoo."""

import ast
import re
import subprocess
import sys

import pytest

from dev import addons, old_idioms, readme
from dev.paths import ROOT

ADDONS = addons.names()

# A path or host of one developer's machine in a file breaks it for the others.
HOME_FOLDERS = re.compile(r"/(?:home|Users|root|work)/\w")


def manifest(addon):
    return ast.literal_eval((ROOT / addon / "__manifest__.py").read_text())


def tracked_files():
    listing = subprocess.check_output(["git", "ls-files", "-z"], cwd=ROOT, text=True)
    return [ROOT / name for name in listing.split("\0") if name]


@pytest.mark.parametrize("addon", ADDONS)
def test_manifest_is_complete(addon):
    content = manifest(addon)
    assert re.fullmatch(r"19\.0\.\d+\.\d+\.\d+", content["version"])
    assert content["license"] == "LGPL-3"
    assert content["author"] == "Task Mail Project"
    assert {"name", "summary", "category", "depends"} <= content.keys()


@pytest.mark.parametrize("addon", ADDONS)
def test_readme_is_made_from_its_fragments(addon):
    """And from what the newsletter services' classes say of themselves."""
    assert (ROOT / addon / "README.rst").read_text() == readme.rst(ROOT / addon)


@pytest.mark.parametrize("addon", ADDONS)
def test_manifest_lists_every_data_file(addon):
    content = manifest(addon)
    listed = {*content.get("data", ()), *content.get("demo", ())}
    folders = ("data", "demo", "security", "views", "wizards")
    present = {
        path.relative_to(ROOT / addon).as_posix()
        for folder in folders
        for path in (ROOT / addon / folder).rglob("*")
        if path.suffix in {".csv", ".xml"}
    }
    assert listed == present


@pytest.mark.parametrize("addon", ADDONS)
@pytest.mark.parametrize(
    "file",
    [
        "README.rst",
        "pyproject.toml",
        "readme/CONTRIBUTORS.md",
        "readme/DESCRIPTION.md",
        "static/description/icon.png",
        "tests/__init__.py",
    ],
)
def test_addon_has(addon, file):
    assert (ROOT / addon / file).is_file()


@pytest.mark.parametrize("addon", ADDONS)
def test_addon_imports_all_its_tests(addon):
    """Odoo runs only those that the package imports; pytest would run all."""
    tests = ROOT / addon / "tests"
    imported = re.findall(
        r"^from \. import (\w+)", (tests / "__init__.py").read_text(), re.MULTILINE
    )
    assert {path.stem for path in tests.glob("test_*.py")} == set(imported)


def test_python_requirements_are_those_of_the_manifests():
    needed = {
        package
        for addon in ADDONS
        for package in manifest(addon)
        .get("external_dependencies", {})
        .get("python", ())
    }
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    assert {line for line in lines if line and not line.startswith("#")} == needed


def test_no_old_idioms():
    assert old_idioms.findings(ADDONS) == []


def test_no_path_of_one_machine():
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in tracked_files()
        if path.suffix in {"", ".cfg", ".ini", ".md", ".py", ".rst", ".toml", ".xml"}
        for line in path.read_text().splitlines()
        if HOME_FOLDERS.search(line)
    ]
    assert found == []


@pytest.mark.parametrize(
    "package",
    [f"{addon}/{name}" for addon in ADDONS for name in ("engine", "providers")],
)
def test_plain_package_imports_without_odoo(package):
    addon, _, name = package.partition("/")
    folder = ROOT / package
    if not folder.is_dir():
        return
    modules = sorted(path.stem for path in folder.glob("[!_]*.py"))
    imports = "\n".join(f"import {name}.{module}" for module in modules)
    forbid = "import sys; sys.modules['odoo'] = None\n"
    # From the addon's folder: importing the addon itself needs Odoo.
    subprocess.run(
        [sys.executable, "-c", forbid + imports], cwd=ROOT / addon, check=True
    )
