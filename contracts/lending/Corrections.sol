// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {FixedPointMathLib} from "solady/src/utils/FixedPointMathLib.sol";
import {ILoanBook} from "../../interfaces/ILoanBook.sol";
import {ILoanTerms} from "../../interfaces/ILoanTerms.sol";
import {known} from "../governance/Known.sol";
import {LoanCodec} from "../libraries/LoanCodec.sol";
import {LoanMath} from "../libraries/LoanMath.sol";
import {LoanSchedule} from "../libraries/LoanSchedule.sol";
import {Penalty} from "../libraries/Penalty.sol";
import {Prepayment} from "../libraries/Prepayment.sol";
import {Rounding} from "../libraries/Rounding.sol";
import {DrawnWord} from "../types/DrawnWord.sol";
import {LoanState, PostingKind} from "../types/Enums.sol";
import {PersonId} from "../types/Ids.sol";
import {Act, REVERSE_CHARGE, REVERSE_DRAWDOWN, REVERSE_PAYMENT} from "../types/LoanActs.sol";
import {MAX_ACCRUED, MAX_MONEY, Position} from "../types/LoanStorage.sol";
import {RatesWord} from "../types/RatesWord.sol";
import {Books, Ledger, Proposal, Wiring} from "./Ledger.sol";
import {Obligations, Spared} from "./Obligations.sol";
import {Quality} from "./Quality.sol";

/// @dev Back-valued postings and reversals. A posting's amounts are told again by its reversal and vouched for by two
/// persons; whoever reads the events holds them equal to the posting named.
library Corrections {
    using Books for Ledger;
    using LoanCodec for Position;
    using LoanMath for Position;
    using LoanSchedule for Position;
    using Penalty for Position;
    using Prepayment for Position;

    // ------------------------------------------------------------------ back value
    function proposeBackValue(Ledger storage l, bytes32 posting, uint24 valueDate, uint24 today, PersonId maker) external {
        l.propose(0, _backValueHash(posting, valueDate), today, maker);
    }

    /// @dev A permission needs no day of its own: its value date soon lies too far back.
    function authoriseBackValue(Ledger storage l, bytes32 posting, uint24 valueDate, uint24 today, PersonId checker) external {
        PersonId maker = l.consume(0, _backValueHash(posting, valueDate), today, checker);
        l.proposals[Books.authorisation(posting, valueDate)] = Proposal(checker, today);
        emit ILoanBook.BackValueAuthorised(posting, valueDate, PersonId.unwrap(maker), PersonId.unwrap(checker));
    }

    function _backValueHash(bytes32 posting, uint24 valueDate) private pure returns (bytes32) {
        return keccak256(abi.encode("back-value", posting, valueDate));
    }

    // ------------------------------------------------------------------ reversal
    function proposeReversal(Ledger storage l, ILoanBook.Reversal calldata r, uint24 today, PersonId maker) external {
        uint64 id = Books.raw(r.loanId);
        _checkReversible(l, id, l.load(id), r, today);
        l.propose(id, _reversalHash(r), today, maker);
    }

    function reverse(Ledger storage l, Wiring calldata w, ILoanBook.Reversal calldata r, uint24 today, PersonId checker)
        external
    {
        uint64 id = Books.raw(r.loanId);
        Position memory p = l.load(id);
        _checkReversible(l, id, p, r, today);
        PersonId maker = l.consume(id, _reversalHash(r), today, checker);
        bool reopens = p.state == LoanState.Repaid;
        l.advance(id, p, today, 0);
        uint256 restored;
        if (_is(r, PostingKind.Payment)) _takePaymentBack(l, id, p, r, today);
        else if (_is(r, PostingKind.Drawdown)) restored = _takeDrawdownBack(l, id, p, r, today);
        else _takeChargeBack(id, p, r);
        l.findOldest(id, p);
        Books.number(id, p);
        _mark(l, id, r.posting);
        _mark(l, id, p.postings);
        l.store(id, p);
        _tellReversed(id, p, r, today);
        _tellSettled(id, p, r, maker, checker);
        if (r.prepaymentFee != 0) _tellDropped(id, p, r, today);
        Books.tellClosed(id, p, today);
        _passOn(w, p, r, restored);
        if (reopens) Quality.announce(w, id, p);
    }

    function _checkReversible(Ledger storage l, uint64 id, Position memory p, ILoanBook.Reversal calldata r, uint24 today)
        private
        view
    {
        Books.check(id, p, _actOf(PostingKind(known(r.kind, uint8(type(PostingKind).max)))));
        // Before a restructuring other terms held, and what was due then has become principal.
        uint256 last = p.care.restructurings();
        if (last != 0 && r.posting <= l.agreements[Books.agreementKey(id, last)].posting) {
            revert ILoanBook.LoanBook_NotReversible(id, r.posting);
        }
        bool exists = r.posting != 0 && r.posting <= p.postings && !isReversed(l, id, r.posting);
        if (!exists || r.valueDate < p.start || r.valueDate > today) {
            revert ILoanBook.LoanBook_NotReversible(id, r.posting);
        }
        uint256 since = l.rates[id].knownSince();
        if (r.valueDate < since) revert ILoanTerms.LoanBook_RateForgotten(id, r.valueDate, uint24(since));
        uint256 amount = uint256(r.principal) + r.interest + r.penalty + r.fee;
        if (amount == 0 || amount > MAX_MONEY) revert ILoanBook.LoanBook_AmountInvalid(id, amount, MAX_MONEY);
    }

    function _is(ILoanBook.Reversal calldata r, PostingKind kind) private pure returns (bool) {
        return r.kind == uint8(kind);
    }

    function _actOf(PostingKind kind) private pure returns (Act) {
        if (kind == PostingKind.Payment) return REVERSE_PAYMENT;
        return kind == PostingKind.Drawdown ? REVERSE_DRAWDOWN : REVERSE_CHARGE;
    }

    /// @dev The money is owed again: what had fallen due on its old day, the rest as principal and accrued interest; and the
    /// interest that the payment had stopped is accrued, at the rates of the days. What it was charged for principal paid before its
    /// time is owed no more, and an instalment that kept the term is fixed anew. A reopened loan rounds up once more when it closes again.
    function _takePaymentBack(Ledger storage l, uint64 id, Position memory p, ILoanBook.Reversal calldata r, uint24 today) private {
        if (p.state == LoanState.Repaid) {
            p.state = LoanState.Active;
            p.rounded = false;
        }
        bool over = l.nextDue(p) == 0;
        uint256 early = r.principal - FixedPointMathLib.min(r.principalDue, r.principal);
        if (r.prepaymentFee > r.fee || r.prepaymentFee > p.feeOn(early)) {
            revert ILoanBook.LoanBook_NotReversible(id, r.posting);
        }
        if (r.principalDue > r.principal || r.interestDue > r.interest || (over && r.principalDue != r.principal)) {
            revert ILoanBook.LoanBook_NotReversible(id, r.posting);
        }
        _checkRoom(id, p.principal + p.undrawn, r.principal);
        _checkRoom(id, p.interestDue, r.interestDue);
        _checkRoom(id, p.penaltyDue, r.penalty);
        _checkRoom(id, p.feeDue, r.fee - r.prepaymentFee);
        RatesWord rates = l.rates[id];
        bool late = r.principalDue + r.interestDue != 0;
        if (late) _oweAgain(l, id, p, r);
        uint256 borne = late ? p.overdueSince(rates, r.valueDate) : 0;
        p.principal += r.principal;
        p.principalDue += r.principalDue;
        p.interestDue += r.interestDue;
        p.penaltyDue += r.penalty;
        p.feeDue += r.fee - r.prepaymentFee;
        p.accrued += uint256(r.principal) * rates.sumOver(p.rate, r.valueDate, today) + (r.interest - r.interestDue) * p.unit();
        if (p.accrued > MAX_ACCRUED) p.accrued = MAX_ACCRUED;
        if (early != 0 && !over && p.servicing.keepsTerm()) p.fixInstalment();
        if (!late) return;
        p.restore(FixedPointMathLib.zeroFloorSub(p.overdueSince(rates, r.valueDate), borne));
        Books.chargePenalty(id, p);
    }

    /// @dev Where the instalment had been paid in the posting that it fell due in, it becomes an obligation now.
    function _oweAgain(Ledger storage l, uint64 id, Position memory p, ILoanBook.Reversal calldata r) private {
        uint256 key = Books.obligationKey(id, p, r.instalment);
        uint256 day = r.instalment == 0 || r.instalment > p.instalment ? 0 : l.fellDueOn(id, p, r.instalment);
        if (day == 0 || day > r.valueDate) revert ILoanBook.LoanBook_NotReversible(id, r.posting);
        if (l.obligations[key] == 0) {
            l.obligations[key] = day | (uint256(r.principalDue) << 16) | (uint256(r.interestDue) << 63);
        }
        if (p.oldestDue == 0 || day < p.oldestDue) p.oldestDue = day;
    }

    /// @dev The money was never lent: its interest goes too, from what is accrued and then from what is due. What may still
    /// be drawn grows again while the approval lasts. Money that was repaid before the loan was drawn on again is not there.
    function _takeDrawdownBack(Ledger storage l, uint64 id, Position memory p, ILoanBook.Reversal calldata r, uint24 today)
        private
        returns (uint256 restored)
    {
        bool only = uint256(r.interest) + r.penalty + r.fee + r.prepaymentFee == 0;
        DrawnWord drawn = l.drawn[id];
        uint256 most = FixedPointMathLib.min(p.principal - p.principalDue, drawn.leastSince(r.valueDate));
        if (!only || r.principal > most) revert ILoanBook.LoanBook_NotReversible(id, r.posting);
        l.drawn[id] = drawn.withLess(r.valueDate, r.principal);
        uint256 excess = uint256(r.principal) * l.rates[id].sumOver(p.rate, r.valueDate, today);
        if (excess > p.accrued) {
            uint256 fen = Rounding.wholeUp(excess - p.accrued, p.unit());
            if (fen > p.interestDue) revert ILoanBook.LoanBook_NotReversible(id, r.posting);
            p.interestDue -= fen;
            p.accrued += fen * p.unit();
            Obligations.relieve(l, id, p, Spared(r.valueDate, r.principal, 0, fen));
        }
        p.accrued -= excess;
        p.principal -= r.principal;
        if (today <= p.availableUntil) restored = r.principal;
        p.undrawn += restored;
        if (p.dueDate(p.instalment + 1) != 0) p.fixInstalment();
        Books.closeIfSettled(p);
    }

    function _takeChargeBack(uint64 id, Position memory p, ILoanBook.Reversal calldata r) private pure {
        bool only = uint256(r.principal) + r.interest + r.prepaymentFee == 0;
        if (!only || r.fee > p.feeDue || r.penalty > p.penaltyDue) revert ILoanBook.LoanBook_NotReversible(id, r.posting);
        p.feeDue -= r.fee;
        p.penaltyDue -= r.penalty;
        Books.closeIfSettled(p);
    }

    function _checkRoom(uint64 id, uint256 have, uint256 more) private pure {
        if (have + more > MAX_MONEY) revert ILoanBook.LoanBook_AmountInvalid(id, more, MAX_MONEY - have);
    }

    function _tellReversed(uint64 id, Position memory p, ILoanBook.Reversal calldata r, uint24 today) private {
        emit ILoanBook.PostingReversed(
            id, r.posting, uint16(p.postings), today, r.principal, r.interest, r.penalty, r.fee, uint128(p.principal),
            p.accrued, uint128(p.principalDue), uint128(p.interestDue)
        );
    }

    function _tellSettled(uint64 id, Position memory p, ILoanBook.Reversal calldata r, PersonId maker, PersonId checker) private {
        emit ILoanBook.ReversalSettled(
            id, r.posting, r.kind, r.account, uint128(p.undrawn), uint128(p.instalmentAmount), uint24(p.oldestDue),
            uint8(p.state), PersonId.unwrap(maker), PersonId.unwrap(checker)
        );
    }

    function _tellDropped(uint64 id, Position memory p, ILoanBook.Reversal calldata r, uint24 today) private {
        emit ILoanBook.PrepaymentFeeDropped(
            id, r.posting, uint16(p.postings), today, r.prepaymentFee, uint128(p.feeDue)
        );
    }

    /// @dev Tell the buckets and the token.
    function _passOn(Wiring calldata w, Position memory p, ILoanBook.Reversal calldata r, uint256 restored) private {
        if (_is(r, PostingKind.Payment)) {
            if (r.principal != 0) w.policy.add(Books.keys(p), r.principal);
            uint128 amount = r.principal + r.interest + r.penalty + r.fee;
            if (r.account != address(0)) w.token.reversePayment(r.account, amount);
        } else if (_is(r, PostingKind.Drawdown)) {
            if (restored != 0) w.policy.restore(Books.keys(p), r.principal);
            else w.policy.reduce(Books.keys(p), r.principal);
            if (r.account != address(0)) w.token.reverseDrawdown(r.loanId, r.account, r.principal);
        }
    }

    function _reversalHash(ILoanBook.Reversal calldata r) private pure returns (bytes32) {
        return keccak256(abi.encode("reversal", r));
    }

    function _mark(Ledger storage l, uint64 id, uint256 posting) private {
        l.reversed[(uint256(id) << 8) | (posting >> 8)] |= 1 << (posting & 0xff);
    }

    function isReversed(Ledger storage l, uint64 id, uint256 posting) internal view returns (bool) {
        return l.reversed[(uint256(id) << 8) | (posting >> 8)] & (1 << (posting & 0xff)) != 0;
    }
}
