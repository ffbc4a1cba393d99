// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {FixedPointMathLib} from "solady/src/utils/FixedPointMathLib.sol";
import {ILoanBook} from "../../interfaces/ILoanBook.sol";
import {LoanMath} from "../libraries/LoanMath.sol";
import {LoanCodec} from "../libraries/LoanCodec.sol";
import {Penalty} from "../libraries/Penalty.sol";
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
/// principal it repays, from what has accrued and then from what is due, and penalty interest on the arrears it clears. The
/// principal of instalments that fell due meanwhile is not shared out anew.
library BackValue {
    using Books for Ledger;
    using LoanCodec for Position;
    using LoanMath for Position;
    using Penalty for Position;
    using Prepayment for Position;
    using Totals for Ledger;

    /// @dev What is taken back, exact, in fen x ppb x days; and whole fen of penalty interest taken out of what is due.
    struct Relief {
        uint256 interest;
        uint256 fallenDue; // of the interest, what had fallen due since, in whole fen
        uint256 penalty;
        uint256 penaltyDue;
        uint256 interestDue; // of the interest, what is taken out of what is due
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
        (Split memory s, Relief memory r) = _settle(l, id, p, amount, owed, valueDate);
        if (p.oldestDue != 0) {
            Obligations.relieve(l, id, p, Spared(valueDate, s.principal, r.cut, r.interestDue));
            l.findOldest(id, p);
        }
        if (amount == owed) Books.closeIfSettled(p);
        Books.number(id, p);
        l.store(id, p);
        _tellReceived(id, p, s, r, valueDate, payer);
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

    /// @dev The last payment is known by its amount, and is relieved of everything before it pays; any other afterwards.
    function _settle(Ledger storage l, uint64 id, Position memory p, uint256 amount, uint256 owed, uint256 valueDate)
        private
        returns (Split memory s, Relief memory r)
    {
        uint256 daily = p.overdueDaily();
        if (amount == owed) {
            r = _relief(l, id, p, p.principal, daily, valueDate);
            _takeBack(id, p, r, valueDate);
            s = p.pay(amount, owed);
            _countDrawn(l, id, s.principal, valueDate);
            return (s, r);
        }
        uint256 rest;
        uint256 cut;
        (s, rest, cut) = _payAsOf(l, id, p, amount, valueDate);
        _countDrawn(l, id, s.principal, valueDate);
        daily = FixedPointMathLib.zeroFloorSub(daily, p.overdueDaily());
        r = _relief(l, id, p, s.principal, daily, valueDate);
        r.cut = cut;
        _takeBack(id, p, r, valueDate);
        _payRest(p, s, rest);
    }

    /// @dev What all principal leaves of a payment pays interest, and at the last the fen of penalty interest that was taken for
    /// one fallen due since.
    function _payRest(Position memory p, Split memory s, uint256 rest) private pure {
        uint256 ofDue = FixedPointMathLib.min(rest, p.interestDue);
        uint256 ofAccrued = FixedPointMathLib.min(rest - ofDue, p.accrued / p.unit());
        uint256 penalty = rest - ofDue - ofAccrued;
        s.interest += ofDue + ofAccrued;
        s.penalty += penalty;
        p.interestDue -= ofDue;
        p.accrued -= ofAccrued * p.unit();
        p.penaltyDue -= penalty;
    }

    /// @dev Pay what was due on the value date, then principal: what fell due later was not due then.
    /// @return s How it was split. @return rest What is left for interest where it pays all principal. @return cut Of what fell
    /// due later, the principal that it repays.
    function _payAsOf(Ledger storage l, uint64 id, Position memory p, uint256 amount, uint256 valueDate)
        private
        view
        returns (Split memory s, uint256 rest, uint256 cut)
    {
        (uint256 principal, uint256 interest) = l.fallenAfter(id, p, valueDate);
        uint256 penalty = Rounding.wholeUp(p.overdueDaily() * _overdueDays(p, valueDate), p.unit());
        penalty = FixedPointMathLib.min(penalty, p.penaltyDue);
        p.principalDue -= principal;
        p.interestDue -= interest;
        p.penaltyDue -= penalty;
        uint256 most = p.interestDue + p.penaltyDue + p.feeDue + p.principal + p.feeOnRest();
        rest = FixedPointMathLib.zeroFloorSub(amount, most);
        s = p.pay(amount - rest, type(uint256).max);
        cut = FixedPointMathLib.zeroFloorSub(p.principalDue + principal, p.principal);
        p.principalDue = p.principalDue + principal - cut;
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
        Relief memory r = _relief(l, id, p, p.principal, p.overdueDaily(), valueDate);
        uint256 unit = p.unit();
        uint256 interest = p.accrued + p.interestDue * unit;
        uint256 penalty = p.care.penaltyAccrued() + p.penaltyDue * unit;
        if (interest < r.interest || penalty < r.penalty) {
            revert ILoanBook.LoanBook_ValueDateBeforeAccrual(id, uint24(valueDate), uint24(p.accruedThrough));
        }
        interest = p.rounded ? (interest - r.interest) / unit : Rounding.wholeUp(interest - r.interest, unit);
        return p.principal + p.feeDue + p.feeOnRest() + interest + (penalty - r.penalty) / unit;
    }

    function _relief(
        Ledger storage l, uint64 id, Position memory p, uint256 principal, uint256 overdueDaily, uint256 valueDate
    ) private view returns (Relief memory r) {
        r.interest = principal * p.rate * (p.accruedThrough - valueDate);
        uint256 lastDue = p.instalment == 0 ? 0 : l.fellDueOn(id, p, p.instalment);
        r.fallenDue = principal * p.rate * FixedPointMathLib.zeroFloorSub(lastDue, valueDate) / p.unit();
        r.penalty = overdueDaily * _overdueDays(p, valueDate);
    }

    /// @dev For how many days since then overdue amounts have borne penalty interest.
    function _overdueDays(Position memory p, uint256 valueDate) private pure returns (uint256) {
        if (p.oldestDue == 0) return 0;
        uint256 from = FixedPointMathLib.max(valueDate, p.oldestDue + p.servicing.graceDays());
        return FixedPointMathLib.zeroFloorSub(p.accruedThrough, from);
    }

    function _takeBack(uint64 id, Position memory p, Relief memory r, uint256 valueDate) private pure {
        uint256 unit = p.unit();
        uint256 fen = FixedPointMathLib.min(r.fallenDue, p.interestDue);
        fen += Rounding.wholeUp(FixedPointMathLib.zeroFloorSub(r.interest - fen * unit, p.accrued), unit);
        uint256 accrued = p.care.penaltyAccrued();
        r.penaltyDue = Rounding.wholeUp(FixedPointMathLib.zeroFloorSub(r.penalty, accrued), unit);
        if (fen > p.interestDue || r.penaltyDue > p.penaltyDue) {
            revert ILoanBook.LoanBook_ValueDateBeforeAccrual(id, uint24(valueDate), uint24(p.accruedThrough));
        }
        p.interestDue -= fen;
        r.interestDue = fen;
        p.accrued = p.accrued + fen * unit - r.interest;
        p.penaltyDue -= r.penaltyDue;
        p.care = p.care.withPenaltyAccrued(accrued + r.penaltyDue * unit - r.penalty);
    }
}
