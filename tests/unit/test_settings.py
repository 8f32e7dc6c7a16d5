"""The configuration: every error at once with its line, the nearest known key, secrets by name only; the example is complete."""

from __future__ import annotations

import re
from pathlib import Path

import jsonschema
import pytest
import yaml
from marshmallow import fields

from connectors.registry import manifest
from hub.config.editor import json_schema
from hub.config.environment import from_env
from hub.config.fields import SecretField
from hub.config.schema import ConfigSchema
from hub.config.settings import SettingsError, load, read

EXAMPLE = Path(__file__).parents[2] / "config.example.yaml"
SECRETS = set(re.findall(r"\{env: (\w+)\}", EXAMPLE.read_text())) - {"NAME"}
SYSTEM = "systems:\n  sklad: {connector: moysklad, url: 'https://x.ru'}\n"


@pytest.fixture
def environment(monkeypatch):
    for name in SECRETS:
        monkeypatch.setenv(name, "secret")


def errors(text):
    return [(one.line, one.place, one.text) for one in read(text)[1]]


@pytest.mark.parametrize("text, line, place, says", [
    pytest.param(SYSTEM + "worker: 2\n", 3, "worker", "did you mean 'workers'", id="an unknown key at the top"),
    pytest.param(SYSTEM + "public_url: https://x.ru\n", 3, "public_url", "it belongs under web", id="a key of a section, a level too high"),
    pytest.param("systems:\n  sklad:\n    connector: moysklad\n    url: https://x.ru\n    mod: live\n", 5, "systems.sklad.mod", "did you mean 'mode'", id="an unknown key of a system"),
    pytest.param("systems:\n  sklad: {connector: woo, url: 'https://x.ru'}\n", 2, "systems.sklad.connector", "Must be one of", id="an unknown connector"),
    pytest.param("systems:\n  sklad: {url: 'https://x.ru'}\n", 2, "systems.sklad.connector", "is missing", id="a missing key is told at what lacks it"),
    pytest.param("systems:\n  sklad: {connector: moysklad, url: x.ru}\n", 2, "systems.sklad.url", "https://", id="an address without its scheme"),
    pytest.param("systems:\n  sklad: {connector: moysklad, url: 'https://x.ru', timezone: Europe/Moskow}\n", 2, "systems.sklad.timezone", "did you mean 'Europe/Moscow'", id="a zone misspelt"),
    pytest.param("systems:\n  sklad: {connector: moysklad, url: 'https://x.ru', poll: {orders: 5}}\n", 2, "systems.sklad.poll.orders", "no such resource", id="a resource of another vendor"),
    pytest.param("systems:\n  sklad: {connector: moysklad, url: 'https://x.ru', limits: enterprise}\n", 2, "systems.sklad.limits", "no such limits", id="a tariff of another vendor"),
    pytest.param("systems:\n  sklad: {connector: moysklad, url: 'https://x.ru', retry: {frst: 5}}\n", 2, "systems.sklad.retry.frst", "did you mean 'first'", id="an unknown key of a retry policy"),
    pytest.param(SYSTEM + "routes: {orders: {sklad: {}}}\n", 3, "routes.orders", "did you mean 'order'", id="an unknown entity"),
    pytest.param(SYSTEM + "routes: {order: {skald: {}}}\n", 3, "routes.order.skald", "did you mean 'sklad'", id="an unknown system in a route"),
    pytest.param(SYSTEM + "routes: {order: {sklad: {when: 'a =='}}}\n", 3, "routes.order.sklad.when", "not JMESPath", id="a condition that is none"),
    pytest.param(SYSTEM + "policies: {order: {totl: {kind: latest}}}\n", 3, "policies.order.totl", "did you mean 'total'", id="an unknown field in a policy"),
    pytest.param(SYSTEM + "trust:\n  - sklad\n  - site\n", 5, "trust.1", "no such system: site", id="an unknown system in the order of trust"),
    pytest.param(SYSTEM + "directories: {store: {one: {ru: Один, skald: [x]}}}\n", 3, "directories.store.one.skald", "neither a title nor a system", id="an unknown system in a directory"),
    pytest.param(SYSTEM + "history_from: 1.2.2026\n", 3, "history_from", "2026-01-31", id="a date written otherwise"),
    pytest.param(SYSTEM + "directories: {order_status: {new: {}, done: {}}}\nstatus_steps: {new: [don]}\n", 4, "status_steps.new", "did you mean 'done'", id="an unknown status in a step"),
    pytest.param(SYSTEM + "policies: {order: {lines: {kind: owner, systems: [sklad], until: [done]}}}\n", 3, "policies.order.lines.then", "write both", id="until without then"),
    pytest.param(SYSTEM + "policies: {order: {lines: {kind: owner, systems: [sklad], until: [done], then: [skald]}}}\n", 3, "policies.order.lines", "did you mean 'sklad'", id="an unknown system from a stage on"),
    pytest.param(SYSTEM + "policies: {order: {status: {kind: latest}}}\nstatus_steps: {new: [done]}\n", 3, "policies.order.status", "goes by its steps", id="a policy beside the steps"),
    pytest.param(SYSTEM + "stores: {mega: {timezone: Asia/Ufa}}\n", 3, "stores.mega.timezone", "no such time zone", id="a store in no zone"),
    pytest.param(SYSTEM + "stores: {mega: {hours: [9-18]}}\n", 3, "stores.mega.hours.0", "mon-fri 10:00-22:00", id="hours written otherwise"),
    pytest.param(SYSTEM + "rounding: -1\n", 3, "rounding", "greater than or equal to 0", id="a rounding below nothing"),
    pytest.param(SYSTEM + "workers: 2\nworkers: 3\n", 4, "workers", "stands twice", id="a key given twice"),
    pytest.param(SYSTEM + "reference_wait:\n", 3, "reference_wait", "has no value", id="a setting half written"),
    pytest.param("systems:\n  sklad: {connector: moysklad\nurl: x\n", 3, "", "not YAML", id="a file half written"),
    pytest.param("systems:\n  sklad:\n    connector: moysklad\n    url: https://x.ru\n    secrets: {token: abc}\n", 5, "systems.sklad.secrets.token", "no place in the configuration", id="a secret in the file"),
    pytest.param("systems:\n  sklad:\n    connector: moysklad\n    url: https://x.ru\n    secrets: {token: {env: NOT_SET_ANYWHERE}}\n", 5, "systems.sklad.secrets.token", "NOT_SET_ANYWHERE is not set", id="a secret that is not set"),
    pytest.param("systems:\n  sklad: {connector: moysklad, url: 'http://x', realm: petrow}\nstores: {mega: {realm: petrov}}\n", 2, "systems.sklad.realm", "no store is of this realm; did you mean 'petrov'?", id="a realm of no store"),
    pytest.param("systems:\n  kassa: {connector: onec, url: 'http://x'}\n  uchet: {connector: onec, url: 'http://y', replica_of: kasa}\n", 3, "systems.uchet.replica_of", "no such other system: kasa; did you mean 'kassa'?", id="a copy of no system"),
    pytest.param("systems:\n  kassa: {connector: onec, url: 'http://x'}\n  site: {connector: woocommerce, url: 'http://y', replica_of: kassa}\n", 3, "systems.site.replica_of", "speaks another protocol", id="a copy of another program's documents"),
    pytest.param("systems:\n  kassa: {connector: onec, url: 'http://x'}\n  uchet: {connector: onec, url: 'http://y', replica_of: {receipt: kassa}}\n", 3, "systems.uchet.replica_of", "no such documents: receipt; did you mean 'receipts'?", id="a copy of no documents"),
    pytest.param("systems:\n  kassa: {connector: onec, url: 'http://x'}\n  uchet: {connector: onec, url: 'http://y', replica_of: {customers: kassa}}\n", 3, "systems.uchet.replica_of", "no such documents: customers", id="customers are told by their keys"),
])  # fmt: skip
def test_an_error_names_its_line_and_the_next_step(text, line, place, says):
    assert [(at, where) for at, where, message in errors(text) if says in message] == [(line, place)]


def test_all_errors_are_told_at_once():
    text = "worker: 2\nsystems:\n  sklad: {connector: moysklad, url: x, mod: live}\nroutes: {orders: {}}\ntrust: [site]\n"
    assert [place for _, place, _ in errors(text)] == ["worker", "systems.sklad.mod", "systems.sklad.url", "routes.orders", "trust.0"]


def test_the_message_begins_with_file_and_line(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text(SYSTEM + "worker: 2\n")
    with pytest.raises(SettingsError, match=rf"^{path}:3: worker: unknown key; did you mean 'workers'"):
        load(path, {})


def test_no_message_holds_a_secret(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("systems: {sklad: {connector: moysklad, url: 'https://x.ru', secrets: {token: Zx81-secret}}}\n")
    with pytest.raises(SettingsError) as caught:
        load(path, {})
    assert "Zx81" not in str(caught.value)


def test_a_dearer_tariff_has_limits_of_its_own(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("systems: {crm: {connector: bitrix24, url: 'https://x.ru', limits: enterprise, retry: {limit: 3}}}\n")
    crm = load(path, {"SVERKA_SECRET_KEY": "x"}).systems["crm"]
    rates = [one.units / one.seconds for one in crm.limits_of(manifest("bitrix24")) if one.kind == "bucket"]
    assert (rates, crm.retry.limit, crm.retry.first) == ([5.0], 3, 5.0)


@pytest.mark.usefixtures("environment")
def test_the_example_is_valid():
    assert errors(EXAMPLE.read_text()) == []


def test_the_example_fits_the_json_schema_made_for_editors():
    jsonschema.Draft202012Validator.check_schema(json_schema())
    jsonschema.validate(yaml.safe_load(EXAMPLE.read_text()), json_schema())


@pytest.mark.parametrize("text", ["worker: 2", "systems: {sklad: {connector: moysklad, url: x, mod: live}}", "systems: {sklad: {connector: moysklad, url: x, secrets: {token: abc}}}", "systems: {}\nworkers: many"])  # fmt: skip
def test_the_json_schema_refuses_what_the_hub_refuses(text):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(yaml.safe_load(text), json_schema())


def settings_of(schema):
    """Every key of the schema and of the schemas inside it, with its meaning."""
    for name, declared in schema.fields.items():
        yield name, declared
        inner = declared
        while isinstance(inner, (fields.Dict, fields.List)):
            inner = inner.value_field if isinstance(inner, fields.Dict) else inner.inner
        if isinstance(inner, fields.Nested):
            yield from settings_of(inner.schema)


@pytest.mark.parametrize(
    "name, declared", sorted(settings_of(ConfigSchema()), key=lambda pair: pair[0]), ids=lambda v: v if isinstance(v, str) else ""
)
def test_every_setting_stands_in_the_example_and_has_a_meaning(name, declared):
    assert re.search(rf"^[\s#]*{name}:|[{{,] ?{name}:", EXAMPLE.read_text(), re.M), f"config.example.yaml does not show {name}"
    assert declared.metadata.get("about"), f"{name} has no meaning in hub/config/schema.py"


def test_a_value_of_the_environment_may_stand_in_a_file(tmp_path):
    path = tmp_path / "url"
    path.write_text("postgresql://db/sverka\n")
    assert from_env({"DATABASE_URL_FILE": str(path)}, "DATABASE_URL") == "postgresql://db/sverka"
    assert from_env({"DATABASE_URL": "given", "DATABASE_URL_FILE": str(path)}, "DATABASE_URL") == "given"
    with pytest.raises(SettingsError, match="DATABASE_URL_FILE names .*nowhere, which cannot be read"):
        from_env({"DATABASE_URL_FILE": str(tmp_path / "nowhere")}, "DATABASE_URL")


def test_secrets_are_recognised_as_such():
    assert isinstance(ConfigSchema().fields["systems"].value_field.schema.fields["webhook_secret"], SecretField)


AUDIENCE = "systems:\n  cdp: {connector: mindbox, url: 'https://x.ru', options: {segments: [winback]}}\n  direct: {connector: yandex_audiences, url: 'https://y.ru'}\naudiences:\n"


@pytest.mark.parametrize(
    ("line", "place", "text"),
    [
        pytest.param("{title: a, source: cpd, segment: winback, to: [direct]}", "audiences.a.source", "cdp", id="a system that is not there"),
        pytest.param("{title: a, source: cdp, segment: loyal, to: [direct]}", "audiences.a.segment", "options.segments", id="a segment that nobody keeps up with"),
        pytest.param("{title: a, source: cdp, segment: winback, to: [cdp]}", "audiences.a.to", "takes no audiences", id="a system that takes none"),
        pytest.param("{title: b, source: cdp, segment: winback, to: [direct]}", "audiences.b.title", "called so", id="a title that stands twice"),
    ],
)  # fmt: skip
def test_an_audience_that_cannot_be_is_told_at_its_line(line, place, text):
    more = "  b: {title: b, source: cdp, segment: winback, to: [direct]}\n" if "title: b" in line else ""
    _, found = read(f"{AUDIENCE}  a: {line}\n{more}")
    assert [(one.place, text in one.text) for one in found] == [(place, True)]


def test_the_node_of_an_exchange_by_messages_is_checked_like_all_else():
    """1C by EnterpriseData: a mistyped key would otherwise be found by an exchange that never begins."""
    base = "systems: {uchet: {connector: onec, url: 'https://1c.example.ru', options: {transports: enterprisedata, enterprisedata: {nod: HUB}}}}"
    _, found = read(base)
    assert {one.place: one.text for one in found if "enterprisedata" in one.place}["systems.uchet.options.enterprisedata.nod"].startswith(
        "unknown key; did you mean 'node'?"
    )
