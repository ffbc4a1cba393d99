"""Acts of quality: what is found about loans, how they are classified, default, cure and calls."""

from __future__ import annotations

from eth_utils.crypto import keccak

from tests.stateful.desk import CHECKERS, Desk, act, any_number, checker_drawn, either, integers, one_of, share
from tests.stateful.model.balances import (
    ACTIVE,
    CONTAGION,
    DEFAULTED,
    EXPECTED_LOSS,
    JUDGEMENT,
    RESTRUCTURED,
    WRITTEN_OFF,
)
from tests.stateful.model.bank import Bank
from tests.stateful.model.holdings import APPROVER
from tests.stateful.model.loans import Loan
from tests.stateful.model.terms import BY_DAYS, NO_CATEGORY, PASS, SUBSTANDARD, UNLIKELY_TO_PAY

REASON = keccak(b"found")


class Findings(Desk):
    """What risk officers find, approvers confirm, and anybody can show."""

    @act(4, n=any_number)
    def classify(self, n: int) -> None:
        number = self.pick(n, ACTIVE, DEFAULTED)
        self.attempt(
            "classify",
            lambda bank: bank.classify(number),
            lambda: self.system.book.classify(number, self.of(self.stranger)),
        )

    # ---------------------------------------------------------------- judgement

    @act(4, n=any_number, category=one_of(0, 2, 3, 4, 5), checker=checker_drawn)
    def judge(self, n: int, category: int, checker: int) -> None:
        """Worse by one person at once; better only when a second confirms it."""
        number = self.pick(n, ACTIVE, DEFAULTED)
        book = self.system.book
        loan = self.loan_of(number)
        relieves = loan is not None and max(category, PASS) < loan.floors[JUDGEMENT]

        def acted() -> None:
            book.judge(number, category, REASON, self.by("risk_officer"))
            if relieves:
                book.confirmJudgement(number, category, REASON, self.by(CHECKERS[checker]))

        self.attempt(
            "relieve" if relieves else "judge",
            lambda bank: bank.judge(number, category, checker if relieves else 0),
            acted,
        )

    @act(3, n=any_number, part=one_of(0, 30, 50, 89, 90, 100, 101))
    def assess_loss(self, n: int, part: int) -> None:
        """The loss expected, in the same way."""
        number = self.pick(n, ACTIVE, DEFAULTED)
        book = self.system.book
        loan = self.as_classified(number)
        claim = loan.principal + loan.interest_due if loan else 1
        loss = -(-claim * part // 100)
        relieves = loan is not None and self.bank.by_loss(loss, claim) < loan.floors[EXPECTED_LOSS]

        def acted() -> None:
            book.assessLoss(number, loss, REASON, self.by("risk_officer"))
            if relieves and loss <= claim:
                book.confirmAssessment(number, loss, REASON, self.by("approver"))

        self.attempt("assess_loss", lambda bank: bank.assess_loss(number, loss), acted)

    @act(3, n=any_number)
    def exempt_delay(self, n: int) -> None:
        number = self.pick(n, ACTIVE, DEFAULTED, doing=Bank.exempt_delay)
        if n % 4 and not self.can(Bank.exempt_delay, number):
            number = self.wait_for_delay(number, 1 + n % 7)
        self.attempt(
            "exempt_delay",
            lambda bank: bank.exempt_delay(number),
            lambda: self.system.book.exemptTechnicalDelay(number, REASON, self.by("risk_officer")),
        )

    def wait_for_delay(self, number: int, days: int) -> int:
        """Let some days pass after the next due date of a loan that owes nothing, where one comes soon."""
        for loan in self.turned([loan for loan in self.bank.loans.values() if loan.live and not loan.due], number):
            seen = self.as_of_today(loan.number)
            ahead = 0 if seen.due or seen.over else seen.due_dates()[seen.instalment] - self.bank.today
            if 0 < ahead < 40:
                self.next_day(days=ahead + days)
                self.touched.add(loan.number)
                return loan.number
        return number

    @act(3, n=any_number, part=share, checker=checker_drawn)
    def find_misuse(self, n: int, part: int, checker: int) -> None:
        self.find_misused(self.pick(n, ACTIVE, DEFAULTED), part, checker)

    def find_misused(self, number: int, part: int, checker: int) -> None:
        """More by one person at once; less only when a second confirms it."""
        loan, book = self.loan_of(number), self.system.book
        principal = loan.principal * part // 100 if loan else 1
        relieves = loan is not None and principal < loan.misused

        def acted() -> None:
            book.findMisuse(number, principal, REASON, self.by("risk_officer"))
            if relieves:
                book.confirmMisuse(number, principal, REASON, self.by(CHECKERS[checker]))

        self.attempt("find_misuse", lambda bank: bank.find_misuse(number, principal, checker if relieves else 0), acted)

    @act(1, n=any_number, checker=checker_drawn)
    def clear_misuse(self, n: int, checker: int) -> None:
        number = self.pick(n, ACTIVE, DEFAULTED, doing=lambda bank, number: bank.clear_misuse(number, APPROVER))
        loan, book = self.loan_of(number), self.system.book
        if loan is not None and not loan.misused and n % 4:
            self.find_misused(number, 50, APPROVER)

        def acted() -> None:
            book.clearMisuse(number, REASON, self.by("risk_officer"))
            book.confirmMisuse(number, 0, REASON, self.by(CHECKERS[checker]))

        self.attempt("clear_misuse", lambda bank: bank.clear_misuse(number, checker), acted)

    # ---------------------------------------------------------------- observation

    @act(2, n=any_number)
    def end_observation(self, n: int) -> None:
        self.end_observation_of(self.pick(n, ACTIVE, DEFAULTED, doing=Bank.end_observation))

    def end_observation_of(self, number: int) -> None:
        self.touched.add(number)
        self.attempt(
            "end_observation",
            lambda bank: bank.end_observation(number),
            lambda: self.system.book.endObservation(number, self.of(self.stranger)),
        )

    # ---------------------------------------------------------------- contagion

    @act(4, n=any_number, m=any_number)
    def spread(self, n: int, m: int) -> None:
        """Among a debtor's loans; the bad ones are shown, now and then too few or a good one."""
        customer = self.debtor(n)
        loans = [loan for loan in self.bank.loans.values() if loan.customer == customer and loan.live]
        bad = [loan.number for loan in loans if self.is_bad(loan)]
        active = [loan.number for loan in loans if loan.state == ACTIVE and not self.is_bad(loan)]
        if not bad and active and n % 4:
            largest = max(active, key=lambda number: self.bank.loans[number].principal)
            self.put_in_default(largest)
            bad, active = [largest], [number for number in active if number != largest]
        shown = sorted(bad if m % 6 else bad[:1] + active[:1], reverse=not m % 16)
        targets = [loan.number for loan in loans if m % 3 or loan.number % 2]
        self.spread_among(customer, shown, targets)

    def spread_among(self, customer: int, shown: list[int], targets: list[int]) -> None:
        self.touched.update(shown, targets)
        self.attempt(
            "spread",
            lambda bank: bank.spread(customer, shown, targets),
            lambda: self.system.book.spreadContagion(customer, shown, targets, self.of(self.stranger)),
        )

    @act(3, n=any_number, m=any_number)
    def lift(self, n: int, m: int) -> None:
        """The good ones are shown; where nothing may be lifted, mostly of a debtor that was bad and is cured."""
        customer = self.debtor(n)
        infected = {loan.customer for loan in self.bank.loans.values() if loan.live and loan.floors[CONTAGION]}
        if n % 4 and customer not in infected:
            customer = self.infected_and_cured(n) or customer
        loans = [loan for loan in self.bank.loans.values() if loan.customer == customer and loan.live]
        good = sorted(loan.number for loan in loans if not self.is_bad(loan) or not m % 8)
        targets = [loan.number for loan in loans]
        self.touched.update(good)
        self.attempt(
            "lift",
            lambda bank: bank.lift(customer, good, targets),
            lambda: self.system.book.liftContagion(customer, good, targets, self.of(self.stranger)),
        )

    def infected_and_cured(self, n: int) -> int | None:
        """A debtor one of whose loans infected all and is cured; none where nobody owes the like."""
        loans = self.turned([loan for loan in self.bank.loans.values() if loan.state == ACTIVE], n)
        for loan in loans:
            mine = [one for one in self.bank.loans.values() if one.customer == loan.customer and one.live]
            sound = all(not self.is_bad(one) and not self.as_of_today(one.number).due for one in mine)
            if loan.principal and sound and not self.bank.customers[loan.customer].retail:
                largest = max(mine, key=lambda one: one.principal).number
                self.put_in_default(largest)
                self.spread_among(loan.customer, [largest], [one.number for one in mine])
                self.cure_loan(largest)
                return loan.customer
        return None

    @act(2, n=any_number, total=integers(0, 100), overdue=integers(0, 40), age=one_of(0, 0, 10, -1))
    def report_system_debt(self, n: int, total: int, overdue: int, age: int) -> None:
        self.report_debt_of(1 + n % (6 if n % 8 == 0 else 5), total=total, overdue=overdue, age=age)

    def report_debt_of(self, customer: int, *, total: int, overdue: int, age: int) -> None:
        as_of = self.bank.today - age
        self.attempt(
            "report_system_debt",
            lambda bank: bank.report_system_debt(customer, total, overdue, as_of),
            lambda: self.system.book.reportSystemDebt(customer, total, overdue, as_of, self.by("credit_bureau")),
        )

    @act(2, n=any_number)
    def spread_from_others(self, n: int) -> None:
        """Mostly to loans that it has not reached, for a debtor that is reported for it where none is."""
        clean = [loan.customer for loan in self.bank.loans.values() if loan.live and not loan.floors[CONTAGION]]
        fresh = sorted(number for number in set(clean) if not self.bank.customers[number].retail)
        spread = [number for number in fresh if self.bank.system_debts[number].long_overdue]
        if n % 4 and fresh and not spread:
            spread = [fresh[n % len(fresh)]]
            self.report_debt_of(spread[0], total=100, overdue=21, age=0)
        customer = spread[n % len(spread)] if spread and n % 4 else self.debtor(n)
        targets = [loan.number for loan in self.bank.loans.values() if loan.customer == customer]
        self.touched.update(targets)
        self.attempt(
            "spread_from_others",
            lambda bank: bank.spread_from_others(customer, targets),
            lambda: self.system.book.spreadFromOtherBanks(customer, targets, self.of(self.stranger)),
        )

    def debtor(self, n: int) -> int:
        """A company that owes, three times in four."""
        owing = sorted(
            {
                loan.customer
                for loan in self.bank.loans.values()
                if loan.live and not self.bank.customers[loan.customer].retail
            }
        )
        return owing[n % len(owing)] if owing and n % 4 else 1 + n % 6

    def is_bad(self, loan: Loan) -> bool:
        """By its own right, whatever the debtor's others are."""
        seen = self.as_classified(loan.number)
        own = seen.worth(self.bank.today, JUDGEMENT, EXPECTED_LOSS, RESTRUCTURED) if seen else NO_CATEGORY
        return loan.state == DEFAULTED or own >= SUBSTANDARD

    # ---------------------------------------------------------------- default and calls

    @act(4, n=any_number, by_days=one_of(False, False, True))
    def declare_default(self, n: int, by_days: bool) -> None:
        self.put_in_default(self.pick(n, ACTIVE), trigger=BY_DAYS if by_days else UNLIKELY_TO_PAY)

    def put_in_default(self, number: int, *, trigger: int = UNLIKELY_TO_PAY) -> None:
        self.touched.add(number)
        self.attempt(
            "declare_default",
            lambda bank: bank.declare_default(number, trigger),
            lambda: self.system.book.declareDefault(number, trigger, self.by("risk_officer")),
        )

    @act(3, n=any_number, m=any_number)
    def declare_cross_default(self, n: int, m: int) -> None:
        """On another loan in default; mostly of the same debtor or its group, put in default for it where none is."""
        other = self.pick(m, DEFAULTED, WRITTEN_OFF)
        number = self.pick(n, ACTIVE, doing=lambda bank, number: bank.declare_cross_default(number, other))
        if n % 4 and not self.can(lambda bank, number: bank.declare_cross_default(number, other), number):
            number, other = self.pair_in_trouble(n) or (number, other)
        self.attempt(
            "declare_cross_default",
            lambda bank: bank.declare_cross_default(number, other),
            lambda: self.system.book.declareCrossDefault(number, other, self.by("risk_officer")),
        )

    def pair_in_trouble(self, n: int) -> tuple[int, int] | None:
        """Two loans of a debtor, one of which is put in default."""
        active = [loan for loan in self.bank.loans.values() if loan.state == ACTIVE]
        pairs = [(one, other) for one in active for other in active if one.customer == other.customer and one != other]
        if not pairs:
            return None
        one, other = pairs[n % len(pairs)]
        self.put_in_default(other.number)
        self.touched.add(one.number)
        return one.number, other.number

    @act(3, n=any_number)
    def cure(self, n: int) -> None:
        number = self.pick(n, DEFAULTED, doing=Bank.cure)
        if n % 4 and not self.can(Bank.cure, number):
            number = self.pick(
                n, ACTIVE, doing=lambda bank, number: bank.declare_default(number, 1) or bank.cure(number)
            )
            self.put_in_default(number)
        self.cure_loan(number)

    def cure_loan(self, number: int) -> None:
        self.touched.add(number)
        self.attempt(
            "cure",
            lambda bank: bank.cure(number),
            lambda: self.system.book.cure(number, self.by("risk_officer")),
        )

    @act(3, n=any_number, at_once=either, checker=checker_drawn)
    def call(self, n: int, at_once: bool, checker: int) -> None:
        """Proposed, and called at once or by a later act; what has lapsed by then is proposed anew."""
        proposed = [number for number in self.bank.calls if self.bank.loans[number].live]
        if at_once or not proposed:
            number = self.pick(n, DEFAULTED)
            loan = self.loan_of(number)
            if loan is not None and loan.state == ACTIVE and n % 4:
                self.put_in_default(number)
            self.propose_call_of(number)
        else:
            number = proposed[n % len(proposed)]
        if not at_once and not proposed:
            return
        self.call_loan(number, checker)
        if number in self.bank.calls and not self.bank.may_still_call(number):
            self.propose_call_of(number)
            self.call_loan(number, checker)

    def propose_call_of(self, number: int) -> None:
        self.touched.add(number)
        self.attempt(
            "propose_call",
            lambda bank: bank.propose_call(number),
            lambda: self.system.book.proposeCall(number, self.by("risk_officer")),
        )

    def call_loan(self, number: int, checker: int = APPROVER) -> None:
        self.touched.add(number)
        self.attempt(
            "call",
            lambda bank: bank.call(number, checker),
            lambda: self.system.book.callLoan(number, self.by(CHECKERS[checker])),
        )
