from __future__ import annotations

import logging
from datetime import date
from enum import StrEnum
from uuid import uuid4

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError

from app.audit import queries, sentences, services
from app.audit.models import ActorKind, AuditEntry, AuditLink
from app.audit.sentences import Field, Thing
from app.audit.telling import Telling
from app.audit.values import money
from app.core.context import Serving, serve, serving
from app.core.db import atomic, db
from app.core.observability import statements_so_far


class Colour(StrEnum):
    AMBER = "amber"


@pytest.fixture(autouse=True)
def own_words(monkeypatch):
    monkeypatch.setattr(sentences, "_sentences", {})
    monkeypatch.setattr(sentences, "_lookups", {})
    monkeypatch.setattr(sentences, "_objects", {})
    monkeypatch.setattr(sentences, "_fields", {})


def the_entry() -> AuditEntry:
    return db.session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc())).first()


def told() -> str:
    entry = the_entry()
    return Telling([entry]).sentence(entry)


def test_only_what_changed_is_kept_before_and_after(app):
    with atomic():
        services.record(
            "member.edited",
            by=uuid4(),
            on=("member", 7),
            before={"city": "Utrecht", "name": "Anna", "since": date(2026, 1, 2)},
            after={"city": "Zwolle", "name": "Anna", "since": date(2026, 1, 2), "colour": Colour.AMBER},
        )
    entry = the_entry()
    assert entry.before == {"city": "Utrecht"}
    assert entry.after == {"city": "Zwolle", "colour": "amber"}
    assert (entry.object_type, entry.object_id, entry.actor_kind) == ("member", "7", ActorKind.PERSON)


@pytest.mark.parametrize(
    ("said", "teller"), [(None, "Het portaal"), (ActorKind.PERSON, "Een bezoeker"), (ActorKind.PROVIDER, "De betaal")]
)
def test_where_it_came_from_is_kept_and_who_acted_is_said_not_guessed(app, said, teller):
    """While somebody is served the portal does things of its own: an event's consequences are not the visitor's."""
    before = serving()
    serve(Serving(request_id="abc12345", address="192.0.2.7"))
    try:
        with atomic():
            services.record("portal.visited", by=None, kind=said, on=("portal", 1))
    finally:
        serve(before)
    entry = the_entry()
    assert (entry.address, entry.request_id) == ("192.0.2.7", "abc12345")
    with app.test_request_context():
        assert sentences.actor_of(entry, {}).startswith(teller)


def test_an_entry_is_undone_with_its_deed(app):
    with pytest.raises(ZeroDivisionError), atomic():
        services.record("portal.tried", by=None, on=("portal", 1))
        raise ZeroDivisionError
    assert the_entry() is None


def test_ten_entries_cost_one_statement(app):
    with atomic():
        before = statements_so_far()
        for number in range(10):
            services.record("portal.tried", by=None, on=("portal", number))
        db.session.flush()
        cost = statements_so_far() - before
    assert cost == 1


@pytest.mark.parametrize("model", [AuditEntry, AuditLink])
@pytest.mark.parametrize("change", ["update", "delete"])
def test_the_database_itself_refuses_to_change_or_delete(app, model, change):
    """ASVS 16.3: append-only, whoever asks."""
    with atomic():
        services.record("portal.tried", by=None, on=("portal", 1))
    services.seal()
    column = AuditEntry.action if model is AuditEntry else AuditLink.hash
    statement = update(model).values({column: "x"}) if change == "update" else delete(model)
    with pytest.raises(DBAPIError, match="never changed or deleted"), atomic() as session:
        session.execute(statement)


def test_what_databases_cannot_keep_is_left_out(app):
    with atomic():
        services.record("x.y", by=None, on=("x", 1), after={"text": "a\x00b", "rate": 1.5, "list": [1, {"k": {2}}]})
    assert the_entry().after == {"text": "ab", "rate": "1.5", "list": [1, {"k": ["2"]}]}
    assert services.verify_chain().sound


def test_an_action_reads_as_its_sentence(app):
    anna = uuid4()
    sentences.names_from(lambda ids: {anna: "Anna Prins"} if anna in ids else {})
    sentences.sentence("booking.made", "%(actor)s booked a seat in %(title)s (%(unknown)s)", name="Seat booked")
    with atomic():
        services.record("booking.made", by=anna, on=("gathering", uuid4()), after={"title": "Crisis 100%"})
    assert told() == "Anna Prins booked a seat in Crisis 100% (…)"


def test_an_action_without_a_sentence_still_reads(app):
    with atomic():
        services.record("bill.written_off", by=uuid4(), on=("bill", "12345678-9"))
    assert told().endswith(": bill.written_off (bill 12345678-9)")


def test_names_of_a_whole_page_cost_one_query(app):
    asked = []
    sentences.names_from(lambda ids: asked.append(set(ids)) or {})
    with atomic():
        for number in range(5):
            services.record("x.y", by=uuid4(), on=("x", number))
    assert len(queries.told(db.session.scalars(select(AuditEntry)))) == 5
    assert len(asked) == 1


def test_objects_and_values_are_looked_up_once_for_a_whole_page(app):
    person, asked = uuid4(), []
    sentences.names_from(lambda ids: {person: "Anna Prins"} if person in set(ids) else {})
    found = sentences.ObjectKind("Bill", lambda keys: asked.append(keys) or {key: Thing("", person) for key in keys})
    sentences.objects("bill", found)
    sentences.fields("bill", {"plan": Field("Plan", names=lambda keys: asked.append(keys) or {"pro": "Professional"})})
    sentences.sentence("bill.drawn", "A bill for %(person)s: %(plan)s", name="Bill drawn")
    with atomic():
        for number in range(5):
            services.record("bill.drawn", by=None, on=("bill", number), after={"plan": "pro"})
    words = queries.told(db.session.scalars(select(AuditEntry)))
    assert {told.sentence for told in words.values()} == {"A bill for Anna Prins: Professional"}
    assert len(asked) == 2


def test_a_value_written_before_its_field_meant_this_stays_as_it_is(app):
    sentences.fields("bill", {"cents": Field("Amount", money)})
    sentences.sentence("bill.drawn", "%(cents)s", name="Bill drawn")
    for cents, reads in ((59895, "€\u00a0598,95"), ("EUR 598.95", "EUR 598.95")):
        with atomic():
            services.record("bill.drawn", by=None, on=("bill", 1), after={"cents": cents})
        assert told() == reads


def test_the_sealed_head_is_told_to_the_log(app, caplog):
    with atomic():
        services.record("x.y", by=None, on=("x", 1))
    with caplog.at_level(logging.INFO):
        services.seal()
    link = db.session.scalars(select(AuditLink)).one()
    (record,) = [record for record in caplog.records if record.getMessage() == "audit_sealed"]
    assert (record.position, record.head) == (1, link.hash)
