"""What protects loans: collateral and its liens, guarantees and what guarantors can bear."""

from __future__ import annotations

import numpy as np

from analytics.book._frames import Column, named
from analytics.book._rows import Keys, Record, Writer, latest
from analytics.ledger import COLLATERAL_KINDS, GUARANTEE_STATES, LIEN_STATES

LIEN_ACTIVE, LIEN_RELEASED, LIEN_ENFORCED = 1, 2, 3
GIVEN, DEMANDED, FREED = 1, 2, 3


def collateral(record: Record) -> dict[str, Column]:
    """One row per registered title: its last appraisal and owner, and what is pledged of it."""
    first = record["collateral_registry.collateral_registered"]
    revalued = record["collateral_registry.collateral_revalued"]
    placed = record["collateral_registry.lien_placed"]
    released = record["collateral_registry.lien_released"]
    enforced = record["collateral_registry.collateral_enforced"]
    keys = Keys(first["title"], "title")
    appraised = {
        name: latest(keys, [(first, "title", name), (revalued, "title", name)])
        for name in ("haircut", "appraised_on", "valid_until")
    }
    value: list[Writer] = [(first, "title", "value"), (revalued, "title", "value"), (enforced, "title", 0)]
    owner: list[Writer] = [(first, "title", "owner"), (record["collateral_registry.owner_changed"], "title", "owner")]
    pledged: list[Writer] = [(placed, "title", "pledged"), (released, "title", "pledged"), (enforced, "title", 0)]
    return {
        "title": keys.ids,
        "owner": latest(keys, owner),
        "kind": named(first["kind"], COLLATERAL_KINDS),
        "region": first["region"],
        "value": latest(keys, value),
        **appraised,
        "pledged": latest(keys, pledged),
        "liens": latest(keys, [(placed, "title", "rank")]),
        "index": np.arange(1, len(keys) + 1),
    }


def liens(record: Record) -> dict[str, Column]:
    """One row per lien placed."""
    first = record["collateral_registry.lien_placed"]
    released = record["collateral_registry.lien_released"]
    enforced = record["collateral_registry.lien_enforced"]
    keys = Keys(first["lien"], "lien")
    assigned = record["collateral_registry.lien_assigned"]
    left = latest(keys, [(first, "lien", "amount"), (released, "lien", "amount"), (enforced, "lien", 0)])
    sold = enforced.last(keys, "lien").row >= 0
    state = np.where(sold, LIEN_ENFORCED, np.where(left == 0, LIEN_RELEASED, LIEN_ACTIVE))
    return {
        "lien": keys.ids,
        "loan": latest(keys, [(first, "lien", "loan_id"), (assigned, "lien", 0)]),
        "borrower": latest(keys, [(first, "lien", "borrower"), (assigned, "lien", 0)]),
        "lender": latest(keys, [(first, "lien", "lender"), (assigned, "lien", "lender")]),
        "amount": left,
        "state": named(state, LIEN_STATES),
        **{name: first[name] for name in ("title", "rank", "placed_on")},
    }


def guarantees(record: Record) -> dict[str, Column]:
    """One row per guarantee given."""
    first = record["guarantee_registry.guarantee_given"]
    released = record["guarantee_registry.guarantee_released"]
    demanded = record["guarantee_registry.guarantee_demanded"]
    keys = Keys(first["guarantee"], "guarantee")
    paid = record["guarantee_registry.guarantee_paid"]
    amount = latest(keys, [(rows, "guarantee", "amount") for rows in (first, released, paid)])
    told = latest(keys, [(demanded, "guarantee", "amount"), (paid, "guarantee", "demanded")])
    asked = np.minimum(told, amount)  # a release lowers a demand to what is left, and amounts only fall
    circle: list[Writer] = [
        (record[f"guarantee_registry.{name}"], "guarantee", flag)
        for name, flag in (("legacy_circle_admitted", 1), ("circle_arose", 1), ("circle_ended", 0))
    ]
    state = np.where(amount == 0, FREED, np.where(asked != 0, DEMANDED, GIVEN))
    return {
        "guarantee": keys.ids,
        "loan": first["loan_id"],
        "amount": amount,
        "state": named(state, GUARANTEE_STATES),
        "legacy_circle": latest(keys, circle) == 1,
        "demanded": asked,
        **{name: first[name] for name in ("guarantor", "beneficiary", "rank", "given_on")},
    }


def capacities(record: Record) -> dict[str, Column]:
    """One row per guarantor: the attested capacity, and the cover that is live under it."""
    attested = record["guarantee_registry.capacity_attested"]
    given = record["guarantee_registry.guarantee_given"]
    released, paid = record["guarantee_registry.guarantee_released"], record["guarantee_registry.guarantee_paid"]
    keys = Keys(np.concatenate([attested["guarantor"], given["guarantor"]]), "guarantor", repeated=True)
    return {
        "guarantor": keys.ids,
        "capacity": latest(keys, [(attested, "guarantor", "capacity")]),
        "live": latest(keys, [(rows, "guarantor", "live") for rows in (attested, given, released, paid)]),
        "as_of": latest(keys, [(attested, "guarantor", "as_of")]),
    }
