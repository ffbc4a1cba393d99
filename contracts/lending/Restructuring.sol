// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {FixedPointMathLib} from "solady/src/utils/FixedPointMathLib.sol";
import {ICreditPolicy} from "../../interfaces/ICreditPolicy.sol";
import {IGuaranteeRegistry} from "../../interfaces/IGuaranteeRegistry.sol";
import {ILoanBook} from "../../interfaces/ILoanBook.sol";
import {IWorkout} from "../../interfaces/IWorkout.sol";
import {known} from "../governance/Known.sol";
import {LoanCodec} from "../libraries/LoanCodec.sol";
import {LoanMath} from "../libraries/LoanMath.sol";
import {LoanSchedule} from "../libraries/LoanSchedule.sol";
import {Floor} from "../types/CareWord.sol";
import {Category, ClassificationReason, LoanState, LoanType} from "../types/Enums.sol";
import {CustomerId, PersonId} from "../types/Ids.sol";
import {RESTRUCTURE} from "../types/LoanActs.sol";
import {MAX_DAY, MAX_MONEY, Position} from "../types/LoanStorage.sol";
import {ProductWord} from "../types/ProductWord.sol";
import {Assent, Assents} from "./Assents.sol";
import {Agreement, Books, Consent, Ledger, Wiring} from "./Ledger.sol";
import {Terms} from "./Terms.sol";

/// @dev What becomes of a loan's debt, word by word as DebtRestructured tells it.
struct Settlement {
    uint256 valueDate;
    uint256 penaltyWaived;
    uint256 feeWaived;
    uint256 interestWaived;
    uint256 haircut;
    uint256 penalty; // that becomes principal
    uint256 fee;
    uint256 interest;
    uint256 undrawn;
    uint256 principal;
    uint256 accrued;
    uint256 uncovered;
}

/// @dev New terms for a loan in difficulty, from the proposal to the day they are carried out.
library Restructuring {
    using Books for Ledger;
    using LoanCodec for Position;
    using LoanMath for Position;
    using LoanSchedule for Position;

    /// @dev A restructured loan is observed for at least a year from its first new due date (Measures for the risk
    /// classification of financial assets of commercial banks, 2023, article 19).
    uint256 private constant OBSERVATION_DAYS = 365;
    /// @dev Words of the new terms in an event: all but the loan.
    uint256 private constant TERM_WORDS = 13;

    // ------------------------------------------------------------------ agreement
    function propose(Ledger storage l, IWorkout.NewTerms calldata t, uint24 today, PersonId maker) external {
        uint64 id = Books.raw(t.loanId);
        Position memory p = l.load(id);
        _checkTerms(l, id, p, t, today);
        bytes32 proposal = _hash(t);
        Agreement storage a = l.agreements[Books.agreementKey(id, t.number)];
        if (a.proposal == proposal) revert IWorkout.LoanBook_AlreadyProposed(id);
        (a.proposal, a.maker, a.witness, a.accepted) = (proposal, maker, PersonId.wrap(0), false);
        _tellProposed(id, t, proposal, today, maker);
    }

    /// @dev Terms are checked again when they are carried out: the product and the loan may have changed.
    function _checkTerms(Ledger storage l, uint64 id, Position memory p, IWorkout.NewTerms calldata t, uint24 today) private view {
        Books.check(id, p, RESTRUCTURE);
        uint256 next = p.care.restructurings() + 1;
        if (t.number != next) revert IWorkout.LoanBook_RestructuringStale(id, t.number, uint16(next));
        if (today > t.deadline) revert IWorkout.LoanBook_DeadlinePassed(id, t.deadline, today);
        Terms.checkCycle(LoanType(known(t.loanType, uint8(type(LoanType).max))), t.cycleMonths);
        ProductWord product = l.product(uint16(p.product));
        if (t.rate < 0 || uint40(t.rate) > product.maxRate()) {
            revert ILoanBook.LoanBook_RateInvalid(t.rate, int40(uint40(product.maxRate())));
        }
        uint256 latest = FixedPointMathLib.min(uint256(today) + product.maxTermDays(), MAX_DAY);
        if (t.maturity <= today || t.maturity > latest) {
            revert ILoanBook.LoanBook_MaturityInvalid(t.maturity, today + 1, uint24(latest));
        }
        Terms.checkLife(t.cycleMonths, p.start, t.maturity);
        if (t.resumeOn > t.maturity) revert IWorkout.LoanBook_ResumptionInvalid(t.resumeOn, t.maturity);
        if (t.mostPrincipal == 0 || t.mostPrincipal > MAX_MONEY) {
            revert ILoanBook.LoanBook_AmountInvalid(id, t.mostPrincipal, MAX_MONEY);
        }
    }

    /// @dev The event's words are the terms' own, in their order.
    function _tellProposed(uint64 id, IWorkout.NewTerms calldata t, bytes32 proposal, uint24 today, PersonId maker) private {
        uint256[TERM_WORDS + 3] memory words;
        words[0] = uint256(proposal);
        words[TERM_WORDS + 1] = today;
        words[TERM_WORDS + 2] = PersonId.unwrap(maker);
        bytes32 topic = IWorkout.RestructuringProposed.selector;
        // The book's own call has encoded the terms anew, each in its bounds.
        assembly ("memory-safe") {
            calldatacopy(add(words, 0x20), add(t, 0x20), mul(TERM_WORDS, 0x20))
            log2(words, 0x200, topic, id)
        }
    }

    function accept(Ledger storage l, Wiring calldata w, IWorkout.NewTerms calldata t, Assent memory by, uint24 today) external {
        uint64 id = Books.raw(t.loanId);
        Position memory p = l.load(id);
        Books.check(id, p, RESTRUCTURE);
        Agreement storage a = _agreement(l, id, t);
        if (a.accepted || a.posting != 0) revert IWorkout.LoanBook_AlreadyAccepted(id);
        if (today > t.deadline) revert IWorkout.LoanBook_DeadlinePassed(id, t.deadline, today);
        (address account, bytes32 document, PersonId witness) =
            Assents.heard(w.customers, id, uint32(p.customer), Assents.hashOf(t), by);
        Books.differs(a.maker, witness);
        (a.witness, a.accepted) = (witness, true);
        emit IWorkout.RestructuringAccepted(id, a.proposal, account, document, today, PersonId.unwrap(witness));
    }

    /// @dev Whatever he consented to before is kept, as a number.
    function consent(
        Ledger storage l, Wiring calldata w, IWorkout.NewTerms calldata t, uint64 guaranteeId, Assent memory by, uint24 today
    ) external {
        uint64 id = Books.raw(t.loanId);
        Agreement storage a = _agreement(l, id, t);
        IGuaranteeRegistry.Guarantee memory g = w.guarantees.guaranteeOf(guaranteeId);
        if (Books.raw(g.loanId) != id) revert IWorkout.LoanBook_GuaranteeNotOfLoan(guaranteeId, id);
        (address account, bytes32 document, PersonId witness) =
            Assents.heard(w.customers, id, CustomerId.unwrap(g.guarantor), Assents.hashOf(t, guaranteeId), by);
        if (by.document != 0 && a.posting != 0) revert IWorkout.LoanBook_DocumentTooLate(id, t.number);
        Books.differs(a.maker, witness);
        l.consents[guaranteeId] = Consent(a.proposal, t.number, uint64(covered(l, id, guaranteeId)));
        emit IWorkout.GuarantorConsented(
            id, guaranteeId, a.proposal, account, document, today, PersonId.unwrap(witness)
        );
    }

    function _agreement(Ledger storage l, uint64 id, IWorkout.NewTerms calldata t) private view returns (Agreement storage a) {
        a = l.agreements[Books.agreementKey(id, t.number)];
        if (a.proposal != _hash(t)) revert ILoanBook.LoanBook_NotProposed(id);
    }

    /// @dev Of abi.encode("restructuring", t): where the tag is, the terms as they came, the tag.
    function _hash(IWorkout.NewTerms calldata t) private pure returns (bytes32 proposal) {
        bytes32 tag = "restructuring";
        assembly ("memory-safe") {
            let at := mload(0x40)
            mstore(at, 0x1e0)
            calldatacopy(add(at, 0x20), t, 0x1c0)
            mstore(add(at, 0x1e0), 13)
            mstore(add(at, 0x200), tag)
            proposal := keccak256(at, 0x220)
        }
    }

    /// @dev What restructurings have added to principal with a guarantor's consent.
    function covered(Ledger storage l, uint64 id, uint64 guaranteeId) internal view returns (uint256) {
        Consent storage c = l.consents[guaranteeId];
        Agreement storage a = l.agreements[Books.agreementKey(id, c.number)];
        bool done = a.posting != 0 && a.proposal == c.proposal;
        return done ? FixedPointMathLib.max(a.uncovered, c.covered) : c.covered;
    }

    // ------------------------------------------------------------------ new terms
    /// @dev Runs in Workout itself: a call to another contract would encode the terms anew.
    function restructure(Ledger storage l, ICreditPolicy policy, IWorkout.NewTerms calldata t, uint24 today, PersonId checker)
        internal
    {
        uint64 id = Books.raw(t.loanId);
        Position memory p = l.load(id);
        _checkTerms(l, id, p, t, today);
        Agreement storage a = _agreement(l, id, t);
        if (!a.accepted) revert IWorkout.LoanBook_NotAccepted(id);
        Books.differs(a.maker, checker);
        Books.differs(a.witness, checker);
        l.advance(id, p, today, 0);
        uint256 before = p.principal;
        Settlement memory s = _settle(id, p, t);
        uint256 next = _renew(l, p, t, today);
        uint256 previous = p.category;
        uint256 until = _watch(p, FixedPointMathLib.zeroFloorSub(p.principal, before), next);
        Books.number(id, p);
        (a.posting, a.carriedOutOn, a.uncovered) = (uint16(p.postings), today, uint64(p.care.uncovered()));
        l.store(id, p);
        _tellRestructured(id, p, t, until, today, a, checker);
        _tellSettled(id, p, s, today);
        if (p.category != previous) {
            emit ILoanBook.LoanClassified(
                id, uint8(p.category), uint8(previous), 0, uint8(ClassificationReason.Restructured), today
            );
        }
        _passOn(policy, p, before, s.undrawn);
    }

    /// @dev Waive up to what was agreed, and make the rest that is due principal. Of accrued interest whole fen, rounded down;
    /// less than a fen stays accrued.
    function _settle(uint64 id, Position memory p, IWorkout.NewTerms calldata t) private pure returns (Settlement memory s) {
        s.penaltyWaived = FixedPointMathLib.min(t.penalty, p.penaltyDue);
        s.feeWaived = FixedPointMathLib.min(t.fee, p.feeDue);
        s.haircut = FixedPointMathLib.min(t.haircut, p.principal);
        s.penalty = p.penaltyDue - s.penaltyWaived;
        s.fee = p.feeDue - s.feeWaived;
        uint256 accrued = p.accrued / p.unit();
        s.interestWaived = FixedPointMathLib.min(t.interest, p.interestDue + accrued);
        uint256 taken = FixedPointMathLib.zeroFloorSub(s.interestWaived, p.interestDue);
        s.interest = FixedPointMathLib.zeroFloorSub(p.interestDue, s.interestWaived);
        if (t.capitalisesAccrued) (s.interest, taken) = (s.interest + accrued - taken, accrued);
        p.accrued -= taken * p.unit();
        p.principal = p.principal - s.haircut + s.penalty + s.fee + s.interest;
        if (p.principal == 0) revert ILoanBook.LoanBook_AmountInvalid(id, s.haircut, 0);
        if (p.principal > t.mostPrincipal) {
            revert IWorkout.LoanBook_DebtExceedsAgreed(id, uint128(p.principal), t.mostPrincipal);
        }
        (p.principalDue, p.interestDue, p.penaltyDue, p.feeDue, p.oldestDue) = (0, 0, 0, 0, 0);
        (s.undrawn, p.undrawn) = (p.undrawn, 0);
    }

    /// @dev Due dates go on from the loan's start by the new cycle; those up to today, and in the time of grace, have passed.
    /// @return next The first of the others.
    function _renew(Ledger storage l, Position memory p, IWorkout.NewTerms calldata t, uint24 today)
        private
        view
        returns (uint256 next)
    {
        (p.rate, p.maturity) = (uint40(t.rate), t.maturity);
        p.changeSchedule(LoanType(t.loanType), t.cycleMonths);
        p.care = p.care.withoutCall();
        p.instalment = p.dueDatesBefore(FixedPointMathLib.max(uint256(today) + 1, t.resumeOn));
        // A rule that moves dates on may have moved one that seems to have passed to a day still to come.
        if (p.servicing.isSet()) {
            while (p.instalment != 0 && p.dueDate(p.instalment) >= t.resumeOn && l.dueDate(p, p.instalment) > today) {
                --p.instalment;
            }
        }
        next = l.nextDue(p);
        // A rule that moves dates back may move the next one to today.
        while (next != 0 && next <= today) {
            ++p.instalment;
            next = l.nextDue(p);
        }
        if (next == 0) revert ILoanBook.LoanBook_MaturityInvalid(t.maturity, today + 1, t.maturity);
        p.instalmentAmount = 0;
        p.fixInstalment();
    }

    /// @dev Put the loan under observation. At least special mention; substandard where it was non-performing.
    function _watch(Position memory p, uint256 added, uint256 next) private pure returns (uint256 until) {
        bool performing = p.category < uint256(Category.Substandard) && p.state != LoanState.Defaulted;
        uint256 floor = uint256(performing ? Category.SpecialMention : Category.Substandard);
        floor = FixedPointMathLib.max(floor, p.care.floorOf(Floor.Restructured));
        until = FixedPointMathLib.min(next + OBSERVATION_DAYS, MAX_DAY);
        p.category = FixedPointMathLib.max(p.category, floor);
        p.care = p.care.withFloor(Floor.Restructured, floor).withObservation(until, 0).withRestructurings(
            p.care.restructurings() + 1
        ).withUncovered(FixedPointMathLib.min(p.care.uncovered() + added, MAX_MONEY));
    }

    function _tellRestructured(
        uint64 id, Position memory p, IWorkout.NewTerms calldata t, uint256 until, uint24 today, Agreement storage a,
        PersonId checker
    ) private {
        uint256[15] memory words;
        words[0] = t.number;
        words[1] = p.postings;
        words[2] = today;
        words[3] = t.loanType;
        words[4] = t.cycleMonths;
        words[5] = p.rate;
        words[6] = p.maturity;
        words[7] = t.resumeOn;
        words[8] = p.instalment;
        words[9] = p.instalmentAmount;
        words[10] = until;
        words[11] = p.care.floorOf(Floor.Restructured);
        words[12] = uint256(a.proposal);
        words[13] = PersonId.unwrap(a.maker);
        words[14] = PersonId.unwrap(checker);
        bytes32 topic = IWorkout.LoanRestructured.selector;
        assembly ("memory-safe") {
            log2(words, 0x1e0, topic, id)
        }
    }

    function _tellSettled(uint64 id, Position memory p, Settlement memory s, uint24 today) private {
        (s.valueDate, s.principal, s.accrued, s.uncovered) = (today, p.principal, p.accrued, p.care.uncovered());
        bytes32 topic = IWorkout.DebtRestructured.selector;
        assembly ("memory-safe") {
            log2(s, 0x180, topic, id)
        }
    }

    function _passOn(ICreditPolicy policy, Position memory p, uint256 before, uint256 undrawn) private {
        if (p.principal > before) policy.add(Books.keys(p), uint128(p.principal - before));
        else if (p.principal < before) policy.reduce(Books.keys(p), uint128(before - p.principal));
        if (undrawn != 0) policy.unreserve(Books.keys(p), uint128(undrawn));
    }
}
