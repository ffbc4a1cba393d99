"""What is lost when an obligor defaults, and what is therefore expected to be lost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas

from analytics.errors import InvalidInput
from analytics.risk._numbers import Numbers, finite_array, non_negative, probabilities
from analytics.risk._shapes import common_index, shaped
from analytics.risk._tables import one_row_each, required_columns, summable, whole_numbers
from analytics.units import PPB


def loss_given_default(
    loans: pandas.DataFrame,
    liens: pandas.DataFrame,
    collateral: pandas.DataFrame,
    guarantees: pandas.DataFrame,
) -> pandas.DataFrame:
    """Loss given default of each loan after its collateral and guarantees, net of prior liens and haircuts.

    Each title brings its value less its haircut. Its liens are paid in rank, another lender's
    before ours where it ranks first; a lien takes at most its amount, what is left of the title
    and, for our own loans, what is left of the loan. Guarantors then pay, in rank, at most their
    amount less its haircut and what is still left of the loan.

    Parameters
    ----------
    loans : pandas.DataFrame
        Columns loan, exposure (at default, fen).
    liens : pandas.DataFrame
        Live liens: title, rank (1 first, within a title), amount (fen), loan (missing for
        another lender's).
    collateral : pandas.DataFrame
        Columns title, value (fen), haircut (parts per billion).
    guarantees : pandas.DataFrame
        Live guarantees: loan, rank, amount (fen), haircut (parts per billion, the share not
        counted on).

    Returns
    -------
    pandas.DataFrame
        loan, exposure, from_collateral, from_guarantees, loss (integer fen, recoveries rounded
        down), lgd (loss / exposure; 0.0 where the exposure is zero).

    Raises
    ------
    InvalidInput
        Missing columns, a loan or title with two rows, a lien on an unknown title, a lien or
        guarantee of an unknown loan, two liens of one rank on a title, money that is negative or
        no whole number, or a haircut outside 0 to 1e9.

    Notes
    -----
    Basel Committee (June 2006), paragraph 468, before costs and discounting.

    Examples
    --------
    >>> loss_given_default(
    ...     pandas.DataFrame({"loan": [1], "exposure": [100]}),
    ...     pandas.DataFrame({"title": ["t", "t"], "rank": [1, 2], "amount": [30, 90], "loan": [None, 1]}),
    ...     pandas.DataFrame({"title": ["t"], "value": [100], "haircut": [200_000_000]}),
    ...     pandas.DataFrame({"loan": [1], "rank": [1], "amount": [20], "haircut": [500_000_000]}),
    ... )[["from_collateral", "from_guarantees", "loss", "lgd"]]
       from_collateral  from_guarantees  loss  lgd
    0               50               10    40  0.4
    """
    required_columns(loans, ("loan", "exposure"), name="loans")
    required_columns(liens, ("title", "rank", "amount"), name="liens")
    required_columns(collateral, ("title", "value", "haircut"), name="collateral")
    required_columns(guarantees, ("loan", "rank", "amount", "haircut"), name="guarantees")
    one_row_each(loans, "loan", name="loans")
    one_row_each(collateral, "title", name="collateral")
    names, titles = loans["loan"].tolist(), collateral["title"].tolist()
    exposure = dict(zip(names, whole_numbers(loans["exposure"], name="loans: exposure"), strict=True))
    values = whole_numbers(collateral["value"], name="collateral: value")
    haircuts = _haircuts(collateral, "collateral")
    worth = {t: v * (PPB - h) // PPB for t, v, h in zip(titles, values, haircuts, strict=True)}
    left = dict(exposure)
    _pay_liens(liens, worth, left)
    secured = {loan: exposure[loan] - left[loan] for loan in names}
    _pay_guarantees(guarantees, left)
    losses = [left[loan] for loan in names]
    return pandas.DataFrame(
        {
            "loan": loans["loan"].to_numpy(),
            "exposure": [exposure[loan] for loan in names],
            "from_collateral": [secured[loan] for loan in names],
            "from_guarantees": [exposure[loan] - secured[loan] - left[loan] for loan in names],
            "loss": losses,
            "lgd": [loss / exposure[n] if exposure[n] else 0.0 for n, loss in zip(names, losses, strict=True)],
        }
    )


def exposure_at_default(drawn: Numbers, undrawn: Numbers, ccf: Numbers) -> Any:
    """Exposure at default: what is drawn and the share of the rest that will be drawn by then.

    Parameters
    ----------
    drawn, undrawn : scalar or array-like
        Money of any one unit, zero or more.
    ccf : scalar or array-like
        Credit conversion factor, 0 to 1.

    Returns
    -------
    float, numpy.ndarray or pandas.Series
        drawn + ccf × undrawn, in the unit of the inputs; Series labels kept.

    Raises
    ------
    InvalidInput
        NaN or negative money, a factor outside [0, 1], or labels or shapes that differ.

    Notes
    -----
    Basel Committee (June 2006), paragraphs 474-475.

    Examples
    --------
    >>> exposure_at_default(60, 40, 0.75)
    90.0
    """
    index = common_index(drawn=drawn, undrawn=undrawn, ccf=ccf)
    money = non_negative(drawn, name="drawn"), non_negative(undrawn, name="undrawn")
    factor = probabilities(ccf, name="ccf")
    _same_shape(drawn=money[0], undrawn=money[1], ccf=factor)
    return shaped(np.asarray(money[0] + factor * money[1]), index)


def expected_loss(pd: Numbers, lgd: Numbers, ead: Numbers) -> Any:
    """Expected loss over one year, PD × LGD × EAD.

    Parameters
    ----------
    pd, lgd : scalar or array-like
        Fractions, 1.0 = 100 %.
    ead : scalar or array-like
        Exposure at default, any unit, zero or more.

    Returns
    -------
    float, numpy.ndarray or pandas.Series
        In the unit of ``ead``; Series labels kept.

    Raises
    ------
    InvalidInput
        NaN, a fraction outside [0, 1], a negative exposure, or labels or shapes that differ.

    Notes
    -----
    Basel Committee (June 2006), paragraphs 375-376.

    Examples
    --------
    >>> expected_loss(0.02, 0.5, 1000)
    10.0
    """
    index = common_index(pd=pd, lgd=lgd, ead=ead)
    chance, severity = probabilities(pd, name="pd"), probabilities(lgd, name="lgd")
    exposure = non_negative(ead, name="ead")
    _same_shape(pd=chance, lgd=severity, ead=exposure)
    return shaped(np.asarray(chance * severity * exposure), index)


def expected_loss_table(loans: pandas.DataFrame, *, by: str | Sequence[str]) -> pandas.DataFrame:
    """Exposure and expected loss by group.

    Parameters
    ----------
    loans : pandas.DataFrame
        Columns pd, lgd (fractions), ead (fen) and those of ``by``.
    by : str or sequence of str
        Columns to group by, such as industry, region or both.

    Returns
    -------
    pandas.DataFrame
        The columns of ``by``, ead (exact sum), expected_loss (fen, float), rate (expected loss /
        exposure; 0.0 where the exposure is zero), largest expected loss first.

    Raises
    ------
    InvalidInput
        As `expected_loss`; also missing columns or values, or no loans.

    Examples
    --------
    >>> loans = pandas.DataFrame({"pd": [0.01, 0.02], "lgd": 0.5, "ead": [1000, 500], "region": "CN-GD"})
    >>> expected_loss_table(loans, by="region")
      region   ead  expected_loss      rate
    0  CN-GD  1500           10.0  0.006667
    """
    keys = [by] if isinstance(by, str) else list(by)
    required_columns(loans, ("pd", "lgd", "ead", *keys), name="loans", empty=False)
    loss = expected_loss(loans["pd"], loans["lgd"], loans["ead"])
    priced = loans[keys].assign(ead=summable(loans["ead"]), expected_loss=loss)
    table = priced.groupby(keys, sort=True, observed=True).sum().reset_index()
    exposure = table["ead"].to_numpy(dtype=np.float64)
    rate = np.divide(table["expected_loss"].to_numpy(), exposure, out=np.zeros_like(exposure), where=exposure > 0.0)
    ranked = table.assign(rate=rate).sort_values("expected_loss", ascending=False, kind="stable")
    return ranked.reset_index(drop=True)


def expected_loss_heat(loans: pandas.DataFrame, *, rows: str = "industry", columns: str = "region") -> pandas.DataFrame:
    """Expected loss of every industry in every region, to be drawn as a heat map.

    Parameters
    ----------
    loans : pandas.DataFrame
        Columns pd, lgd (fractions), ead (fen) and the two below.
    rows, columns : str
        What runs down and across.

    Returns
    -------
    pandas.DataFrame
        Expected loss in fen (float), the largest rows and columns first; 0.0 where nothing is
        lent. Its sum is the expected loss of the book.

    Raises
    ------
    InvalidInput
        As `expected_loss_table`.

    Examples
    --------
    >>> loans = pandas.DataFrame({
    ...     "pd": [0.01, 0.02], "lgd": 0.5, "ead": [1000, 600],
    ...     "industry": ["C", "K"], "region": ["CN-GD", "CN-ZJ"],
    ... })
    >>> expected_loss_heat(loans).to_dict("index")
    {'K': {'CN-ZJ': 6.0, 'CN-GD': 0.0}, 'C': {'CN-ZJ': 0.0, 'CN-GD': 5.0}}
    """
    table = expected_loss_table(loans, by=[rows, columns])
    heat = table.pivot(index=rows, columns=columns, values="expected_loss").fillna(0.0)
    down = heat.sum(axis=1).sort_values(ascending=False, kind="stable").index
    across = heat.sum(axis=0).sort_values(ascending=False, kind="stable").index
    return heat.loc[down, across]


def _same_shape(**arrays: Any) -> None:
    shapes = {name: array.shape for name, array in arrays.items() if array.ndim}
    if len(set(shapes.values())) > 1:
        found = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise InvalidInput(f"shapes differ: {found}; give one entry for each exposure, or single numbers")


def _haircuts(table: pandas.DataFrame, name: str) -> list[int]:
    if table.empty:
        return []
    ppb = finite_array(table["haircut"], name=f"{name}: haircut")
    wrong = np.flatnonzero((ppb < 0) | (ppb > PPB) | (ppb != np.floor(ppb)))
    if len(wrong):
        row = int(wrong[0])
        raise InvalidInput(f"{name}: row {row}, haircut {ppb[row]:g} is not within 0 and 1e9; give parts per billion")
    return [int(value) for value in ppb]


def _pay_liens(liens: pandas.DataFrame, worth: dict[Any, int], left: dict[Any, int]) -> None:
    one_row_each(liens, "title", "rank", name="liens", remedy="rank each")
    amounts = whole_numbers(liens["amount"], name="liens: amount")
    owners = liens["loan"] if "loan" in liens.columns else pandas.Series(None, index=liens.index, dtype=object)
    foreign = owners.isna().tolist()
    ranks = liens["rank"].tolist()
    titles, loans = liens["title"].tolist(), owners.tolist()
    for row in sorted(range(len(liens)), key=ranks.__getitem__):
        title, loan = titles[row], loans[row]
        if title not in worth:
            raise InvalidInput(f"liens: row {row}, title {title!r} is not among collateral; add it")
        paid = min(amounts[row], worth[title])
        if not foreign[row]:
            if loan not in left:
                raise InvalidInput(f"liens: row {row}, loan {loan!r} is not among loans; leave its lien out")
            paid = min(paid, left[loan])
            left[loan] -= paid
        worth[title] -= paid


def _pay_guarantees(guarantees: pandas.DataFrame, left: dict[Any, int]) -> None:
    amounts = whole_numbers(guarantees["amount"], name="guarantees: amount")
    haircuts = _haircuts(guarantees, "guarantees")
    loans = guarantees["loan"].tolist()
    ranks = guarantees["rank"].tolist()
    for row in sorted(range(len(guarantees)), key=ranks.__getitem__):
        loan = loans[row]
        if loan not in left:
            raise InvalidInput(f"guarantees: row {row}, loan {loan!r} is not among loans; leave it out")
        left[loan] -= min(amounts[row] * (PPB - haircuts[row]) // PPB, left[loan])
