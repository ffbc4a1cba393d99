"""A book small enough to live through in a test, in which everything a book can meet happens once."""

from __future__ import annotations

from datetime import date

from analytics.units import day_number
from data.acts import (
    MONEY_TOKEN,
    Attest,
    BookScript,
    Call,
    Charge,
    Classify,
    CountBorrowers,
    CrossDefault,
    Default,
    EndSpread,
    ExemptDelay,
    ExpectLoss,
    Fix,
    Guarantees,
    Judge,
    Lend,
    Misuse,
    Offer,
    Pay,
    PayGuarantee,
    PayWrongly,
    Rate,
    Recover,
    Register,
    RegisterTitle,
    ReleaseGuarantee,
    Reprice,
    Restructure,
    Revalue,
    Sell,
    SetCalendar,
    SetLimit,
    Spend,
    Spread,
    SystemDebt,
    Waive,
    WriteOff,
    YearEnd,
)
from data.bank_a.build import CODES
from data.opening import Capacity, Customer, Guarantee, Lien, Loan, Opening, Rating, Title

YUAN = 100
MILLION = 1_000_000 * YUAN


def day(text: str) -> int:
    return day_number(date.fromisoformat(text))


OPENING_DAY = day("2022-12-31")
CUSTOMERS = (
    Customer("C-1", "corporate", "K70", "CN-GD", group=1),
    Customer("C-2", "corporate", "F51", "CN-GD", group=1),
    Customer("C-3", "small_enterprise", "E47", "CN-ZJ"),
    Customer("C-4", "small_enterprise", "C39", "CN-HN"),
    Customer("C-5", "corporate", "L72", "CN-GD"),
    Customer("P-1", "retail_pool", "X00", "CN-GD", borrowers=400),
)
RATINGS = tuple(
    Rating(f"C-{number}", grade, 1500, OPENING_DAY - 40, OPENING_DAY + 400)
    for number, grade in ((1, 2), (2, 3), (3, 5), (4, 7), (5, 4))
)


def _loan(ref: str, customer: int, lent: int, owed: int) -> Loan:
    whom = CUSTOMERS[customer]
    return Loan(
        ref, whom.ref, 3 if whom.kind == "retail_pool" else 1, whom.industry, whom.region, "WCAP", "pass", 45_000_000,
        day("2021-02-10"), day("2026-02-10"), lent, owed, principal_paid=lent - owed,
    )  # fmt: skip


LOANS = (
    _loan("L-1", 0, 900 * MILLION, 700 * MILLION),
    _loan("L-2", 1, 300 * MILLION, 300 * MILLION),
    _loan("L-3", 2, 80 * MILLION, 50 * MILLION),
    _loan("L-4", 3, 60 * MILLION, 60 * MILLION),
    _loan("L-5", 4, 400 * MILLION, 250 * MILLION),
    _loan("L-6", 5, 200 * MILLION, 120 * MILLION),
)
TITLES = (
    Title("T-1", "C-1", "land", "CN-GD", 1_500 * MILLION, 300_000_000, day("2022-10-01"), day("2023-12-31")),
    Title("T-2", "C-3", "equipment", "CN-ZJ", 90 * MILLION, 400_000_000, day("2022-10-01"), day("2023-12-31")),
)
LIENS = (
    Lien("T-2", "", 5 * MILLION, lender=3),
    Lien("T-1", "L-1", 700 * MILLION),
    Lien("T-2", "L-3", 45 * MILLION),
)
GUARANTEES = (
    Guarantee("G-1", "C-3", "C-4", "L-4", 20 * MILLION, circle=True),
    Guarantee("G-2", "C-4", "C-3", "L-3", 10 * MILLION, circle=True),
    Guarantee("G-3", "C-5", "C-3", "L-3", 15 * MILLION),
)
CAPACITIES = tuple(Capacity(f"C-{number}", 200 * MILLION) for number in (3, 4, 5))
OPENING = Opening(OPENING_DAY, CUSTOMERS, RATINGS, LOANS, TITLES, LIENS, GUARANTEES, CAPACITIES)

JANUARY, FEBRUARY, MARCH, MAY, AUGUST, NOVEMBER = (
    day(f"2023-{month}") for month in ("01-10", "02-10", "03-10", "05-10", "08-10", "11-10")
)
END = day("2023-12-31")
NEWCOMER = Customer("C-6", "corporate", "N77", "CN-ZJ")
ACTS = (
    Register(day=JANUARY, customer=NEWCOMER),
    Attest(day=JANUARY, denominator="book", amount=1_480 * MILLION),
    SetLimit(day=JANUARY, dimension="industry", key="K", limit=1_000 * MILLION, share=600_000_000),
    SetLimit(day=JANUARY, dimension="customer", key="C-6", limit=30 * MILLION),
    SetLimit(day=JANUARY, dimension="group", key="1", limit=1_300 * MILLION),
    SetLimit(day=JANUARY, dimension="region", key="CN-HN", limit=100 * MILLION),
    Rate(day=JANUARY, rating=Rating("C-6", 3, 1800, JANUARY, JANUARY + 400)),
    RegisterTitle(
        day=JANUARY,
        title=Title("T-3", "C-6", "commercial_property", "CN-ZJ", 80 * MILLION, 300_000_000, JANUARY, END),
    ),
    Lend(
        day=JANUARY, ref="L-7", customer="C-6", product=4, industry="N77", region="CN-ZJ", purpose="PROP",
        amount=50 * MILLION, rate=40_000_000, maturity=day("2025-01-10"), money=MONEY_TOKEN, payees=(1, 2),
        spends=(Spend(2, 20 * MILLION, 5 * MILLION), Spend(8, 10 * MILLION)),
        liens=(Lien("T-3", "L-7", 50 * MILLION),), override=True,
    ),
    Lend(
        day=JANUARY, ref="L-8", customer="C-4", product=1, industry="C39", region="CN-HN", purpose="WCAP",
        amount=90 * MILLION, rate=60_000_000, maturity=day("2025-01-10"), refused="CreditPolicy_LimitExceeded",
    ),
    Lend(
        day=JANUARY, ref="L-9", customer="C-5", product=2, industry="L72", region="CN-GD", purpose="EQUI",
        amount=40 * MILLION, rate=50_000_000, maturity=day("2025-01-10"),
    ),
    Lend(
        day=JANUARY, ref="L-10", customer="C-5", product=1, industry="L72", region="CN-GD", purpose="WCAP",
        amount=12 * MILLION, rate=50_000_000, maturity=day("2025-01-10"), money=MONEY_TOKEN, payees=(1,),
        spends=(Spend(9, 12 * MILLION),),
    ),
    SetCalendar(day=JANUARY, number=1, years=(2023, 2024, 2025)),
    Offer(day=JANUARY, product=6),
    Offer(day=JANUARY, product=7),
    Fix(day=JANUARY, index=1, value=36_500_000),
    Lend(
        day=JANUARY, ref="L-11", customer="C-5", product=6, industry="L72", region="CN-GD", purpose="WCAP",
        amount=8 * MILLION, rate=41_500_000, maturity=day("2025-01-10"),
    ),
    Lend(
        day=JANUARY, ref="L-12", customer="C-5", product=7, industry="L72", region="CN-GD", purpose="WCAP",
        amount=16 * MILLION, rate=35_500_000, maturity=day("2025-01-10"), money=MONEY_TOKEN, payees=(1,),
    ),
    Guarantees(
        day=JANUARY,
        guarantee=Guarantee("G-4", "C-3", "C-5", "L-9", MILLION),
        refused="GuaranteeRegistry_CircleRefused",
    ),
    Guarantees(day=JANUARY, guarantee=Guarantee("G-5", "C-6", "C-5", "L-9", 10 * MILLION)),
    Pay(day=FEBRUARY, loan="L-1", principal=50 * MILLION),
    Pay(day=FEBRUARY, loan="L-2", principal=300 * MILLION),
    Pay(day=FEBRUARY, loan="L-5", principal=0),
    Pay(day=FEBRUARY, loan="L-6", principal=6 * MILLION),
    PayWrongly(day=FEBRUARY, loan="L-1", amount=3 * MILLION),
    ExemptDelay(day=FEBRUARY + 2, loan="L-4"),
    Judge(day=FEBRUARY + 2, loan="L-9", category="doubtful"),
    Spread(day=FEBRUARY + 2, customer="C-5", bad=("L-9",), targets=("L-5", "L-10")),
    Judge(day=FEBRUARY + 2, loan="L-9", category="special_mention", better=True),
    EndSpread(day=FEBRUARY + 2, customer="C-5", good=("L-5", "L-9", "L-10"), targets=("L-5", "L-10")),
    Misuse(day=FEBRUARY + 2, loan="L-10", principal=12 * MILLION),
    Misuse(day=FEBRUARY + 2, loan="L-7", principal=10 * MILLION),
    Pay(day=MARCH, loan="L-3", principal=0, value_date=day("2023-03-01")),
    Misuse(day=MARCH, loan="L-10", principal=0),
    SystemDebt(day=MARCH, customer="C-6", total=900 * MILLION, overdue=200 * MILLION),
    Spread(day=MARCH, customer="C-6", bad=(), targets=("L-7",)),
    ExpectLoss(day=MARCH, loan="L-3", loss=46 * MILLION),
    ExpectLoss(day=MARCH, loan="L-3", loss=26 * MILLION, better=True),
    Fix(day=MARCH, index=1, value=34_500_000),
    Reprice(day=MAY, loan="L-12"),
    Pay(day=MAY, loan="L-10", principal=12 * MILLION),
    Revalue(day=MAY, title="T-1", value=700 * MILLION, valid_until=END + 300),
    Classify(day=MAY, loans=("L-3", "L-4", "L-9")),
    Pay(day=AUGUST, loan="L-9", principal=10 * MILLION),
    Classify(day=AUGUST, loans=("L-4",)),
    Default(day=AUGUST, loan="L-4", trigger="days_past_due"),
    Charge(day=AUGUST, loan="L-3", kind="penalty", amount=30_000 * YUAN),
    Charge(day=AUGUST, loan="L-3", kind="fee", amount=20_000 * YUAN),
    Waive(day=AUGUST, loan="L-3", penalty=10_000 * YUAN, fee=5_000 * YUAN),
    Restructure(
        day=NOVEMBER, loan="L-3", loan_type="annuity", cycle_months=3, rate=40_000_000, maturity=day("2027-02-10"),
        resume_on=day("2024-06-01"), penalty=15_000 * YUAN, interest=10_000 * YUAN, haircut=100_000 * YUAN,
        consents=("G-2",),
    ),
    Charge(day=NOVEMBER, loan="L-7", kind="fee", amount=1_000 * YUAN),
    Sell(day=NOVEMBER, loan="L-7", buyer="another bank", lender=5, price=48 * MILLION),
    WriteOff(day=NOVEMBER, loan="L-4", principal=40 * MILLION),
    PayGuarantee(day=NOVEMBER, guarantee="G-1", demanded=3 * MILLION, amount=2 * MILLION),
    ReleaseGuarantee(day=NOVEMBER, guarantee="G-1", amount=17 * MILLION + 500_000 * YUAN),
    Recover(day=NOVEMBER, loan="L-4", amount=5 * MILLION),
    Default(day=NOVEMBER, loan="L-9", trigger="unlikely_to_pay"),
    CrossDefault(day=NOVEMBER, loan="L-5", other="L-9"),
    Call(day=NOVEMBER, loan="L-9"),
    CountBorrowers(day=NOVEMBER, customer="P-1", borrowers=380),
    YearEnd(day=END, year=2023),
)  # fmt: skip
SCRIPT = BookScript("small", "A small book", CODES, OPENING, ACTS, ("<b>markup</b> is data, not markup",))
