"""The contract's methods for a service that the configuration describes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from connectors.contract import (
    DirectoryValue,
    Finding,
    Health,
    Operation,
    Outcome,
    Page,
    Remote,
    RemoteField,
    Representation,
    ResourceManifest,
    Write,
)
from connectors.errors import ConnectorError, Missing, Rejected, Unauthorized, Unknown
from connectors.onec.api import Api
from connectors.onec.manifest import COMMIT
from connectors.onec.soap import catalogue, paths, wsdl
from connectors.onec.soap.arguments import filled, over
from connectors.onec.soap.description import Call, Described, Description
from connectors.onec.soap.service import Services
from connectors.onec.soap.shown import NEVER, Shown, sent
from connectors.strict import nearest

Json = Any
OVERLAP = 60.0  # seconds by which a cursor trails the newest change
BATCH = 50  # ids of one request, where a service takes several
LOGIN = ("1С → Администрирование → Пользователи → sverka: имя и пароль впишите в окружение",
         "1C → Administration → Users → sverka: put name and password into the environment")  # fmt: skip
PUBLISH = ("Конфигуратор → Администрирование → Публикация на веб-сервере: отметьте «Публиковать Web-сервисы» и сервис {}",
           "Designer → Administration → Publishing on the web server: tick the web services and {}")  # fmt: skip
RIGHTS = ("1С → Администрирование → Пользователи → sverka → Права доступа: роль с использованием сервиса",
          "1C → Administration → Users → sverka → Access rights: a role that may use the service")  # fmt: skip
DESCRIBE = "config.yaml → systems.{}.options.soap.{}"


class Custom:
    """What ``options.soap`` describes of one base."""

    def __init__(self, name: str, url: str, api: Api, description: Description) -> None:
        self.name, self.api, self.described = name, api, description.resources
        self.services = Services(api, url, description.version, description.strict, description.errors)
        self.shown = {resource: Shown(resource, one) for resource, one in description.resources.items()}

    def changes(self, resource: str, cursor: Mapping[str, Json]) -> Iterator[Page]:
        """All objects, or those that changed since the newest change that was seen. Pages are asked for until one is not full."""
        of = self.described[resource]
        call, newest = of.list, str(cursor.get("newest") or NEVER)
        now = self.api.local().isoformat(timespec="seconds")
        began, page = str(cursor.get("began") or now), int(cursor.get("page") or 0)
        since, latest, before = earlier(newest), str(cursor.get("latest") or newest), frozenset[str]()
        while True:
            asked = {"$since": since, "$page": page + 1, "$offset": page * call.size, "$size": call.size}
            rows = self._rows(of, call, asked)
            remotes = [self._remote(resource, row, "list") for row in rows]
            idents = frozenset(remote.id for remote in remotes)
            if call.paged and rows and idents == before:
                raise Rejected(f"{call.operation}: two pages are the same: the service does not heed the page", code="page", field="list")
            latest = max([latest, *(str(remote.data.get("changed") or NEVER)[:19] for remote in remotes)])
            last, page, before = not call.paged or len(rows) < call.size, page + 1, idents
            following: dict[str, Json] = {"began": began, "page": page, "newest": newest, "latest": latest}
            if last:  # what bears a time to come would hide all that changes until then
                following = {"newest": min(latest, began) if of.modified else began}
            yield Page(remotes, following, last)
            if last:
                return

    def _rows(self, of: Described, call: Call, values: Mapping[str, Json]) -> list[Mapping[str, Json]]:
        answer = self.services.call(of.service, call, filled(call.arguments, values, {}), rules=of.faults, safe=True)
        found = paths.several(answer, call.result) if call.result else [answer]
        return [row for row in found if isinstance(row, Mapping) and paths.at(row, of.id) not in (None, "")]

    def _remote(self, resource: str, row: Mapping[str, Json], view: str) -> Remote:
        data = self.shown[resource].of(row)
        return Remote(str(data["id"]), data, view)

    def fetch(self, resource: str, ids: Sequence[str]) -> list[Remote]:
        """By id, one or several a request; a service that has no such operation lists all that it has, once."""
        of = self.described[resource]
        if not ids:
            return []
        if of.fetch is None:
            wanted = frozenset(ids)
            return [replace(one, representation="fetch") for page in self.changes(resource, {}) for one in page.objects if one.id in wanted]
        size = BATCH if of.fetch.uses("$ids") else 1
        pieces = [list(ids[start : start + size]) for start in range(0, len(ids), size)]
        return [
            self._remote(resource, row, "fetch") for piece in pieces for row in self._found(of, of.fetch, {"$id": piece[0], "$ids": piece})
        ]

    def _found(self, of: Described, call: Call, values: Mapping[str, Json]) -> list[Mapping[str, Json]]:
        """Rows; none where the service says that there is nothing of the kind."""
        try:
            return self._rows(of, call, values)
        except Missing:
            return []

    def find(self, resource: str, key: str, values: Sequence[str]) -> list[Remote]:
        """By the keys that the configuration names an operation for."""
        of = self.described[resource]
        call = of.find.get(key)
        if call is None:
            return []
        return [self._remote(resource, row, "fetch") for value in values for row in self._found(of, call, {"$value": value})]

    def find_created(self, resource: str, writes: Sequence[Write]) -> list[Remote]:
        """What creates whose answers were lost may have made. A service that does not show the hub's key was asked by it, so it has it."""
        made = []
        for write in writes:
            made += [replace(one, data={**one.data, "hub_key": write.key}) for one in self.find(resource, "hub", [write.key])]
        return made

    def write(self, resource: str, writes: Sequence[Write]) -> list[Outcome]:
        """One object a request."""
        return [self._one(resource, write) for write in writes]

    def _one(self, resource: str, write: Write) -> Outcome:
        of = self.described[resource]
        kind = "create" if write.id is None else "update"
        call = of.create if write.id is None else of.update
        try:
            if call is None:
                raise Rejected(f"config.yaml describes no operation {kind} for {resource}", code="described")
            data = sent(over(self._held(resource, write), write.data))
            arguments = filled(call.arguments, {"$key": write.key, "$id": write.id}, data)
            answer = self.services.call(of.service, call, arguments, rules=of.faults, safe=call.repeat == "safe")
            if call.result and (row := paths.at(answer, call.result)) and isinstance(row, Mapping):
                return Outcome(self._remote(resource, row, "fetch"))
            ident = write.id or paths.at(answer, call.id or call.result)
            if ident in (None, ""):
                raise Unknown(f"{call.operation}: the answer holds no id", code="id")
            return Outcome(Remote(str(ident), {"id": str(ident)}, "answer"))
        except ConnectorError as error:
            return Outcome(error=error)

    def _held(self, resource: str, write: Write) -> Mapping[str, Json]:
        """What the object holds now: such operations take it whole, and would empty what no mapping names."""
        if write.id is None:
            return {}
        found = self.fetch(resource, [write.id])
        if not found:
            raise Missing(f"{resource} {write.id}: the service does not show it")
        return found[0].data

    def manifest(self, resource: str, shipped: ResourceManifest) -> ResourceManifest:
        """The facts of a resource, as the configuration tells them."""
        of = self.described[resource]
        operations = {
            kind: Operation(call.repeat, find_by="hub" if call.repeat in ("findable", "keyed") else "", settles_after=call.settles_after)  # type: ignore[arg-type]
            for kind, call in (("create", of.create), ("update", of.update))
            if call is not None
        }
        whole = Representation(absent_is_empty=False)
        listed = whole if of.list.whole else Representation(frozenset({"id"}), absent_is_empty=False)
        views = {"list": listed, "fetch": whole, "answer": Representation(frozenset({"id"}), absent_is_empty=False)}
        return replace(
            shipped, operations=operations, writable=bool(operations), representations=views, incremental=of.list.uses("$since"),
            overlap=OVERLAP if of.modified else COMMIT + OVERLAP, fetch_batch=BATCH if of.fetch and of.fetch.uses("$ids") else 20,
        )  # fmt: skip

    def directory(self, name: str) -> list[DirectoryValue]:
        """No list of words is described: those that objects bear are met one by one."""
        return []

    def fields(self, resource: str) -> list[RemoteField]:
        named = self.described[resource].fields
        return [
            RemoteField(path, kind.lstrip("-"), not kind.startswith("-"))
            for path, kind in catalogue.STATIC[resource].items()
            if not path.endswith("*")
        ] + [RemoteField(name, "any") for name in named if name.startswith(catalogue.OWN)]

    def check(self) -> Health:
        """Whether each service is there, is what the configuration describes, and answers."""
        findings: list[Finding] = []
        for service in dict.fromkeys(one.service for one in self.described.values()):
            findings += self._published(service)
        return Health(tuple(findings), self.api.http.clock.skew)

    def _published(self, service: str) -> list[Finding]:
        try:
            port = self.services.port(service, afresh=True)
        except ConnectorError as error:
            ru, en = LOGIN if error.code == "401" else (PUBLISH[0].format(service), PUBLISH[1].format(service))
            return [Finding(service, False, f"{service}: {error.message}", f"{service}: {error.message}", ru, en)]
        findings = [Finding(service, True, f"{service}: опубликован", f"{service}: published")]
        for resource, of in self.described.items():
            if of.service == service:
                wrong = [text for place, call in of.calls() for text in self._compared(place, call, port, of)]
                place = DESCRIBE.format(self.name, resource.removeprefix("soap_"))
                findings += [Finding(resource, False, f"{resource}: {text}", f"{resource}: {text}", place, place) for text in wrong]
                findings += [] if wrong else [self._answers(resource, of)]
        return findings

    def _compared(self, place: str, call: Call, port: Any, of: Described) -> list[str]:
        try:
            operation = port.operation(call.operation)
        except Unauthorized:
            return [f"{place}.operation: the WSDL has no {call.operation}{nearest(call.operation, port.binding.all())}"]
        if not self.services.strict:  # what it says of answers is not so
            return list(wsdl.arguments(f"{place}.arguments", operation.input.body.type, call.arguments))
        return list(wsdl.complaints(place, call, operation, of))

    def _answers(self, resource: str, of: Described) -> Finding:
        """Whether the list answers: by what changed in the last minute, or by its first page."""
        now = self.api.local().isoformat(timespec="seconds")
        try:
            self._rows(of, of.list, {"$since": earlier(now), "$page": 1, "$offset": 0, "$size": min(of.list.size, 1)})
        except ConnectorError as error:
            fix = RIGHTS if isinstance(error, Unauthorized) else ("", "")
            return Finding(resource, False, f"{resource}: {error.message}", f"{resource}: {error.message}", *fix)
        return Finding(resource, True, f"{resource}: {of.list.operation} отвечает", f"{resource}: {of.list.operation} answers")


def earlier(moment: str) -> str:
    """The time that a list is asked from: a minute before. The empty date of 1C means from the beginning."""
    if moment <= NEVER:
        return NEVER
    return (datetime.fromisoformat(moment) - timedelta(seconds=OVERLAP)).isoformat(timespec="seconds")
