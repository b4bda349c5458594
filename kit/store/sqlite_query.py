"""Typed queries as SQL: a pure translation, so that each clause can be read and tested by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from kit.store.columns import column_name, key_of, kind_of
from kit.store.cursors import Place
from kit.store.port import Clause, Collection, Eq, In, Matches, Prefix, Range, Scope, Sort
from kit.text import HIGHEST, wanted


@dataclass(slots=True)
class Sql:
    """A condition with its parameters."""

    parts: list[str] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)

    def add(self, part: str, *values: Any) -> None:
        """And one more."""
        self.parts.append(part)
        self.values.extend(values)

    def where(self) -> str:
        """The WHERE clause, empty where nothing is asked."""
        return f" WHERE {' AND '.join(self.parts)}" if self.parts else ""


@dataclass(frozen=True, slots=True)
class Shape:
    """Where a collection's parts live in the file."""

    collection: Collection

    @property
    def table(self) -> str:
        """The table of documents."""
        return f"c_{self.collection.name}"

    @property
    def readers(self) -> str:
        """The table of who may read them."""
        return f"r_{self.collection.name}"

    @property
    def tokens(self) -> str:
        """The table of search tokens."""
        return f"t_{self.collection.name}"

    def column(self, name: str) -> str:
        """The column of an indexed field.

        Raises:
            UnknownIndex: the collection does not index it.
        """
        kind_of(self.collection, name)
        return column_name(name)

    def key(self, name: str, value: Any) -> Any:
        """A value as the index keeps it."""
        return key_of(kind_of(self.collection, name), value)


def condition(shape: Shape, scope: Scope, clauses: Sequence[Clause]) -> Sql:
    """What a record must satisfy: the scope first, then every clause."""
    sql = Sql()
    if scope.reason is None:
        marks = ",".join("?" * len(scope.readers))
        sql.add(
            f"EXISTS (SELECT 1 FROM {shape.readers} r WHERE r.id = c.id AND r.reader IN ({marks}))",
            *sorted(scope.readers),
        )
    for clause in clauses:
        _add_clause(sql, shape, clause)
    return sql


def _add_clause(sql: Sql, shape: Shape, clause: Clause) -> None:
    match clause:
        case Eq(name, value):
            sql.add(f"c.{shape.column(name)} IS ?", shape.key(name, value))
        case In("id", values):
            sql.add(f"c.id IN ({','.join('?' * len(values))})", *values)
        case In(name, values):
            marks = ",".join("?" * len(values))
            sql.add(f"c.{shape.column(name)} IN ({marks})", *(shape.key(name, value) for value in values))
        case Range(name, low, high):
            _add_range(sql, shape.column(name), low, high)
        case Prefix(name, prefix):
            _add_range(sql, shape.column(name), prefix, prefix + HIGHEST)
        case Matches(text):
            _add_matches(sql, shape, text)


def _add_range(sql: Sql, column: str, low: Any, high: Any) -> None:
    sql.add(f"c.{column} IS NOT NULL")
    if low is not None:
        sql.add(f"c.{column} >= ?", low)
    if high is not None:
        sql.add(f"c.{column} < ?", high)


def _add_matches(sql: Sql, shape: Shape, text: str) -> None:
    for word in text.split():
        alternatives = wanted(word)
        if alternatives:
            asked = " OR ".join(f"({' AND '.join(as_term(token) for token in each)})" for each in alternatives)
            sql.add(f"c.n IN (SELECT rowid FROM {shape.tokens} WHERE {shape.tokens} MATCH ?)", asked)


def as_term(token: str) -> str:
    """A token as a term of the full-text index, which knows letters and digits only."""
    return token.encode().hex()


@dataclass(frozen=True, slots=True)
class Leg:
    """One of the two runs of an ordered query: the values, then the nulls."""

    null: bool
    order: str
    sql: Sql


def legs(shape: Shape, base: Sql, sort: Sort | None, place: Place | None) -> list[Leg]:
    """The runs that give a page in order, each served by an index."""
    if sort is None:
        run = Sql(list(base.parts), list(base.values))
        if place is not None:
            run.add("c.id > ?", place.id)
        return [Leg(False, "c.id", run)]
    column = f"c.{shape.column(sort.field)}"
    runs = []
    if place is None or not place.null:
        runs.append(Leg(False, _order(column, sort), _valued(base, column, sort, place)))
    runs.append(Leg(True, "c.id", _nulls(base, column, place)))
    return runs


def _order(column: str, sort: Sort) -> str:
    way = " DESC" if sort.descending else ""
    return f"{column}{way}, c.id{way}"


def _valued(base: Sql, column: str, sort: Sort, place: Place | None) -> Sql:
    run = Sql(list(base.parts), list(base.values))
    run.add(f"{column} IS NOT NULL")
    if place is not None:
        than = "<" if sort.descending else ">"
        run.add(f"({column}, c.id) {than} (?, ?)", place.value, place.id)
    return run


def _nulls(base: Sql, column: str, place: Place | None) -> Sql:
    run = Sql(list(base.parts), list(base.values))
    run.add(f"{column} IS NULL")
    if place is not None and place.null:
        run.add("c.id > ?", place.id)
    return run
