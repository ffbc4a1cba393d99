// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {FixedPointMathLib} from "solady/src/utils/FixedPointMathLib.sol";
import {LoanType, Waterfall} from "../types/Enums.sol";
import {MAX_ACCRUED, MAX_MONEY, Position, Split} from "../types/LoanStorage.sol";
import {Annuity} from "./Annuity.sol";
import {LoanCodec} from "./LoanCodec.sol";
import {LoanSchedule} from "./LoanSchedule.sol";
import {Penalty} from "./Penalty.sol";
import {Prepayment} from "./Prepayment.sol";
import {Rounding} from "./Rounding.sol";

/// @title What a loan owes, and what a payment pays
/// @notice Interest accrues as the exact integer fen x ppb x days. What falls due is rounded down and the residue carried;
/// once in a loan's life, when its last instalment falls due or it is paid off, interest is rounded up.
/// @dev Unchecked throughout: every field is at most 92 bits wide, so that no sum or product here reaches 256 bits, and
/// what is subtracted is a part, by `min` or by division, of what it is subtracted from.
library LoanMath {
    using LoanCodec for Position;
    using LoanSchedule for Position;
    using Penalty for Position;
    using Prepayment for Position;

    // ------------------------------------------------------------------ accrual
    /// @dev Accrue to a day. Accruing twice is accruing once. A full register stops growing rather than block a payment.
    function accrue(Position memory p, uint256 day) internal pure {
        unchecked {
            if (day <= p.accruedThrough) return;
            uint256 accrued = p.accrued + p.principal * p.rate * (day - p.accruedThrough);
            p.accrued = accrued < MAX_ACCRUED ? accrued : MAX_ACCRUED;
            if (p.servicing.isSet()) p.accruePenalty(day);
            p.accruedThrough = day;
        }
    }

    /// @dev Interest accrued and not due, in whole fen, as the last payment must settle it.
    function accruedUp(Position memory p) internal pure returns (uint256) {
        return p.rounded ? p.accrued / p.unit() : Rounding.wholeUp(p.accrued, p.unit());
    }

    // ------------------------------------------------------------------ falling due
    /// @dev Fix an annuity's instalment on what is not yet due over the instalments that remain.
    function fixInstalment(Position memory p) internal pure {
        if (p.loanType() != LoanType.Annuity) return;
        uint256 cycle = p.cycleMonths();
        uint256 remaining = p.instalments() - p.instalment;
        uint256 amount = cycle == 0 || remaining == 0
            ? 0
            : Annuity.instalmentUp(p.principal - p.principalDue, int256(p.rate), cycle, remaining);
        p.instalmentAmount = FixedPointMathLib.min(amount, MAX_MONEY);
    }

    /// @dev Let the next instalment fall due on its day.
    function fallDue(Position memory p, uint256 day) internal pure returns (uint256 principal, uint256 interest) {
        unchecked {
            accrue(p, day);
            return _fall(p, p.servicing.isSet() ? p.instalment + 1 == p.instalments() : day == p.maturity);
        }
    }

    /// @dev Let all that is left fall due at once, on the day the loan is accrued to.
    function fallDueWhole(Position memory p) internal pure returns (uint256 principal, uint256 interest) {
        return _fall(p, true);
    }

    function _fall(Position memory p, bool last) private pure returns (uint256 principal, uint256 interest) {
        unchecked {
            if (last) _roundUp(p);
            uint256 unit = p.unit();
            interest = FixedPointMathLib.min(p.accrued / unit, MAX_MONEY - p.interestDue);
            p.accrued -= interest * unit;
            principal = _principalFalling(p, last, interest);
            p.principalDue += principal;
            p.interestDue += interest;
            ++p.instalment;
        }
    }

    function _principalFalling(Position memory p, bool last, uint256 interest) private pure returns (uint256) {
        unchecked {
            uint256 undue = p.principal - p.principalDue;
            if (last) return undue;
            LoanType kind = p.loanType();
            if (kind == LoanType.Bullet) return 0;
            if (kind == LoanType.Linear) return undue / (p.instalments() - p.instalment);
            return FixedPointMathLib.min(undue, FixedPointMathLib.zeroFloorSub(p.instalmentAmount, interest));
        }
    }

    /// @dev Make the one rounding up: from here on whole fen of `accrued` include it.
    function _roundUp(Position memory p) private pure {
        if (p.rounded) return;
        unchecked {
            p.accrued = FixedPointMathLib.min(p.accrued + p.unit() - 1, MAX_ACCRUED);
        }
        p.rounded = true;
    }

    // ------------------------------------------------------------------ payment
    /// @dev Fees, penalties, interest and principal that are due and unpaid.
    function due(Position memory p) internal pure returns (uint256) {
        unchecked {
            return p.principalDue + p.interestDue + p.penaltyDue + p.feeDue;
        }
    }

    /// @dev What closes the loan on the day it is accrued to.
    function payoff(Position memory p) internal pure returns (uint256) {
        unchecked {
            uint256 fee = p.servicing.isSet() ? p.feeOnRest() : 0;
            return p.principal + p.interestDue + p.penaltyDue + p.feeDue + accruedUp(p) + fee;
        }
    }

    /// @dev Take a payment of at most `owed`, the payoff: what is due in the product's order, then principal, then accrued
    /// interest.
    function pay(Position memory p, uint256 amount, uint256 owed) internal pure returns (Split memory s) {
        unchecked {
            uint256 rest = amount;
            if (due(p) != 0) rest = _payDues(p, s, rest);
            rest = p.servicing.isSet() ? p.payEarly(s, rest) : _payPrincipal(p, s, rest, p.principal);
            if (amount == owed) _roundUp(p);
            if (rest == 0) return s;
            s.interest += rest;
            p.accrued -= rest * p.unit();
        }
    }

    function _payDues(Position memory p, Split memory s, uint256 rest) private pure returns (uint256) {
        if (p.waterfall() == Waterfall.FeesFirst) {
            rest = _payPenalty(p, s, _payFee(p, s, rest));
            rest = _payInterest(p, s, rest);
            return _payPrincipal(p, s, rest, p.principalDue);
        }
        rest = _payPrincipal(p, s, rest, p.principalDue);
        rest = _payInterest(p, s, rest);
        return _payFee(p, s, _payPenalty(p, s, rest));
    }

    function _payFee(Position memory p, Split memory s, uint256 rest) private pure returns (uint256) {
        unchecked {
            s.fee = FixedPointMathLib.min(rest, p.feeDue);
            p.feeDue -= s.fee;
            return rest - s.fee;
        }
    }

    function _payPenalty(Position memory p, Split memory s, uint256 rest) private pure returns (uint256) {
        unchecked {
            s.penalty = FixedPointMathLib.min(rest, p.penaltyDue);
            p.penaltyDue -= s.penalty;
            return rest - s.penalty;
        }
    }

    function _payInterest(Position memory p, Split memory s, uint256 rest) private pure returns (uint256) {
        unchecked {
            s.interest = FixedPointMathLib.min(rest, p.interestDue);
            p.interestDue -= s.interest;
            return rest - s.interest;
        }
    }

    function _payPrincipal(Position memory p, Split memory s, uint256 rest, uint256 most) private pure returns (uint256) {
        unchecked {
            uint256 paid = FixedPointMathLib.min(rest, most);
            s.principal += paid;
            p.principal -= paid;
            p.principalDue = FixedPointMathLib.zeroFloorSub(p.principalDue, paid);
            return rest - paid;
        }
    }
}
