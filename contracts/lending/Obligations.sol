// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {FixedPointMathLib} from "solady/src/utils/FixedPointMathLib.sol";
import {LoanCodec} from "../libraries/LoanCodec.sol";
import {Penalty} from "../libraries/Penalty.sol";
import {MAX_DAY, MAX_MONEY, Position} from "../types/LoanStorage.sol";
import {Books, Ledger} from "./Ledger.sol";

/// @dev What is taken back since a day: the principal that was spared, of it what had fallen due, and interest that had.
struct Spared {
    uint256 since;
    uint256 principal;
    uint256 principalDue;
    uint256 interestDue;
}

/// @dev Instalments that fell due and were not paid in the same posting.
library Obligations {
    using LoanCodec for Position;
    using Penalty for Position;

    /// @dev What a loan is relieved of since a day is taken out of the obligations that fell due after it, the newest first:
    /// principal as far as each goes, interest as the principal that was spared bore it from one due date to the next. So
    /// obligations hold what is still owed, and the oldest unpaid day is found.
    function relieve(Ledger storage l, uint64 id, Position memory p, Spared memory s) internal {
        for (uint256 i = p.instalment; i != 0 && s.principalDue + s.interestDue != 0; --i) {
            uint256 key = Books.obligationKey(id, p, i);
            uint256 word = l.obligations[key];
            if (word == 0) continue;
            if (word & MAX_DAY <= s.since) break;
            uint256 ofPrincipal = FixedPointMathLib.min((word >> 16) & MAX_MONEY, s.principalDue);
            uint256 older = _sparedBefore(l, id, p, s, i);
            uint256 ofInterest = FixedPointMathLib.min(word >> 63, FixedPointMathLib.zeroFloorSub(s.interestDue, older));
            (s.principalDue, s.interestDue) = (s.principalDue - ofPrincipal, s.interestDue - ofInterest);
            l.obligations[key] = word - (ofInterest << 63) - (ofPrincipal << 16);
        }
    }

    /// @dev Penalty interest that what is overdue now has borne from a day to the last accrual: each part since the day it fell
    /// due, and all of it after the days of grace of the oldest.
    function borne(Ledger storage l, uint64 id, Position memory p, uint256 since) internal view returns (uint256 sum) {
        if (p.oldestDue == 0 || !p.servicing.isSet()) return 0;
        uint256 from = FixedPointMathLib.max(since, p.oldestDue + p.servicing.graceDays());
        uint256 to = p.accruedThrough;
        (uint256 principal, uint256 interest) = (p.principalDue, p.interestDue);
        for (uint256 i = p.instalment; i != 0 && from < to; --i) {
            uint256 word = l.obligations[Books.obligationKey(id, p, i)];
            if (word == 0) continue;
            if (word & MAX_DAY <= from) break;
            sum += p.overdueDaily() * (to - (word & MAX_DAY));
            to = word & MAX_DAY;
            p.principalDue = FixedPointMathLib.zeroFloorSub(p.principalDue, (word >> 16) & MAX_MONEY);
            p.interestDue = FixedPointMathLib.zeroFloorSub(p.interestDue, word >> 63);
        }
        sum += p.overdueDaily() * FixedPointMathLib.zeroFloorSub(to, from);
        (p.principalDue, p.interestDue) = (principal, interest);
    }

    /// @dev The interest that fell due before an instalment's own, in whole fen.
    function _sparedBefore(Ledger storage l, uint64 id, Position memory p, Spared memory s, uint256 instalment)
        private
        view
        returns (uint256)
    {
        if (instalment == 1) return 0;
        uint256 to = FixedPointMathLib.max(s.since, Books.fellDueOn(l, id, p, instalment - 1));
        return s.principal * l.rates[id].sumOver(p.rate, s.since, to) / p.unit();
    }
}
