"""``$metadata``: EDMX of the published sets, and the service document."""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import quoteattr

from .schema import EDM, Field
from .state import Infobase

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?><edmx:Edmx Version="1.0" xmlns:edmx="http://schemas.microsoft.com/ado/2007/06/edmx">'
    '<edmx:DataServices xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata" m:DataServiceVersion="3.0" '
    'm:MaxDataServiceVersion="3.0"><Schema Namespace="StandardODATA" xmlns="http://schemas.microsoft.com/ado/2009/11/edm">'
)
TAIL = "</Schema></edmx:DataServices></edmx:Edmx>"


def published(base: Infobase) -> list[str]:
    return [name for name in base.sets if name not in base.hidden]


def property_of(one: Field, owner: str, name: str) -> str:
    kind = f"StandardODATA.{owner}_{one.name}" if one.kind == "E" else EDM.get(one.kind, "Edm.Guid")
    size = f' MaxLength="{one.size}"' if one.size else ""
    more = f'<Property Name={quoteattr(name + "_Type")} Type="Edm.String" Nullable="true"/>' if one.kind == "C" else ""
    return f'<Property Name={quoteattr(name)} Type={quoteattr(kind)} Nullable="true"{size}/>{more}'


def properties(table: Mapping[str, Field], owner: str) -> str:
    return "".join(property_of(one, owner, name) for name, one in table.items())


def edmx(base: Infobase) -> str:
    types, enums, sets = [], [], []
    for name in published(base):
        of = base.sets[name]
        keys = "".join(f"<PropertyRef Name={quoteattr(key)}/>" for key in of.key)
        parts = "".join(
            f'<Property Name={quoteattr(part)} Type="Collection(StandardODATA.{name}_{part}_RowType)" Nullable="true"/>'
            for part in of.parts
        )
        types.append(f"<EntityType Name={quoteattr(name)}><Key>{keys}</Key>{properties(of.fields, name)}{parts}</EntityType>")
        for part, table in of.parts.items():
            types.append(f"<ComplexType Name={quoteattr(f'{name}_{part}_RowType')}>{properties(table, f'{name}_{part}')}</ComplexType>")
        for owner, table in ((name, of.fields), *((f"{name}_{part}", table) for part, table in of.parts.items())):
            for one in table.values():
                if one.kind == "E":
                    members = "".join(f"<Member Name={quoteattr(value)}/>" for value in one.of)
                    enums.append(f"<EnumType Name={quoteattr(f'{owner}_{one.name}')}>{members}</EnumType>")
        sets.append(f"<EntitySet Name={quoteattr(name)} EntityType={quoteattr(f'StandardODATA.{name}')}/>")
    container = f'<EntityContainer Name="EnterpriseV8" m:IsDefaultEntityContainer="true">{"".join(sets)}</EntityContainer>'
    return HEAD + "".join([*types, *enums, container]) + TAIL


def service(base: Infobase) -> dict[str, object]:
    return {"odata.metadata": "$metadata", "value": [{"name": name, "url": name} for name in published(base)]}
