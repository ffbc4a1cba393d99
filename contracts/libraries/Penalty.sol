// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {FixedPointMathLib} from "solady/src/utils/FixedPointMathLib.sol";
import {MAX_ACCRUED, MAX_MONEY, Position} from "../types/LoanStorage.sol";
import {RatesWord} from "../types/RatesWord.sol";
import {LoanCodec} from "./LoanCodec.sol";

/// @title Penalty interest
/// @notice People's Bank of China, notice Yinfa [2003] No. 251, article 3: overdue principal bears the contract rate and 30 to
/// 50 % of it, principal used otherwise than agreed the contract rate and 50 to 100 %, the heavier and never both; interest
/// that is not paid on its day bears the penalty rate. The contract rate runs on all principal (LoanMath.accrue), so this
/// adds the markups, and compound interest where the product has it. What is both overdue and misused bears the heavier markup.
/// @dev Exact like `accrued`, and made due in whole fen, rounded down in the borrower's favour, the residue carried.
/// Unchecked: amounts have 47 bits, rates 31, days 16; markups and fees are below 2^32 parts per billion.
library Penalty {
    using LoanCodec for Position;

    uint256 private constant ONE = 1e9;

    /// @dev Accrue from the last accrual to a day. Nothing on overdue amounts up to the end of the oldest obligation's grace.
    function accruePenalty(Position memory p, uint256 day) internal pure {
        unchecked {
            uint256 misused = FixedPointMathLib.min(p.care.misused(), p.principal);
            uint256 extra;
            if (misused != 0) {
                extra = misused * markedUp(p.rate, p.servicing.misuseMarkup()) * (day - p.accruedThrough);
            }
            if (p.oldestDue != 0) {
                uint256 from = FixedPointMathLib.max(p.accruedThrough, p.oldestDue + p.servicing.graceDays());
                if (day > from) extra += overdueDaily(p) * (day - from);
            }
            if (extra == 0) return;
            p.care = p.care.withPenaltyAccrued(FixedPointMathLib.min(p.care.penaltyAccrued() + extra, MAX_ACCRUED));
        }
    }

    /// @dev What overdue amounts add in a day, beside the markup on misused principal, in fen x ppb.
    function overdueDaily(Position memory p) internal pure returns (uint256 daily) {
        unchecked {
            if (!p.servicing.isSet()) return 0;
            uint256 misused = FixedPointMathLib.min(p.care.misused(), p.principal);
            uint256 overdue = markedUp(p.rate, p.servicing.overdueMarkup());
            uint256 misuse = markedUp(p.rate, p.servicing.misuseMarkup());
            uint256 both = FixedPointMathLib.min(misused, p.principalDue);
            daily = (p.principalDue - both) * overdue + both * FixedPointMathLib.zeroFloorSub(overdue, misuse);
            if (!p.servicing.compounds()) return daily;
            daily += p.interestDue * (p.rate + (misused == 0 ? overdue : FixedPointMathLib.max(overdue, misuse)));
        }
    }

    /// @dev What the amounts that are overdue now would have added from a day to the last accrual, at the rates of the days and
    /// with the oldest obligation's grace.
    function overdueSince(Position memory p, RatesWord rates, uint256 since) internal pure returns (uint256 sum) {
        unchecked {
            uint256 from = FixedPointMathLib.max(since, p.oldestDue + p.servicing.graceDays());
            (uint256 rate, uint256 to) = (p.rate, p.accruedThrough);
            for (RatesWord rest = rates.repricings(); rest.newest() > from; rest = rest.older()) {
                sum += overdueDaily(p) * (to - rest.newest());
                (p.rate, to) = (rest.rateBefore(), rest.newest());
            }
            sum += overdueDaily(p) * FixedPointMathLib.zeroFloorSub(to, from);
            p.rate = rate;
        }
    }

    /// @dev Add what arrears that are owed again would have borne.
    function restore(Position memory p, uint256 extra) internal pure {
        if (extra == 0) return;
        p.care = p.care.withPenaltyAccrued(FixedPointMathLib.min(p.care.penaltyAccrued() + extra, MAX_ACCRUED));
    }

    /// @dev A markup on a rate in whole parts per billion, rounded down.
    function markedUp(uint256 rate, uint256 markup) internal pure returns (uint256) {
        unchecked {
            return rate * markup / ONE;
        }
    }

    /// @dev Make whole fen of what has accrued due.
    /// @return whole What became due, in fen.
    function fallDuePenalty(Position memory p) internal pure returns (uint256 whole) {
        unchecked {
            uint256 unit = p.unit();
            uint256 accrued = p.care.penaltyAccrued();
            whole = FixedPointMathLib.min(accrued / unit, MAX_MONEY - p.penaltyDue);
            p.care = p.care.withPenaltyAccrued(accrued - whole * unit);
            p.penaltyDue += whole;
        }
    }
}
