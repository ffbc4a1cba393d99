// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {ICollateralRegistry} from "../../interfaces/ICollateralRegistry.sol";
import {ICovenantRegistry} from "../../interfaces/ICovenantRegistry.sol";
import {ICreditPolicy} from "../../interfaces/ICreditPolicy.sol";
import {ICustomerRegistry} from "../../interfaces/ICustomerRegistry.sol";
import {IDepositToken} from "../../interfaces/IDepositToken.sol";
import {IGoverned} from "../../interfaces/IGoverned.sol";
import {IGuaranteeRegistry} from "../../interfaces/IGuaranteeRegistry.sol";
import {ILoanBook} from "../../interfaces/ILoanBook.sol";
import {IRatingRegistry} from "../../interfaces/IRatingRegistry.sol";
import {PROPOSAL_DAYS} from "../governance/Governed.sol";
import {BusinessDays} from "../libraries/BusinessDays.sol";
import {LoanCodec} from "../libraries/LoanCodec.sol";
import {LoanMath} from "../libraries/LoanMath.sol";
import {LoanSchedule} from "../libraries/LoanSchedule.sol";
import {Penalty} from "../libraries/Penalty.sol";
import {LoanState} from "../types/Enums.sol";
import {CustomerId, LoanId, PersonId} from "../types/Ids.sol";
import {CareWord} from "../types/CareWord.sol";
import {DrawnWord} from "../types/DrawnWord.sol";
import {Act} from "../types/LoanActs.sol";
import {CategoryTable, MAX_DAY, MAX_MONEY, Position} from "../types/LoanStorage.sol";
import {ProductWord} from "../types/ProductWord.sol";
import {RatesWord} from "../types/RatesWord.sol";
import {ServicingWord} from "../types/ServicingWord.sol";
import {Totals} from "./Totals.sol";

/// @dev The other contracts a loan book works with.
struct Wiring {
    ICreditPolicy policy;
    ICustomerRegistry customers;
    IRatingRegistry ratings;
    ICollateralRegistry collateral;
    IGuaranteeRegistry guarantees;
    IDepositToken token;
    ICovenantRegistry covenants;
}

/// @dev What a customer owes all banks, as last reported.
struct SystemDebt {
    uint104 total;
    uint104 overdue; // for more than 90 days
    uint24 asOf; // zero: never reported
}

/// @dev New terms for a loan: proposed, accepted, carried out.
struct Agreement {
    // slot 0
    bytes32 proposal; // hash of the terms
    // slot 1
    PersonId maker;
    PersonId witness; // who recorded the borrower's acceptance; zero where its own account accepted
    bool accepted;
    uint16 posting; // that carried them out,
    uint24 carriedOutOn; // and its day
    uint64 uncovered; // what restructurings up to this one have added to principal
}

/// @dev The last new terms to which a guarantor consented, and what those before them had added to principal.
struct Consent {
    // slot 0
    bytes32 proposal;
    // slot 1
    uint8 number;
    uint64 covered;
}

/// @dev An act that takes two persons, as the first left it. One slot.
struct Proposal {
    PersonId maker;
    uint24 madeOn;
}

/// @dev All that a loan book keeps.
struct Ledger {
    mapping(uint64 loanId => uint256 word) terms; // word A
    mapping(uint64 loanId => uint256 word) running; // word B
    mapping(uint64 loanId => uint256 word) dues; // word C
    // day in bits 0-15, principal in 16-62, interest in 63-109; key: restructurings in bits 80-87, loan in 16-79, instalment
    // below
    mapping(uint256 loanAndInstalment => uint256 word) obligations;
    // who proposed an act that takes two, and when, by the hash of its arguments
    mapping(bytes32 proposal => Proposal) proposals;
    // one bit a posting, for those reversed and for reversals themselves; key: loan in bits 8-71, posting / 256 below
    mapping(uint256 loanAndPostings => uint256 bits) reversed;
    mapping(uint16 product => ProductWord) products;
    mapping(uint16 number => CategoryTable) categoryTables;
    mapping(uint16 product => ServicingWord) servicing;
    mapping(uint64 loanId => CareWord) cares; // word D
    mapping(uint256 calendarAndYear => uint256 word) closed; // BusinessDays tells the key
    mapping(uint256 unit => int256 word) totals; // Totals tells the layout
    mapping(uint64 loanId => bytes32 termsHash) documents; // of applications that are signed for
    mapping(uint256 indexAndNumber => int256 word) fixings; // Repricing tells the layout
    uint16 currency; // ISO 4217 number of all products with servicing terms
    mapping(uint64 loanId => uint24 day) exempted; // the oldest unpaid day whose delay was found technical
    mapping(uint32 customer => SystemDebt) systemDebts;
    mapping(uint256 loanAndNumber => Agreement) agreements; // key: loan in bits 8-71, number of the restructuring below
    mapping(uint64 guaranteeId => Consent) consents;
    mapping(uint64 loanId => DrawnWord) drawn; // of loans drawn on again
    mapping(uint64 loanId => RatesWord) rates; // of loans that were repriced
    // the relief of a floor, or of misuse, proposed since the last finding on it; key: loan in bits 8-71, floor below, misuse
    // after the last floor
    mapping(uint256 loanAndFloor => bytes32 proposal) reliefs;
}

/// @dev What every posting does: load, let due dates pass, write once.
library Books {
    using LoanCodec for Position;
    using LoanMath for Position;
    using LoanSchedule for Position;
    using Penalty for Position;
    using Totals for Ledger;

    // ------------------------------------------------------------------ storage
    function load(Ledger storage l, uint64 id) internal view returns (Position memory p) {
        loadInto(l, id, p);
    }

    /// @dev Load over a loan that is no longer needed.
    function loadInto(Ledger storage l, uint64 id, Position memory p) internal view {
        uint256 terms = l.terms[id];
        if (terms == 0) revert ILoanBook.LoanBook_Unknown(id);
        p.unpackTerms(terms);
        uint256 running = l.running[id];
        p.unpackRunning(running);
        p.unpackDues(LoanCodec.hasDues(running) ? l.dues[id] : 0);
        p.care = p.wordD = CareWord.wrap(0);
        p.servicing = ServicingWord.wrap(0);
        if (!p.isSpecial()) return;
        if (p.isServed()) p.servicing = l.servicing[uint16(p.product)];
        if (p.isCared()) p.care = p.wordD = l.cares[id];
    }

    /// @dev Refuse an act that may not start from the state the loan was loaded in.
    function check(uint64 id, Position memory p, Act act) internal pure {
        if (!allows(p, act)) revert ILoanBook.LoanBook_WrongState(id, uint8(p.state));
    }

    function allows(Position memory p, Act act) internal pure returns (bool) {
        return (Act.unwrap(act) >> p.loadedRow()) & type(uint16).max != 0;
    }

    function isLive(Position memory p) internal pure returns (bool) {
        return p.state == LoanState.Active || p.state == LoanState.Defaulted;
    }

    function product(Ledger storage l, uint16 number_) internal view returns (ProductWord terms) {
        terms = l.products[number_];
        if (!terms.isSet()) revert ILoanBook.LoanBook_ProductInvalid(number_);
    }

    /// @dev Close where nothing is owed and nothing can be drawn any more; with a written-off claim alone left, the loan is
    /// written off.
    function closeIfSettled(Position memory p) internal pure {
        if (p.undrawn != 0 || p.payoff() != 0) return;
        p.accrued = 0;
        p.state = LoanState.WrittenOff;
        if (p.writtenOff != 0) return;
        p.state = LoanState.Repaid;
        p.care = p.care.withPenaltyAccrued(0);
    }

    function tellClosed(uint64 id, Position memory p, uint24 valueDate) internal {
        if (p.state == LoanState.Repaid) emit ILoanBook.LoanClosed(id, valueDate);
    }

    /// @dev Write the balances back; the caller counts what moved in the totals.
    function storeBalances(Ledger storage l, uint64 id, Position memory p) internal {
        if (CareWord.unwrap(p.care) != CareWord.unwrap(p.wordD)) _storeCare(l, id, p);
        uint256 dues = p.packDues();
        if (dues != p.wordC) l.dues[id] = dues;
        uint256 running = p.packRunning(dues != 0);
        if (running != p.wordB) l.running[id] = running;
    }

    function _storeCare(Ledger storage l, uint64 id, Position memory p) private {
        l.cares[id] = p.care;
        if (p.isCared()) return;
        p.markCared();
        l.terms[id] = p.packTerms();
    }

    /// @dev Write back what changed, and count what moved in the totals.
    function store(Ledger storage l, uint64 id, Position memory p) internal {
        write(l, id, p);
        l.count(p);
    }

    /// @dev Write back what changed; the caller counts what moved in the totals.
    function write(Ledger storage l, uint64 id, Position memory p) internal {
        storeBalances(l, id, p);
        uint256 terms = p.packTerms();
        if (terms != p.wordA) l.terms[id] = terms;
    }

    /// @dev Number a posting.
    function number(uint64 id, Position memory p) internal pure {
        if (p.postings == type(uint16).max) revert ILoanBook.LoanBook_PostingsExhausted(id, uint16(p.postings));
        unchecked {
            ++p.postings;
        }
    }

    // ------------------------------------------------------------------ time
    /// @dev Let due dates up to a day pass and accrue to it. An instalment that `payment`, made on its due date, covers
    /// whole falls due and is paid in one posting; every other is told and remembered as an obligation.
    function advance(Ledger storage l, uint64 id, Position memory p, uint256 day, uint256 payment) internal {
        checkDay(id, p, day);
        passDueDates(l, id, p, day, payment);
        p.accrue(day);
        chargePenalty(id, p);
    }

    /// @dev Whole fen of penalty interest fall due with every posting and every classification.
    function chargePenalty(uint64 id, Position memory p) internal {
        if (CareWord.unwrap(p.care) == CareWord.unwrap(p.wordD)) return;
        uint256 whole = p.fallDuePenalty();
        emit ILoanBook.PenaltyFellDue(
            id, uint24(p.accruedThrough), uint128(whole), uint128(p.penaltyDue), p.care.penaltyAccrued()
        );
    }

    /// @dev The next due date, on a business day of the product's calendar; zero where the last has passed or the loan was
    /// called.
    function nextDue(Ledger storage l, Position memory p) internal view returns (uint256) {
        return p.care.isCalled() ? 0 : dueDate(l, p, p.instalment + 1);
    }

    function dueDate(Ledger storage l, Position memory p, uint256 instalment) internal view returns (uint256 day) {
        day = p.dueDate(instalment);
        if (day == 0 || !p.servicing.isSet()) return day;
        return BusinessDays.shift(l.closed, p.servicing.calendar(), p.servicing.businessDayRule(), day);
    }

    /// @dev The day that a passed instalment fell due on: as it is remembered, for a call makes one fall due on no date of the
    /// schedule; otherwise by the schedule.
    function fellDueOn(Ledger storage l, uint64 id, Position memory p, uint256 instalment) internal view returns (uint256 day) {
        day = l.obligations[obligationKey(id, p, instalment)] & MAX_DAY;
        if (day == 0) day = dueDate(l, p, instalment);
    }

    function checkDay(uint64 id, Position memory p, uint256 day) internal pure {
        if (day < p.accruedThrough) {
            revert ILoanBook.LoanBook_ValueDateBeforeAccrual(id, uint24(day), uint24(p.accruedThrough));
        }
    }

    function passDueDates(Ledger storage l, uint64 id, Position memory p, uint256 day, uint256 payment) internal {
        if (!p.mayFallDue(day)) return;
        for (uint256 due = nextDue(l, p); due != 0 && due <= day; due = nextDue(l, p)) {
            bool clean = p.principalDue + p.interestDue == 0;
            (uint256 principal, uint256 interest) = p.fallDue(due);
            if (clean && due == day && payment != 0 && payment >= p.due()) continue;
            if (principal + interest != 0) {
                if (clean) p.oldestDue = due;
                l.obligations[obligationKey(id, p, p.instalment)] = due | (principal << 16) | (interest << 63);
            }
            tellFallen(id, p, due, principal, interest);
        }
    }

    /// @dev Instalments are numbered anew by each restructuring, so that none is taken for an older one.
    function obligationKey(uint64 id, Position memory p, uint256 instalment) internal pure returns (uint256) {
        return obligationKey(id, p.care.restructurings(), instalment);
    }

    function obligationKey(uint64 id, uint256 restructurings, uint256 instalment) internal pure returns (uint256) {
        return (restructurings << 80) | (uint256(id) << 16) | instalment;
    }

    /// @dev The day from which the loan's present terms hold: of its last repricing or restructuring, or zero. A restructured loan
    /// is not repriced any more.
    function termsSince(Ledger storage l, uint64 id, Position memory p) internal view returns (uint256) {
        uint256 last = p.care.restructurings();
        return last == 0 ? p.care.repricedOn() : l.agreements[agreementKey(id, last)].carriedOutOn;
    }

    function agreementKey(uint64 id, uint256 number_) internal pure returns (uint256) {
        return (uint256(id) << 8) | number_;
    }

    function tellFallen(uint64 id, Position memory p, uint256 due, uint256 principal, uint256 interest) internal {
        emit ILoanBook.InstalmentFellDue(
            id, uint16(p.instalment), uint24(due), uint128(principal), uint128(interest), uint128(p.principalDue),
            uint128(p.interestDue), uint24(p.oldestDue), p.accrued
        );
    }

    /// @dev The day of the oldest obligation not paid whole. Payments clear the oldest first, so what is still due lies in
    /// the newest obligations: go back from the newest until they hold all that is due. Where they never do, part of an
    /// opening book's arrears is unpaid and its day stands.
    function findOldest(Ledger storage l, uint64 id, Position memory p) internal view {
        if (p.principalDue + p.interestDue == 0) {
            p.oldestDue = 0;
            return;
        }
        uint256 principal;
        uint256 interest;
        for (uint256 i = p.instalment; i != 0; --i) {
            uint256 word = l.obligations[obligationKey(id, p, i)];
            if (word == 0) continue;
            principal += (word >> 16) & MAX_MONEY;
            interest += word >> 63;
            if (principal < p.principalDue || interest < p.interestDue) continue;
            p.oldestDue = word & MAX_DAY;
            return;
        }
    }

    /// @dev Of what is due and unpaid, what fell due after a day: payments clear the oldest first.
    function fallenAfter(Ledger storage l, uint64 id, Position memory p, uint256 day)
        internal
        view
        returns (uint256 principal, uint256 interest)
    {
        for (uint256 i = p.instalment; i != 0; --i) {
            uint256 word = l.obligations[obligationKey(id, p, i)];
            if (word == 0) continue;
            if (word & MAX_DAY <= day) break;
            principal += (word >> 16) & MAX_MONEY;
            interest += word >> 63;
        }
        principal = principal < p.principalDue ? principal : p.principalDue;
        interest = interest < p.interestDue ? interest : p.interestDue;
    }

    /// @dev The day by which instalments are overdue: those before the business day.
    function passOverdue(Ledger storage l, uint64 id, Position memory p, uint24 today) internal {
        if (today > p.accruedThrough) passDueDates(l, id, p, today - 1, 0);
        chargePenalty(id, p);
    }

    function daysPastDue(Position memory p, uint256 today) internal pure returns (uint24) {
        return p.oldestDue == 0 || p.oldestDue > today ? 0 : uint24(today - p.oldestDue);
    }

    // ------------------------------------------------------------------ four eyes
    /// @dev In place of the same proposed before, whose days it counts anew.
    function propose(Ledger storage l, uint64 id, bytes32 proposal, uint24 today, PersonId maker) internal {
        l.proposals[proposal] = Proposal(maker, today);
        emit ILoanBook.Proposed(id, proposal, today, PersonId.unwrap(maker));
    }

    /// @dev Use up a proposal made by another person, while it lasts.
    function consume(Ledger storage l, uint64 id, bytes32 proposal, uint24 today, PersonId checker)
        internal
        returns (PersonId maker)
    {
        Proposal memory made = l.proposals[proposal];
        maker = made.maker;
        if (PersonId.unwrap(maker) == 0) revert ILoanBook.LoanBook_NotProposed(id);
        uint24 last = made.madeOn + PROPOSAL_DAYS;
        if (today > last) revert ILoanBook.LoanBook_ProposalExpired(id, last, today);
        differs(maker, checker);
        delete l.proposals[proposal];
    }

    function differs(PersonId maker, PersonId checker) internal pure {
        if (maker == checker) revert IGoverned.Governed_SamePerson(PersonId.unwrap(checker));
    }

    /// @dev A posting with a past value date needs a second signer who allowed it; use that up.
    function useAuthorisation(Ledger storage l, bytes32 posting, uint24 valueDate, uint24 today) internal {
        bytes32 key = authorisation(posting, valueDate);
        if (PersonId.unwrap(l.proposals[key].maker) == 0) {
            revert ILoanBook.LoanBook_BackValueNotAuthorised(valueDate, today);
        }
        delete l.proposals[key];
    }

    function authorisation(bytes32 posting, uint24 valueDate) internal pure returns (bytes32) {
        return keccak256(abi.encode("authorised", posting, valueDate));
    }

    /// @dev Bound to who will post, so that a stranger's payment can neither use it nor spoil it.
    function postingHash(uint64 id, address account) internal pure returns (bytes32) {
        return keccak256(abi.encode(id, account));
    }

    function keys(Position memory p) internal pure returns (ICreditPolicy.Keys memory) {
        return ICreditPolicy.Keys({customer: CustomerId.wrap(uint32(p.customer)), industry: p.industry, region: p.region});
    }

    function raw(LoanId loanId) internal pure returns (uint64) {
        return LoanId.unwrap(loanId);
    }
}
