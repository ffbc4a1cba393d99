// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {FixedPointMathLib} from "solady/src/utils/FixedPointMathLib.sol";
import {ILoanBook} from "../../interfaces/ILoanBook.sol";
import {LoanMath} from "../libraries/LoanMath.sol";
import {LoanCodec} from "../libraries/LoanCodec.sol";
import {Prepayment} from "../libraries/Prepayment.sol";
import {Rounding} from "../libraries/Rounding.sol";
import {DrawnWord} from "../types/DrawnWord.sol";
import {REPAY} from "../types/LoanActs.sol";
import {Position, Split} from "../types/LoanStorage.sol";
import {Books, Ledger} from "./Ledger.sol";
import {Obligations, Spared} from "./Obligations.sol";
import {Servicing} from "./Servicing.sol";
import {Totals} from "./Totals.sol";

/// @dev Payments whose value date lies before the loan's last accrual. The money pays what was
/// due on its value date, then principal; and all that it would have spared from that day on is taken back: interest on the
/// principal it repays, out of what fell due since and what has accrued, and penalty interest on arrears that would not have been.
/// The principal of instalments that fell due meanwhile is not shared out anew.
library BackValue {
    using Books for Ledger;
    using LoanCodec for Position;
    using LoanMath for Position;
    using Prepayment for Position;
    using Totals for Ledger;

    /// @dev What is taken back, exact, in fen x ppb x days; and whole fen of each that are taken out of what is due.
    struct Relief {
        uint256 interest;
        uint256 interestDue;
        uint256 penalty;
        uint256 penaltyDue;
        uint256 cut; // principal that fell due since and is repaid
    }

    /// @return The principal that the caller must take out of the buckets.
    function receiveLate(Ledger storage l, uint64 id, uint256 amount, uint24 valueDate, address payer)
        external
        returns (uint256)
    {
        Position memory p = l.load(id);
        Books.check(id, p, REPAY);
        if (valueDate < p.start) revert ILoanBook.LoanBook_ValueDateBeforeAccrual(id, valueDate, uint24(p.start));
        uint256 owed = payoffAt(l, id, p, valueDate);
        Servicing.checkAmount(id, p, amount, owed, payer);
        uint256 undue = p.principal - p.principalDue;
        bool observed = p.care.observedUntil() != 0 && p.principalDue + p.interestDue != 0;
        (Split memory s, Relief memory r) =
            amount == owed ? _settleWhole(l, id, p, amount, valueDate) : _settlePart(l, id, p, amount, valueDate);
        if (amount == owed) Books.closeIfSettled(p);
        observed = observed && p.due() == 0;
        if (observed) p.care = p.care.withPaymentObserved();
        Books.number(id, p);
        l.store(id, p);
        _tellReceived(id, p, s, r, valueDate, payer);
        if (observed) emit ILoanBook.PaymentObserved(id, uint8(p.care.observedPayments()));
        if (p.principal - p.principalDue < undue) Servicing.keepTerm(l, id, p, uint24(p.accruedThrough));
        Books.tellClosed(id, p, valueDate);
        return s.principal;
    }

    /// @dev No payment repays what was drawn after its value date.
    function _countDrawn(Ledger storage l, uint64 id, uint256 principal, uint256 valueDate) private {
        DrawnWord drawn = l.drawn[id];
        if (DrawnWord.unwrap(drawn) == 0) return;
        uint256 most = drawn.leastSince(valueDate);
        if (principal > most) revert ILoanBook.LoanBook_DrawnSince(id, uint24(valueDate), uint128(principal), uint128(most));
        l.drawn[id] = drawn.withLess(valueDate, principal);
    }

    function _tellReceived(uint64 id, Position memory p, Split memory s, Relief memory r, uint24 valueDate, address payer)
        private
    {
        uint24 through = uint24(p.accruedThrough);
        if (s.prepaymentFee != 0) Servicing.tellPrepaymentFee(id, p, s, through);
        Servicing.tellRepaid(id, p, s, through, payer);
        emit ILoanBook.PaymentBackValued(
            id, uint16(p.postings), valueDate, r.interest, r.penalty, uint128(r.penaltyDue), uint128(p.penaltyDue),
            p.care.penaltyAccrued()
        );
    }

    /// @dev The last payment is known by its amount, and is relieved of everything before it pays.
    function _settleWhole(Ledger storage l, uint64 id, Position memory p, uint256 owed, uint256 valueDate)
        private
        returns (Split memory s, Relief memory r)
    {
        uint256 borne = Obligations.borne(l, id, p, valueDate);
        (r.cut,) = l.fallenAfter(id, p, valueDate);
        _takeInterestBack(l, id, p, r, p.principal, valueDate);
        _takePenaltyBack(id, p, r, borne, valueDate);
        _relieve(l, id, p, r, p.principal, valueDate);
        p.principalDue -= r.cut;
        s = p.pay(owed, owed);
        l.findOldest(id, p);
        _countDrawn(l, id, s.principal, valueDate);
    }

    /// @dev Any other pays first, and is relieved of what it spared.
    function _settlePart(Ledger storage l, uint64 id, Position memory p, uint256 amount, uint256 valueDate)
        private
        returns (Split memory s, Relief memory r)
    {
        uint256 borne = Obligations.borne(l, id, p, valueDate);
        uint256 rest;
        (s, rest) = _payAsOf(l, id, p, r, amount, borne, valueDate);
        _countDrawn(l, id, s.principal, valueDate);
        _takeInterestBack(l, id, p, r, s.principal, valueDate);
        _payRest(p, s, rest);
        _relieve(l, id, p, r, s.principal, valueDate);
        l.findOldest(id, p);
        uint256 left = Obligations.borne(l, id, p, valueDate);
        _takePenaltyBack(id, p, r, FixedPointMathLib.zeroFloorSub(borne, left), valueDate);
    }

    function _relieve(
        Ledger storage l, uint64 id, Position memory p, Relief memory r, uint256 principal, uint256 valueDate
    ) private {
        if (p.oldestDue != 0) Obligations.relieve(l, id, p, Spared(valueDate, principal, r.cut, r.interestDue));
    }

    /// @dev What all principal leaves of a payment pays interest: what fell due since, then what has accrued.
    function _payRest(Position memory p, Split memory s, uint256 rest) private pure {
        uint256 ofDue = FixedPointMathLib.min(rest, p.interestDue);
        s.interest += rest;
        p.interestDue -= ofDue;
        p.accrued -= (rest - ofDue) * p.unit();
    }

    /// @dev Pay what was due on the value date, then principal: what fell due later was not due then.
    /// @return s How it was split. @return rest What is left for interest where it pays all principal.
    function _payAsOf(
        Ledger storage l, uint64 id, Position memory p, Relief memory r, uint256 amount, uint256 borne, uint256 valueDate
    ) private view returns (Split memory s, uint256 rest) {
        (uint256 principal, uint256 interest) = l.fallenAfter(id, p, valueDate);
        uint256 penalty = FixedPointMathLib.min(_penaltyDueOf(p, borne), p.penaltyDue);
        p.principalDue -= principal;
        p.interestDue -= interest;
        p.penaltyDue -= penalty;
        uint256 most = p.interestDue + p.penaltyDue + p.feeDue + p.principal + p.feeOnRest();
        rest = FixedPointMathLib.zeroFloorSub(amount, most);
        s = p.pay(amount - rest, type(uint256).max);
        r.cut = FixedPointMathLib.zeroFloorSub(p.principalDue + principal, p.principal);
        p.principalDue = p.principalDue + principal - r.cut;
        p.interestDue += interest;
        p.penaltyDue += penalty;
    }

    /// @dev What closes the loan on a day before its last accrual; nothing does where some of it was drawn later.
    function payoffAt(Ledger storage l, uint64 id, Position memory p, uint256 valueDate) internal view returns (uint256) {
        uint256 since = l.termsSince(id, p);
        if (valueDate < since) {
            revert ILoanBook.LoanBook_ValueDateBeforeAccrual(id, uint24(valueDate), uint24(since));
        }
        if (p.principal > l.drawn[id].leastSince(valueDate)) return type(uint256).max;
        uint256 unit = p.unit();
        uint256 interest = p.accrued + p.interestDue * unit;
        uint256 penalty = p.care.penaltyAccrued() + p.penaltyDue * unit;
        uint256 spared = p.principal * p.rate * (p.accruedThrough - valueDate);
        uint256 borne = Obligations.borne(l, id, p, valueDate);
        if (interest < spared || penalty < borne) {
            revert ILoanBook.LoanBook_ValueDateBeforeAccrual(id, uint24(valueDate), uint24(p.accruedThrough));
        }
        interest = p.rounded ? (interest - spared) / unit : Rounding.wholeUp(interest - spared, unit);
        (uint256 fallen,) = l.fallenAfter(id, p, valueDate);
        uint256 fee = p.feeOn(p.principal + fallen - p.principalDue);
        return p.principal + p.feeDue + fee + interest + (penalty - borne) / unit;
    }

    /// @dev The interest that principal bore since: what fell due, then what has accrued.
    function _takeInterestBack(
        Ledger storage l, uint64 id, Position memory p, Relief memory r, uint256 principal, uint256 valueDate
    ) private view {
        uint256 unit = p.unit();
        r.interest = principal * p.rate * (p.accruedThrough - valueDate);
        uint256 lastDue = p.instalment == 0 ? 0 : l.fellDueOn(id, p, p.instalment);
        uint256 fen = principal * p.rate * FixedPointMathLib.zeroFloorSub(lastDue, valueDate) / unit;
        fen = FixedPointMathLib.min(fen, p.interestDue);
        fen += Rounding.wholeUp(FixedPointMathLib.zeroFloorSub(r.interest, fen * unit + p.accrued), unit);
        if (fen > p.interestDue) {
            revert ILoanBook.LoanBook_ValueDateBeforeAccrual(id, uint24(valueDate), uint24(p.accruedThrough));
        }
        r.interestDue = fen;
        p.interestDue -= fen;
        p.accrued = p.accrued + fen * unit - r.interest;
    }

    function _takePenaltyBack(uint64 id, Position memory p, Relief memory r, uint256 penalty, uint256 valueDate) private pure {
        r.penalty = penalty;
        r.penaltyDue = _penaltyDueOf(p, penalty);
        if (r.penaltyDue > p.penaltyDue) {
            revert ILoanBook.LoanBook_ValueDateBeforeAccrual(id, uint24(valueDate), uint24(p.accruedThrough));
        }
        p.penaltyDue -= r.penaltyDue;
        p.care = p.care.withPenaltyAccrued(p.care.penaltyAccrued() + r.penaltyDue * p.unit() - penalty);
    }

    /// @dev Of penalty interest, what must have fallen due: all that is not accrued still, in whole fen.
    function _penaltyDueOf(Position memory p, uint256 penalty) private pure returns (uint256) {
        return Rounding.wholeUp(FixedPointMathLib.zeroFloorSub(penalty, p.care.penaltyAccrued()), p.unit());
    }
}
