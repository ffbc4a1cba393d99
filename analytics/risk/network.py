"""Networks of guarantees and exposures: circles, contagion, clearing, and the bank's loss through them.

Two kinds of edges. Guarantees have columns guarantor, beneficiary, amount (the cover promised).
Exposures have columns creditor, debtor, amount (what the creditor loses when the debtor pays
nothing), beside nodes with columns bank, buffer (what it can lose before it fails) and weights.

References
----------
Bardoscia, Battiston, Caccioli, Caldarelli (2015), "DebtRank: a microscopic foundation for shock
propagation", PLoS ONE 10(6).
Eisenberg, Noe (2001), "Systemic risk in financial systems", Management Science 47.
Rogers, Veraart (2013), "Failure and rescue in an interbank network", Management Science 59.
Upper (2011), "Simulation methods to assess the danger of contagion in interbank markets",
Journal of Financial Stability 7.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from analytics.errors import InvalidInput
from analytics.risk._inputs import (
    FloatArray,
    Numbers,
    finite_array,
    non_negative,
    positive,
    probabilities,
    scalar,
    vector,
    whole_number,
)
from analytics.risk._tables import located, one_row_each, required_columns, summable, whole_numbers

_ROUNDS: Final = 100_000
_CLEARED: Final = 1e-12
_DENSE_SPAN: Final = 4
_DEFAULTED: Final = 1.0 - 1e-12


# GUARANTEES


def guarantee_circles(edges: pd.DataFrame) -> list[list[Any]]:
    """Sets of obligors who all guarantee each other, directly or through others.

    Parameters
    ----------
    edges : pandas.DataFrame
        Columns guarantor, beneficiary (ids of one kind), amount; one row for each guarantee.

    Returns
    -------
    list of list
        The strongly connected sets of two or more, each sorted, the list sorted by first id. A
        guarantee for oneself is no circle. Empty where there is none.

    Raises
    ------
    InvalidInput
        A missing column or id, or a negative, NaN or infinite amount.

    Notes
    -----
    Strongly connected components after Pearce (2005), as scipy.sparse.csgraph has them.

    Examples
    --------
    >>> edges = pd.DataFrame({
    ...     "guarantor": ["a", "b", "c", "d"], "beneficiary": ["b", "c", "a", "a"], "amount": [5, 5, 5, 9]
    ... })
    >>> guarantee_circles(edges)
    [['a', 'b', 'c']]
    """
    required_columns(edges[:0], ("guarantor", "beneficiary", "amount"), name="edges")
    if edges.empty:
        return []
    non_negative(edges["amount"], name="edges: amount")
    source, target, ids = _codes(edges["guarantor"], edges["beneficiary"])
    source, target = _inner_edges(source, target, len(ids))
    if not len(source):
        return []
    graph = _adjacency(source, target, np.ones(len(source), dtype=np.bool_), len(ids))
    _, label = connected_components(graph, directed=True, connection="strong")
    members = np.flatnonzero(np.bincount(label)[label] > 1)
    names, groups = ids[members].to_numpy(), label[members]
    by_name = np.argsort(names, kind="stable")
    order = by_name[np.argsort(groups[by_name], kind="stable")]
    circles = np.split(names[order], np.flatnonzero(np.diff(groups[order])) + 1)
    return sorted((circle.tolist() for circle in circles if len(circle)), key=lambda circle: circle[0])


def multi_head(edges: pd.DataFrame, *, at_least: int = 2) -> pd.DataFrame:
    """Guarantors who stand behind several borrowers, with the cover they promised in all.

    Parameters
    ----------
    edges : pandas.DataFrame
        Columns guarantor, beneficiary, amount (integer fen).
    at_least : int
        The number of different borrowers from which a guarantor is listed.

    Returns
    -------
    pandas.DataFrame
        Columns guarantor, borrowers (number of different beneficiaries, oneself not counted),
        cover (exact sum of amounts); most borrowers first, then most cover. Empty where there is
        none.

    Raises
    ------
    InvalidInput
        A missing column or id, a negative, NaN or infinite amount, or ``at_least`` below one.

    Examples
    --------
    >>> edges = pd.DataFrame({
    ...     "guarantor": ["a", "a", "a", "b"], "beneficiary": ["x", "y", "y", "x"], "amount": [5, 6, 7, 8]
    ... })
    >>> multi_head(edges)
      guarantor  borrowers  cover
    0         a          2     18
    """
    _check_edges(edges, "guarantor", "beneficiary")
    others = edges[edges["guarantor"] != edges["beneficiary"]]
    grouped = others.assign(amount=summable(others["amount"])).groupby("guarantor", sort=True, observed=True)
    heads = pd.DataFrame(
        {"borrowers": grouped["beneficiary"].nunique(), "cover": grouped["amount"].sum()}
    ).reset_index()
    heads = heads[heads["borrowers"] >= whole_number(at_least, name="at_least", least=1)]
    return heads.sort_values(["borrowers", "cover"], ascending=False, kind="stable").reset_index(drop=True)


@dataclass(frozen=True, slots=True)
class GuaranteeLoss:
    """What the bank loses when some borrowers fail and their guarantors are called.

    Attributes
    ----------
    failed : pandas.DataFrame
        Columns obligor, round (0 = failed at the start, k = brought down by the calls of round
        k), debt, recovered (from guarantors), loss; integer fen.
    calls : pandas.DataFrame
        Columns guarantor, beneficiary, paid; integer fen, guarantors that paid something.
    """

    failed: pd.DataFrame
    calls: pd.DataFrame

    @property
    def bank_loss(self) -> int:
        """What no guarantor made good, in fen."""
        return int(sum(self.failed["loss"].tolist()))

    @property
    def direct_loss(self) -> int:
        """What the bank would lose on the first to fail if nobody had guaranteed, in fen."""
        first = self.failed["round"] == 0
        return int(sum(self.failed.loc[first, "debt"].tolist()))

    @property
    def additional_failures(self) -> int:
        """Guarantors brought down by the calls upon them."""
        return int((self.failed["round"] > 0).sum())


def guarantee_loss(
    edges: pd.DataFrame,
    obligors: pd.DataFrame,
    *,
    borrowers: Iterable[Hashable] | None = None,
    industry: str | None = None,
    region: str | None = None,
) -> GuaranteeLoss:
    """The bank's loss when borrowers fail, their guarantors pay what they can, and some fail in turn.

    Each round, what a failed obligor still owes is called from its guarantors pro rata to their
    unused cover. A guarantor pays at most its cover for that obligor and, over all calls, its
    buffer; called for more than its buffer it fails too, and its own debt is called from its own
    guarantors in the next round. Who failed at the start pays no call.

    Parameters
    ----------
    edges : pandas.DataFrame
        Columns guarantor, beneficiary, amount (cover in fen); several rows of a pair add up.
    obligors : pandas.DataFrame
        Columns obligor, debt (owed to the bank net of what collateral brings, fen), buffer (what
        the obligor can pay on guarantees before it fails, fen); industry and region where one is
        asked for.
    borrowers : iterable, optional
        The obligors that fail.
    industry, region : str, optional
        All obligors of the industry, of the region, or of both at once fail.

    Returns
    -------
    GuaranteeLoss
        Who failed and when, what was paid, what the bank lost.

    Raises
    ------
    InvalidInput
        Neither or both of ``borrowers`` and an industry or region given; nobody fails; an id in
        ``edges`` or ``borrowers`` without a row in ``obligors``; money that is negative or no
        whole number of fen.

    Notes
    -----
    A sequential default algorithm (Upper 2011) on guarantees in place of deposits.

    Examples
    --------
    >>> edges = pd.DataFrame({"guarantor": ["b", "c"], "beneficiary": ["a", "b"], "amount": [80, 60]})
    >>> obligors = pd.DataFrame(
    ...     {"obligor": ["a", "b", "c"], "debt": [100, 50, 30], "buffer": [0, 70, 90]}
    ... )
    >>> loss = guarantee_loss(edges, obligors, borrowers=["a"])
    >>> loss.failed
      obligor  round  debt  recovered  loss
    0       a      0   100         70    30
    1       b      1    50         50     0
    >>> loss.bank_loss, loss.direct_loss, loss.additional_failures
    (30, 100, 1)
    """
    network = _GuaranteeNetwork.of(edges, obligors)
    if borrowers is not None and (industry is not None or region is not None):
        raise InvalidInput("borrowers: given beside an industry or region; give one or the other")
    if borrowers is not None:
        first = list(dict.fromkeys(borrowers))
        unknown = [b for b in first if b not in network.debt]
        if unknown:
            raise InvalidInput(f"borrowers: {unknown[0]!r} has no row in obligors; add one")
    else:
        chosen = pd.Series(industry is not None or region is not None, index=obligors.index)
        for column, value in (("industry", industry), ("region", region)):
            if value is not None:
                required_columns(obligors, (column,), name="obligors")
                chosen &= obligors[column] == value
        first = obligors.loc[chosen, "obligor"].tolist()
    if not first:
        raise InvalidInput("guarantee_loss: nobody fails; name borrowers, or an industry or region that has some")
    return _cascade(network, first).loss(network)


def guarantee_loss_by(edges: pd.DataFrame, obligors: pd.DataFrame, *, by: str) -> pd.DataFrame:
    """The bank's loss through the guarantee network for each borrower, industry or region that may fail.

    Parameters
    ----------
    edges, obligors : pandas.DataFrame
        As `guarantee_loss` takes them.
    by : {"obligor", "industry", "region"}
        The column of ``obligors`` whose values fail one at a time.

    Returns
    -------
    pandas.DataFrame
        Columns ``by``, failing (obligors that fail at the start), direct_loss (their debt),
        recovered (from guarantors), additional_failures, additional_debt (of guarantors brought
        down), bank_loss; integer fen, greatest loss first.

    Raises
    ------
    InvalidInput
        As `guarantee_loss`, and for another ``by``.

    Examples
    --------
    >>> edges = pd.DataFrame({"guarantor": ["b"], "beneficiary": ["a"], "amount": [80]})
    >>> obligors = pd.DataFrame({
    ...     "obligor": ["a", "b"], "debt": [100, 50], "buffer": [0, 70], "region": ["CN-GD", "CN-ZJ"]
    ... })
    >>> guarantee_loss_by(edges, obligors, by="region")["bank_loss"].tolist()
    [80, 50]
    """
    if by not in ("obligor", "industry", "region"):
        raise InvalidInput(f"by: {by!r} cannot fail; give 'obligor', 'industry' or 'region'")
    network = _GuaranteeNetwork.of(edges, obligors)
    required_columns(obligors, (by,), name="obligors")
    rows = []
    for value, group in obligors.groupby(by, sort=True, observed=True):
        first = group["obligor"].tolist()
        outcome = _cascade(network, first)
        later = [b for b, round_ in outcome.failed.items() if round_]
        rows.append(
            {
                by: value,
                "failing": len(first),
                "direct_loss": sum(network.debt[b] for b in first),
                "recovered": sum(outcome.paid.values()),
                "additional_failures": len(later),
                "additional_debt": sum(network.debt[b] for b in later),
                "bank_loss": sum(outcome.owed.values()),
            }
        )
    table = pd.DataFrame(rows)
    return table.sort_values("bank_loss", ascending=False, kind="stable").reset_index(drop=True)


# CONTAGION THROUGH EXPOSURES


@dataclass(frozen=True, slots=True)
class Contagion:
    """Stress of a network after a shock; stress is the share of a buffer lost, 1 = failed.

    Attributes
    ----------
    original_stress : float
        Weighted mean of the stress the scenario itself brings.
    additional_stress : float
        Weighted mean of the stress that contagion adds, each node's total capped at one.
    additional_defaults : int
        Nodes that failed and did not at the start.
    stress : pandas.Series
        Final stress of each bank, capped at one.
    rounds : int
        Rounds until it settled.
    """

    original_stress: float
    additional_stress: float
    additional_defaults: int
    stress: pd.Series[float]
    rounds: int


Shocks: TypeAlias = "Mapping[Any, float] | pd.Series[float]"


def debtrank(edges: pd.DataFrame, nodes: pd.DataFrame, shocks: Shocks, *, tolerance: float = 1e-12) -> Contagion:
    """Linear DebtRank: who loses a share of its buffer passes on that share of its debts as losses.

    Parameters
    ----------
    edges : pandas.DataFrame
        Columns creditor, debtor, amount; several rows of a pair add up. May be empty.
    nodes : pandas.DataFrame
        Columns bank, buffer (above zero, in the unit of the amounts), weights (any non-negative
        scale).
    shocks : mapping
        One scenario {bank: share of its buffer lost}, 0 to 1; 1 = it fails. Others are unhurt.
    tolerance : float
        Stops when the Euclidean norm of a round's change in stress falls below it.

    Returns
    -------
    Contagion
        With one node or no edges nothing is added.

    Raises
    ------
    InvalidInput
        Missing columns, unknown or repeated banks, an exposure to oneself, buffers not above
        zero, shares outside [0, 1], negative, NaN or infinite numbers, or stress that has not
        settled after 100,000 rounds.

    Notes
    -----
    Bardoscia and others (2015): h(t+1) = h(t) + Λ (h(t) − h(t−1)) with
    Λ_ij = A_ij / E_i and what a failed node passes on capped at its whole debt.

    Examples
    --------
    >>> edges = pd.DataFrame({"creditor": ["b"], "debtor": ["a"], "amount": [3.0]})
    >>> nodes = pd.DataFrame({"bank": ["a", "b"], "buffer": [1.0, 6.0], "weights": [1.0, 1.0]})
    >>> debtrank(edges, nodes, {"a": 1.0}).additional_stress
    0.25
    """
    limit = float(positive(scalar(tolerance, name="tolerance"), name="tolerance"))
    V, weights, shock, banks = _exposure_network(edges, nodes, shocks)
    stress, passed = shock, np.zeros_like(shock)
    for rounds in range(1, _ROUNDS + 1):
        passing = np.minimum(stress, 1.0) - passed
        passed = passed + passing
        change = V @ passing
        stress = stress + change
        if np.sqrt((change**2).sum()) < limit:
            return _contagion(shock, stress, weights, banks, rounds)
    raise InvalidInput(f"debtrank: stress still changes after {_ROUNDS} rounds; give a larger tolerance than {limit}")


def threshold_cascade(edges: pd.DataFrame, nodes: pd.DataFrame, shocks: Shocks) -> Contagion:
    """Default cascade: a node passes on nothing until it fails, and then its whole debt.

    Parameters
    ----------
    edges : pandas.DataFrame
        Columns creditor, debtor, amount; several rows of a pair add up. May be empty.
    nodes : pandas.DataFrame
        Columns bank, buffer (above zero), weights.
    shocks : mapping
        One scenario {bank: share of its buffer lost}, 0 to 1; 1 = it fails.

    Returns
    -------
    Contagion
        Stress after the round in which nobody new failed.

    Raises
    ------
    InvalidInput
        As `debtrank`.

    Notes
    -----
    Upper (2011); with the same definitions of stress as `debtrank`.

    Examples
    --------
    >>> edges = pd.DataFrame({"creditor": ["b", "c"], "debtor": ["a", "b"], "amount": [3.0, 1.0]})
    >>> nodes = pd.DataFrame({"bank": ["a", "b", "c"], "buffer": [1.0, 6.0, 2.0], "weights": [1, 1, 2]})
    >>> threshold_cascade(edges, nodes, {"a": 1.0}).additional_stress
    0.125
    """
    V, weights, shock, banks = _exposure_network(edges, nodes, shocks)
    stress, failed, rounds = shock, np.zeros(len(shock), dtype=bool), 0
    while True:
        newly = (stress >= _DEFAULTED) & ~failed
        if not newly.any():
            return _contagion(shock, stress, weights, banks, rounds)
        failed |= newly
        stress = stress + V @ newly.astype(np.float64)
        rounds += 1


def clearing_vector(
    liabilities: ArrayLike | pd.DataFrame,
    external_assets: Numbers,
    external_liabilities: Numbers,
    *,
    alpha: float = 1.0,
    beta: float = 1.0,
) -> Any:
    """Greatest clearing vector: what each node pays in all when everyone pays what he can.

    Parameters
    ----------
    liabilities : array-like or pandas.DataFrame, shape (n, n)
        Row i owes column j; the diagonal is zero.
    external_assets : array-like, shape (n,)
        What each node has outside the network, zero or more.
    external_liabilities : array-like, shape (n,)
        What each owes outside it; outside creditors rank equally with those inside.
    alpha : float
        Share of its external assets a failing node realises, 0 to 1.
    beta : float
        Share of what it receives inside the network a failing node realises, 0 to 1.

    Returns
    -------
    numpy.ndarray or pandas.Series, shape (n,)
        Total payments, external included: the total owed by who is solvent, less by who is not.
        A Series where ``liabilities`` is a DataFrame.

    Raises
    ------
    InvalidInput
        Not square, a debt to oneself, labels that differ, lengths that differ, negative, NaN or
        infinite numbers, or a share outside [0, 1].

    Notes
    -----
    Eisenberg and Noe (2001), by their fictitious default algorithm, and with default costs
    Rogers and Veraart (2013), by their greatest clearing vector algorithm; alpha = beta = 1 is the former.

    Examples
    --------
    >>> clearing_vector([[0, 8], [4, 0]], [2, 1], [0, 5]).round(6)
    array([4.4, 5.4])
    """
    labels = liabilities.index if isinstance(liabilities, pd.DataFrame) else None
    if isinstance(liabilities, pd.DataFrame):
        if not liabilities.index.equals(liabilities.columns):
            raise InvalidInput("liabilities: rows and columns are labelled differently; give both the same")
        L = non_negative(liabilities.to_numpy(), name="liabilities")
    else:
        L = non_negative(liabilities, name="liabilities")
    if L.ndim != 2 or L.shape[0] != L.shape[1]:
        raise InvalidInput(f"liabilities: shape {L.shape} is not square; give one row and column per node")
    if np.diag(L).any():
        at = int(np.flatnonzero(np.diag(L))[0])
        raise InvalidInput(f"liabilities: node {at} owes itself; set its diagonal entry to zero")
    columns: dict[str, FloatArray] = {}
    for name, values in (
        ("external_assets", external_assets),
        ("external_liabilities", external_liabilities),
    ):
        if labels is not None and isinstance(values, pd.Series) and not values.index.equals(labels):
            raise InvalidInput(f"{name}: labels differ from those of liabilities; reindex one to the other")
        columns[name] = vector(non_negative(values, name=name), name=name, length=len(L))
    shares = probabilities([alpha, beta], name="alpha, beta")
    owed = L.sum(axis=1) + columns["external_liabilities"]
    paid = _greatest_clearing(L, columns["external_assets"], owed, shares)
    return paid if labels is None else pd.Series(paid, index=labels)


def _greatest_clearing(L: FloatArray, assets: FloatArray, owed: FloatArray, shares: FloatArray) -> FloatArray:
    alpha, beta = shares
    Pi = np.divide(L, owed[:, None], out=np.zeros_like(L), where=owed[:, None] > 0.0)
    paid, failing = owed.copy(), np.zeros(len(owed), dtype=bool)
    while True:
        worth = assets + Pi.T @ paid
        newly = (worth < owed * (1.0 - _CLEARED)) & ~failing
        if not newly.any():
            return paid
        failing |= newly
        D = np.flatnonzero(failing)
        inside = Pi[np.ix_(D, D)].T
        # A set of failing nodes that owes nothing outside itself cannot fail as a whole, so the
        # matrix is never singular.
        received = Pi[~failing][:, D].T @ owed[~failing]
        paid = owed.copy()
        paid[D] = np.linalg.solve(np.eye(len(D)) - beta * inside, alpha * assets[D] + beta * received)
        paid[D] = np.clip(paid[D], 0.0, owed[D])


# EDGES AND NODES


def _check_edges(edges: pd.DataFrame, source: str, target: str) -> None:
    required_columns(edges, (source, target, "amount"), name="edges")
    if len(edges):
        non_negative(edges["amount"], name="edges: amount")


def _codes(
    source: pd.Series[Any], target: pd.Series[Any]
) -> tuple[NDArray[np.int32], NDArray[np.int32], pd.Index[Any]]:
    """Both columns as positions in one index of ids."""
    a, b = source.to_numpy(), target.to_numpy()
    if a.dtype.kind in "iu" and a.dtype == b.dtype:
        low = min(int(a.min()), int(b.min()))
        span = max(int(a.max()), int(b.max())) - low + 1
        if span <= _DENSE_SPAN * 2 * len(a):
            ids = pd.RangeIndex(low, low + span)
            return (a - low).astype(np.int32), (b - low).astype(np.int32), ids
    codes, ids = pd.factorize(pd.concat([source, target], ignore_index=True))
    half = len(source)
    if (codes < 0).any():
        row = int(np.flatnonzero(codes < 0)[0])
        side = source.name if row < half else target.name
        raise InvalidInput(f"edges: row {row % half}, {side} is missing; drop the row or fill it")
    return codes[:half].astype(np.int32), codes[half:].astype(np.int32), pd.Index(ids)


def _inner_edges(
    source: NDArray[np.int32], target: NDArray[np.int32], size: int
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Edges between ids that both give and take, the only ones a circle can use.

    Repeated while it drops a tenth of them: a sparse network is nearly spared the search.
    """
    while True:
        gives = np.zeros(size, dtype=bool)
        takes = np.zeros(size, dtype=bool)
        gives[source] = True
        takes[target] = True
        inner = np.flatnonzero(takes.take(source) & gives.take(target))
        kept = len(inner) / max(len(source), 1)
        source, target = source.take(inner), target.take(inner)
        if kept > 0.9 or not len(source):
            return source, target


def _adjacency(rows: NDArray[Any], columns: NDArray[Any], values: NDArray[Any], size: int) -> csr_array:
    # Repeated pairs are merged here; csgraph's search does not end on a matrix that repeats one.
    return csr_array((values, (rows, columns)), shape=(size, size))


def _exposure_network(
    edges: pd.DataFrame, nodes: pd.DataFrame, shocks: Shocks
) -> tuple[csr_array, FloatArray, FloatArray, pd.Index[Any]]:
    """Λ (creditor × debtor, shares of the creditor's buffer), weights that sum to one, the shock."""
    required_columns(nodes, ("bank", "buffer", "weights"), name="nodes")
    one_row_each(nodes, "bank", name="nodes")
    banks = pd.Index(nodes["bank"])
    buffer = positive(nodes["buffer"], name="nodes: buffer")
    weights = non_negative(nodes["weights"], name="nodes: weights")
    if not weights.any():
        raise InvalidInput("nodes: all weights are zero; weigh at least one bank")
    _check_edges(edges, "creditor", "debtor")
    creditor, debtor = (located(edges[side], banks, name="edges", among="nodes") for side in ("creditor", "debtor"))
    own = np.flatnonzero(creditor == debtor)
    if len(own):
        raise InvalidInput(f"edges: row {own[0]} is an exposure to oneself; drop it")
    amount = finite_array(edges["amount"], name="edges: amount") if len(edges) else np.zeros(0)
    V = _adjacency(creditor, debtor, amount / buffer[creditor], len(banks))
    shock = np.zeros(len(banks))
    named = pd.Series(dict(shocks), dtype=object)
    if len(named):
        at = banks.get_indexer(named.index)
        if (at < 0).any():
            raise InvalidInput(f"shocks: {named.index[at < 0][0]!r} has no row in nodes; name a bank of the network")
        shock[at] = probabilities(named, name="shocks")
    return V, weights / weights.sum(), shock, banks


def _contagion(
    shock: FloatArray, stress: FloatArray, weights: FloatArray, banks: pd.Index[Any], rounds: int
) -> Contagion:
    capped = np.minimum(stress, 1.0)
    original = float(shock @ weights)
    return Contagion(
        original_stress=original,
        additional_stress=float(capped @ weights) - original,
        additional_defaults=int(((stress > _DEFAULTED) & (shock < 1.0)).sum()),
        stress=pd.Series(capped, index=banks, name="stress"),
        rounds=rounds,
    )


# CALLS ON GUARANTORS


@dataclass(frozen=True, slots=True)
class _GuaranteeNetwork:
    """Debt and buffer of each obligor, and the cover of each of its guarantors, in fen."""

    debt: dict[Hashable, int]
    buffer: dict[Hashable, int]
    guarantors: dict[Hashable, dict[Hashable, int]]

    @classmethod
    def of(cls, edges: pd.DataFrame, obligors: pd.DataFrame) -> _GuaranteeNetwork:
        required_columns(obligors, ("obligor", "debt", "buffer"), name="obligors", empty=False)
        one_row_each(obligors, "obligor", name="obligors")
        names = obligors["obligor"].tolist()
        debt = dict(zip(names, whole_numbers(obligors["debt"], name="obligors: debt"), strict=True))
        buffer = dict(zip(names, whole_numbers(obligors["buffer"], name="obligors: buffer"), strict=True))
        required_columns(edges, ("guarantor", "beneficiary", "amount"), name="edges")
        guarantors: dict[Hashable, dict[Hashable, int]] = {}
        amounts = whole_numbers(edges["amount"], name="edges: amount")
        for row, (giver, taker, cover) in enumerate(
            zip(edges["guarantor"].tolist(), edges["beneficiary"].tolist(), amounts, strict=True)
        ):
            for side, name in (("guarantor", giver), ("beneficiary", taker)):
                if name not in debt:
                    raise InvalidInput(f"edges: row {row}, {side} {name!r} has no row in obligors; add one")
            if giver != taker:
                covers = guarantors.setdefault(taker, {})
                covers[giver] = covers.get(giver, 0) + cover
        return cls(debt, buffer, guarantors)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """Who failed in which round, what each still owes after its guarantors, and what they paid."""

    failed: dict[Hashable, int]
    owed: dict[Hashable, int]
    paid: dict[tuple[Hashable, Hashable], int]

    def loss(self, network: _GuaranteeNetwork) -> GuaranteeLoss:
        """The same as tables."""
        return GuaranteeLoss(_failures(network, self.failed, self.owed), _payments(self.paid))


def _cascade(network: _GuaranteeNetwork, first: list[Hashable]) -> _Outcome:
    failed = dict.fromkeys(first, 0)
    owed = {b: network.debt[b] for b in first}
    cover = {b: dict(network.guarantors.get(b, {})) for b in first}
    buffer: dict[Hashable, int] = {}
    paid: dict[tuple[Hashable, Hashable], int] = {}
    open_claims, rounds = list(first), 0
    while True:
        calls = _calls(open_claims, owed, cover, failed)
        if not calls:
            return _Outcome(failed, owed, paid)
        rounds += 1
        fallen = []
        for giver, demands in calls.items():
            able = buffer.setdefault(giver, network.buffer[giver])
            called = sum(demands.values())
            payments = _shared(min(able, called), demands)
            buffer[giver] = able - min(able, called)
            for taker, payment in payments.items():
                owed[taker] -= payment
                cover[taker][giver] -= payment
                paid[giver, taker] = paid.get((giver, taker), 0) + payment
            if called > able:
                fallen.append(giver)
        called_for = dict.fromkeys(taker for demands in calls.values() for taker in demands)
        open_claims = [*called_for, *fallen]
        for giver in fallen:
            failed[giver] = rounds
            owed[giver] = network.debt[giver]
            cover[giver] = dict(network.guarantors.get(giver, {}))


def _calls(
    open_claims: Iterable[Hashable],
    owed: dict[Hashable, int],
    cover: dict[Hashable, dict[Hashable, int]],
    failed: dict[Hashable, int],
) -> dict[Hashable, dict[Hashable, int]]:
    """What each guarantor still standing is called for, by failed obligor."""
    calls: dict[Hashable, dict[Hashable, int]] = {}
    for taker in open_claims:
        standing = {g: c for g, c in cover[taker].items() if c > 0 and g not in failed}
        for giver, call in _shared(min(owed[taker], sum(standing.values())), standing).items():
            if call:
                calls.setdefault(giver, {})[taker] = call
    return calls


def _failures(network: _GuaranteeNetwork, failed: dict[Hashable, int], owed: dict[Hashable, int]) -> pd.DataFrame:
    debt = [network.debt[b] for b in failed]
    loss = [owed[b] for b in failed]
    return pd.DataFrame(
        {
            "obligor": list(failed),
            "round": list(failed.values()),
            "debt": _money(debt),
            "recovered": _money([d - x for d, x in zip(debt, loss, strict=True)]),
            "loss": _money(loss),
        }
    )


def _payments(paid: dict[tuple[Hashable, Hashable], int]) -> pd.DataFrame:
    made = {pair: amount for pair, amount in paid.items() if amount}
    return pd.DataFrame(
        {
            "guarantor": [giver for giver, _ in made],
            "beneficiary": [taker for _, taker in made],
            "paid": _money(list(made.values())),
        }
    )


def _money(amounts: list[int]) -> pd.Series[Any]:
    """A column of whole fen, of Python integers where one of them does not fit 64 bits."""
    return pd.Series(amounts, dtype=np.int64 if max(amounts, default=0) < 2**63 else object)


def _shared(total: int, weights: dict[Hashable, int]) -> dict[Hashable, int]:
    """The total in whole fen pro rata to the weights, none above its weight, nothing lost."""
    whole = sum(weights.values())
    shares, before, running = {}, 0, 0
    for name, weight in weights.items():
        running += weight
        upto = total * running // whole
        shares[name] = upto - before
        before = upto
    return shares
