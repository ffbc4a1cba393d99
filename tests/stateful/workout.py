"""Acts of the workout: new terms and who agrees to them, what is waived or written off, loans sold."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import astuple, replace

from brownie import chain
from eth_utils.crypto import keccak

from scripts.new_terms import GuarantorConsent
from scripts.new_terms import NewTerms as SignedTerms
from scripts.signing import signature
from tests.stateful.desk import CHECKERS, OF_DOCUMENTS, act, any_number, checker_drawn, integers, one_of, share
from tests.stateful.model.balances import ACTIVE, DEFAULTED, WRITTEN_OFF
from tests.stateful.model.holdings import APPROVER, LOAN_OFFICER, RISK_OFFICER, Word
from tests.stateful.model.terms import BULLET, LINEAR, NewTerms
from tests.stateful.protection import Protection

NO_DOCUMENT, DOCUMENT = bytes(32), keccak(b"a signed document")
UNBOUNDED = 10**12  # fen, more than any loan owes
KINDS = ("rate", "term", "type", "arrears", "haircut", "grace")
WAYS = ("", "", "signed", "signed", "forged", "stranger", "document", "same person")  # to agree, rightly or not
FAULTS = ("number", "cycle", "rate", "maturity", "grace", "nothing", "too much", "late")


class Workout(Protection):
    """What risk officers propose, borrowers and guarantors agree to, and approvers confirm."""

    # ---------------------------------------------------------------- new terms

    @act(5, n=any_number, kinds=integers(1, 63), part=integers(0, 100), days=integers(0, 12), checker=checker_drawn)
    def renew(self, n: int, kinds: int, part: int, days: int, checker: int) -> None:
        """New terms from the proposal to the day they hold, all on one day; now and then only so far."""
        number = self.pick(n, ACTIVE, DEFAULTED)
        terms = self.new_terms(number, kinds, part, days)
        self.propose_terms(terms)
        if n % 5:
            self.accept(terms)
        if n % 6 == 1:
            self.consent(n=n, m=n, wrongly="")
        if n % 5 != 1:
            self.carry_out(terms, checker)

    @act(2, n=any_number, fault=one_of(*FAULTS))
    def propose_wrongly(self, n: int, fault: str) -> None:
        number = self.pick(n, ACTIVE, DEFAULTED)
        terms, today = self.new_terms(number, 1 << n % 6, n, 5), self.bank.today
        self.propose_terms(
            {
                "number": replace(terms, number=terms.number + 1),
                "cycle": replace(terms, loan_type=LINEAR, cycle_months=2 * (n % 2)),
                "rate": replace(terms, rate=360_000_001),
                "maturity": replace(terms, maturity=today + 801 * (n % 2)),
                "grace": replace(terms, resume_on=terms.maturity + 1),
                "nothing": replace(terms, most=0),
                "too much": replace(terms, most=1),
                "late": replace(terms, deadline=today - 1),
            }[fault]
        )

    def new_terms(self, number: int, kinds: int, part: int, days: int) -> NewTerms:
        """Terms that differ from a loan's own in some kinds, by bits of `kinds`."""
        today, loan = self.bank.today, self.loan_of(number)
        if loan is None:
            return NewTerms(number, 1, today, BULLET, 0, 0, today + 100, 0, False, 0, 0, 0, 0, UNBOUNDED)
        seen = self.as_of_today(number) if loan.live else loan
        terms = NewTerms(
            number, loan.restructurings + 1, today + days, loan.loan_type, loan.cycle_months, loan.rate,
            max(loan.maturity, today + 1 + days), 0, False, 0, 0, 0, 0, UNBOUNDED,
        )  # fmt: skip
        changes = {
            "rate": {"rate": loan.rate * part // 100},
            "term": {"maturity": today + 40 + 7 * part},
            "type": {"loan_type": (loan.loan_type + 1 + part % 2) % 3, "cycle_months": (1, 3)[part % 2]},
            "arrears": {"capitalises": True, "most": seen.claim},
            "haircut": {"haircut": loan.principal * part // 100, "penalty": 50 * part, "interest": 500 * part},
            "grace": {"resume_on": min(today + 30 + 2 * part, terms.maturity)},
        }
        for bit, kind in enumerate(KINDS):
            if kinds >> bit & 1:
                terms = replace(terms, **changes[kind])
        return replace(terms, resume_on=min(terms.resume_on, terms.maturity))

    def propose_terms(self, terms: NewTerms) -> None:
        self.touched.add(terms.loan)
        self.attempt(
            "propose_terms",
            lambda bank: bank.propose_terms(terms, RISK_OFFICER),
            lambda: self.system.book.proposeRestructuring(astuple(terms), self.by("risk_officer")),
        )

    @act(2, n=any_number, wrongly=one_of(*WAYS, "again", "other terms"))
    def accept_terms(self, n: int, wrongly: str) -> None:
        """By whom it concerns, or wrongly in one of many ways."""
        open_ones = [one for one in self.bank.agreements.values() if not one.carried_out]
        fresh = [one for one in open_ones if not one.accepted and wrongly != "again"] or open_ones
        if not fresh:
            return
        terms = fresh[n % len(fresh)].terms
        self.accept(replace(terms, rate=terms.rate + 1) if wrongly == "other terms" else terms, wrongly)

    def accept(self, terms: NewTerms, wrongly: str = "") -> None:
        loan = self.loan_of(terms.loan)
        word, sender = self.speaker(loan.customer if loan else 1, wrongly)
        book, told = self.system.book, astuple(terms)
        self.touched.add(terms.loan)

        def acted() -> None:
            if word.signed:
                book.acceptRestructuringSigned(told, self.signature(SignedTerms(*told), word.account), sender)
            else:
                book.acceptRestructuring(told, DOCUMENT if word.witness else NO_DOCUMENT, sender)

        self.attempt("accept_terms", lambda bank: bank.accept_terms(terms, word), acted)

    def speaker(self, customer: int, how: str) -> tuple[Word, dict[str, object]]:
        """What is heard of a customer, and who brings it."""
        account = self.bank.customers[customer].account
        if how in ("signed", "forged"):
            signer = account if how == "signed" else self.bank.customers[1 + customer % OF_DOCUMENTS].account
            return Word(signer or self.bank.customers[1].account, signed=True), self.of(self.stranger)
        if how == "stranger":
            return Word(self.stranger), self.of(self.stranger)
        if how == "same person":
            return Word(witness=RISK_OFFICER), self.by(CHECKERS[RISK_OFFICER])
        if account is None or how == "document":
            return Word(witness=LOAN_OFFICER), self.by(CHECKERS[LOAN_OFFICER])
        return Word(account), self.of(account)

    def signature(self, message: SignedTerms | GuarantorConsent, account: str | None) -> bytes:
        return signature(message, self.keys[account or ""], chain_id=chain.id, book=self.system.book.address)

    @act(4, n=any_number, m=any_number, wrongly=one_of(*WAYS))
    def consent(self, n: int, m: int, wrongly: str) -> None:
        """A guarantor agrees to terms proposed or carried out; now and then to another loan's."""
        agreed = list(self.bank.agreements.values())
        if not agreed or not self.bank.guarantees:
            return
        pairs = [(a, g) for a in agreed for g in self.bank.guarantees if g.loan == a.terms.loan]
        if not pairs and n % 4:
            number = agreed[n % len(agreed)].terms.loan
            borrower = self.bank.loans[number].customer
            self.give_guarantee(1 + borrower % 5, borrower, number, 10**6)
            pairs = [(a, g) for a in agreed for g in self.bank.guarantees if g.loan == a.terms.loan]
        if pairs and m % 6:
            agreement, one = pairs[m % len(pairs)]
        else:
            agreement, one = agreed[n % len(agreed)], self.bank.guarantees[m % len(self.bank.guarantees)]
        terms = replace(agreement.terms, rate=agreement.terms.rate + (not m % 16))
        word, sender = self.speaker(one.guarantor, wrongly)
        book, told = self.system.book, astuple(terms)

        def acted() -> None:
            if word.signed:
                signed = self.signature(GuarantorConsent(one.number, SignedTerms(*told)), word.account)
                book.consentToRestructuringSigned(told, one.number, signed, sender)
            else:
                book.consentToRestructuring(told, one.number, DOCUMENT if word.witness else NO_DOCUMENT, sender)

        self.attempt("consent", lambda bank: bank.consent(terms, one, word), acted)
        assert self.system.book.consentedOf(one.number) == self.bank.consented(one)

    @act(4, n=any_number, m=any_number, checker=one_of(*CHECKERS, *[APPROVER] * 5))
    def restructure(self, n: int, m: int, checker: int) -> None:
        """Terms proposed earlier, mostly accepted."""
        proposed = [one for one in self.bank.agreements.values() if not one.carried_out or not n % 8]
        accepted = [one for one in proposed if one.accepted and not one.carried_out]
        chosen = accepted if accepted and m % 4 else proposed
        if chosen:
            self.carry_out(chosen[n % len(chosen)].terms, checker)

    def carry_out(self, terms: NewTerms, checker: int) -> None:
        self.touched.add(terms.loan)
        self.attempt(
            "restructure",
            lambda bank: bank.restructure(terms, checker),
            lambda: self.system.book.restructure(astuple(terms), self.by(CHECKERS[checker])),
        )

    # ---------------------------------------------------------------- what a bank gives up

    @act(3, n=any_number, penalty=integers(0, 700), fee=integers(0, 700), checker=checker_drawn)
    def waive(self, n: int, penalty: int, fee: int, checker: int) -> None:
        charged = [loan for loan in self.bank.loans.values() if loan.live and loan.penalty_due + loan.fee_due]
        number = charged[n % len(charged)].number if charged and n % 4 else self.pick(n, ACTIVE, DEFAULTED)
        self.touched.add(number)

        def acted() -> None:
            self.system.book.proposeWaiver(number, penalty, fee, self.by("risk_officer"))
            self.system.book.waive(number, penalty, fee, self.by(CHECKERS[checker]))

        self.attempt("waive", lambda bank: bank.waive(number, penalty, fee, checker), acted)

    @act(1, n=any_number, price=integers(0, 10**9), checker=checker_drawn)
    def sell(self, n: int, price: int, checker: int) -> None:
        """A loan without liens: those would go with it."""
        number = self.pick(n, DEFAULTED, WRITTEN_OFF)
        if any(lien.active and lien.loan == number for _, lien in self.bank.liens()):
            return
        sale = (number, keccak(b"buyer"), price, self.bank.today)

        def acted() -> None:
            self.system.book.proposeSale(*sale, self.by("risk_officer"))
            self.system.book.sell(*sale, self.by(CHECKERS[checker]))

        self.attempt("sell", lambda bank: bank.sell(number, checker), acted)

    @act(5, n=any_number, part=one_of(30, 100))
    def write_off(self, n: int, part: int) -> None:
        number = self.pick(n, DEFAULTED) if n % 8 else self.pick(n, ACTIVE)
        if n % 8 and number in self.bank.loans and self.bank.loans[number].state == ACTIVE:
            self.put_in_default(number)
        loan = self.loan_of(number)
        principal = loan.principal * part // 100 if loan else 1
        some = principal if part < 100 and principal else None
        named = deepcopy(self.bank).write_off(number, some) if loan and loan.state == DEFAULTED else (principal, 0)

        def acted() -> None:
            self.system.book.proposeWriteOff(number, *named, self.by("risk_officer"))
            self.system.book.writeOff(number, *named, self.bank.today, self.by("approver"))

        if named == (0, 0):
            return  # a defaulted loan that owes nothing has nothing to write off
        self.attempt("write_off", lambda bank: bank.write_off(number, some), acted)

    @act(3, n=any_number, part=share)
    def recover(self, n: int, part: int) -> None:
        """On a claim written off; where there is none, some principal is written off first."""
        if n % 4 and not any(loan.written_off for loan in self.bank.loans.values()):
            self.write_off(n=n, part=30)
        number = self.pick(n, ACTIVE, DEFAULTED, WRITTEN_OFF, doing=lambda bank, number: bank.recover(number, 1))
        loan = self.loan_of(number)
        amount = loan.written_off * part // 100 if loan else 1
        self.attempt(
            "recover",
            lambda bank: bank.recover(number, amount),
            lambda: self.system.book.recover(number, amount, self.bank.today, self.by("collector")),
        )
