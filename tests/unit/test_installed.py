"""Connectors that come with installed packages: taken by their entry point, and a broken one is named and stops no other."""

from __future__ import annotations

import sys
from importlib.metadata import distributions
from textwrap import dedent

import pytest
from marshmallow import ValidationError

from connectors import installed, registry
from hub.config import declared
from hub.config.sections.systems import SystemSchema
from hub.language import Speech
from hub.processes import doctor

GOOD = """
    from connectors.contract import Manifest
    MANIFEST = Manifest("{name}", "A shop", {{}})
    def create(settings, limiter, tokens, clock): ...
"""


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A folder where packages are installed: returns what installs one and what is found there."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def install(name, code, package=None, value=None):
        package = package or f"shop_{name}"
        (tmp_path / package).mkdir(exist_ok=True)
        (tmp_path / package / "__init__.py").write_text(dedent(code))
        about = tmp_path / f"{package}-1.0.dist-info"
        about.mkdir(exist_ok=True)
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package.replace('_', '-')}\nVersion: 1.0\n")
        (about / "entry_points.txt").write_text(f"[{installed.GROUP}]\n{name} = {value or package}\n")
        return tmp_path / package

    def found(taken=registry.SHIPPED):
        points = [p for d in distributions(path=[str(tmp_path)]) for p in d.entry_points if p.group == installed.GROUP]
        return installed.load(points, taken)

    yield install, found
    for name in [name for name in sys.modules if name.startswith("shop_")]:
        del sys.modules[name]


def test_a_package_gives_its_connector_and_its_mappings(site):
    install, found = site
    package = install("teashop", GOOD.format(name="teashop"))
    (package / "mappings").mkdir()
    there = found()
    assert (list(there.connectors), there.broken) == (["teashop"], ())
    assert there.connectors["teashop"].MANIFEST.title == "A shop" and there.mappings() == {"teashop": package / "mappings"}


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import nothing_of_this_name", "ModuleNotFoundError: No module named 'nothing_of_this_name'"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("MANIFEST = 5", "shop_bad/__init__.py must have MANIFEST"),
        (GOOD.format(name="other"), "MANIFEST.vendor is 'other' and the entry point 'bad'"),
        ("def broken(:", "SyntaxError"),
        (GOOD.format(name="bad").replace("{}", '{"clients": 1}'), "shop_bad/catalogue.py must have STATIC with the fields of clients"),
    ],
)
def test_a_broken_package_is_one_error_that_names_it_and_stops_no_other(site, code, said):
    install, found = site
    install("bad", code)
    install("good", GOOD.format(name="good"))
    there = found()
    (one,) = there.broken
    assert list(there.connectors) == ["good"]
    assert str(one).startswith("connector bad of the package shop-bad: ") and said in str(one)


def test_nobody_takes_the_name_of_another(site):
    install, found = site
    install("moysklad", GOOD.format(name="moysklad"))
    install("tea", GOOD.format(name="tea"), package="shop_a")
    install("tea", GOOD.format(name="tea"), package="shop_b")
    there = found()
    assert there.connectors["tea"].__name__ == "shop_a"
    assert [one.package for one in there.broken] == ["shop-moysklad", "shop-b"]
    assert all("there is another connector" in one.reason for one in there.broken)


def test_the_configuration_and_the_doctor_say_which_package_is_broken(site, monkeypatch):
    install, found = site
    install("bad", "1 / 0")
    install("good", GOOD.format(name="good"))
    monkeypatch.setattr(registry, "INSTALLED", found())
    with pytest.raises(ValidationError) as caught:
        SystemSchema().load({"connector": "bad", "url": "https://x"})
    assert "connector bad of the package shop-bad: ZeroDivisionError" in caught.value.messages["connector"][0]
    assert registry.broken("moysklad") == ""
    bad, good = doctor.packages(Speech("en"))
    assert doctor.TITLES[bad.name] == doctor.TITLES[good.name] == "Package", "every finding is printed under its title"
    assert (bad.level, good.level) == (doctor.BAD, doctor.OK) and "shop-bad" in bad.text and "shop_good" in good.text


def test_mappings_of_a_package_are_read_where_a_system_speaks_by_it(site, monkeypatch):
    install, found = site
    (install("good", GOOD.format(name="good")) / "mappings").mkdir()
    monkeypatch.setattr(registry, "INSTALLED", found())
    assert [folder.parent.name for folder in declared.folders(None)[1:]] == ["shop_good"]
    assert registry.mapping_folders({"moysklad"}) == [] and len(registry.mapping_folders({"good"})) == 1
