// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {FixedPointMathLib} from "solady/src/utils/FixedPointMathLib.sol";
import {ILoanTerms} from "../../interfaces/ILoanTerms.sol";
import {Calendar} from "../libraries/Calendar.sol";
import {LoanMath} from "../libraries/LoanMath.sol";
import {LoanSchedule} from "../libraries/LoanSchedule.sol";
import {PersonId} from "../types/Ids.sol";
import {REPRICE} from "../types/LoanActs.sol";
import {MAX_RATE, Position} from "../types/LoanStorage.sol";
import {ServicingWord} from "../types/ServicingWord.sol";
import {Books, Ledger} from "./Ledger.sol";

/// @dev Reference rates and the loans that follow them. A loan bears no rate below zero: interest runs one way.
library Repricing {
    using Books for Ledger;
    using LoanMath for Position;
    using LoanSchedule for Position;

    int40 private constant MOST = 1e9;
    uint256 private constant DAY_BITS = 24;

    // ------------------------------------------------------------------ fixings
    /// @dev Fixings of an index are numbered from 1 in the order of their days; number 0 holds their count. A word is the value
    /// above the day.
    function setFixing(Ledger storage l, uint16 index, uint24 day, int40 value, uint24 today, PersonId person) external {
        if (index == 0 || value > MOST || value < -MOST) revert ILoanTerms.LoanBook_FixingInvalid(index, value);
        uint256 last = uint256(l.fixings[_key(index, 0)]);
        uint24 earliest = last == 0 ? 1 : _dayOf(l.fixings[_key(index, last)]) + 1;
        if (day < earliest || day > today) revert ILoanTerms.LoanBook_FixingDayInvalid(index, day, earliest, today);
        l.fixings[_key(index, last + 1)] = (int256(value) << DAY_BITS) | int256(uint256(day));
        l.fixings[_key(index, 0)] = int256(last + 1);
        emit ILoanTerms.FixingSet(index, day, value, PersonId.unwrap(person));
    }

    function fixingOn(Ledger storage l, uint16 index, uint24 day) external view returns (uint24, int40) {
        return _fixingOn(l, index, day);
    }

    /// @dev The last fixing by a day, found by halving.
    function _fixingOn(Ledger storage l, uint16 index, uint24 day) private view returns (uint24, int40) {
        uint256 low;
        uint256 high = uint256(l.fixings[_key(index, 0)]);
        while (low < high) {
            uint256 middle = (low + high + 1) / 2;
            if (_dayOf(l.fixings[_key(index, middle)]) <= day) low = middle;
            else high = middle - 1;
        }
        if (low == 0) revert ILoanTerms.LoanBook_FixingMissing(index, day);
        int256 word = l.fixings[_key(index, low)];
        return (_dayOf(word), int40(word >> DAY_BITS));
    }

    function _key(uint256 index, uint256 number) private pure returns (uint256) {
        return (index << 32) | number;
    }

    function _dayOf(int256 word) private pure returns (uint24) {
        return uint24(uint256(word));
    }

    // ------------------------------------------------------------------ rates
    /// @dev The rate of an application: index and spread on its day.
    function checkRate(Ledger storage l, ServicingWord terms, int40 rate, uint24 day) external view {
        (, int40 value) = _fixingOn(l, terms.index(), day);
        int40 right = int40(int256(_rate(terms, value)));
        if (rate != right) revert ILoanTerms.LoanBook_RateNotIndexed(rate, right);
    }

    function _rate(ServicingWord terms, int40 value) private pure returns (uint256) {
        int256 sum = value + terms.spread();
        return sum < 0 ? 0 : FixedPointMathLib.min(uint256(sum), MAX_RATE);
    }

    function reprice(Ledger storage l, uint64 id, uint24 today) external {
        Position memory p = l.load(id);
        Books.check(id, p, REPRICE);
        (uint24 day, uint24 priced) = _repricingDay(id, p, today);
        l.advance(id, p, day, 0);
        (uint24 fixingDay, int40 value) = _fixingOn(l, p.servicing.index(), priced);
        uint256 previous = p.rate;
        p.rate = FixedPointMathLib.min(_rate(p.servicing, value), l.products[uint16(p.product)].maxRate());
        if (p.rate != previous) l.rates[id] = l.rates[id].withRate(day, previous);
        p.fixInstalment();
        p.care = p.care.withRepricedOn(day);
        l.store(id, p);
        emit ILoanTerms.LoanRepriced(
            id, p.servicing.index(), day, fixingDay, int40(int256(previous)), int40(int256(p.rate)), p.accrued,
            uint128(p.instalmentAmount)
        );
    }

    /// @dev The first repricing day after the last one that interest has not accrued beyond; none from maturity on. Where a posting
    /// let interest run past one, the rate of that day holds from the day it has run to, so that no payment keeps a rate as it
    /// is; but what an opening book had passed is past, and nothing tells that from what it missed until its first repricing here.
    /// A restructured loan keeps the rate agreed to.
    /// @return day The day to go on from at the new rate. @return priced The day whose fixing that is.
    function _repricingDay(uint64 id, Position memory p, uint24 today) private pure returns (uint24 day, uint24 priced) {
        if (p.servicing.repriceMonths() == 0 || p.care.restructurings() != 0) revert ILoanTerms.LoanBook_RepricingNotDue(id, 0);
        uint256 last = FixedPointMathLib.max(p.start, p.care.repricedOn());
        uint24 missed = _firstFrom(p, last + 1);
        day = _firstFrom(p, FixedPointMathLib.max(last + 1, p.accruedThrough));
        bool over = day >= p.maturity;
        if (!over && day <= today) return (day, day);
        if (missed < p.accruedThrough && missed < p.maturity) {
            bool past = id >> 63 == 1 && p.care.repricedOn() == 0;
            if (past || p.accruedThrough >= p.maturity) {
                revert ILoanTerms.LoanBook_AccruedBeyondRepricing(id, missed, uint24(p.accruedThrough));
            }
            return (uint24(p.accruedThrough), _lastBefore(p, p.accruedThrough));
        }
        revert ILoanTerms.LoanBook_RepricingNotDue(id, over ? 0 : day);
    }

    /// @dev The last repricing day before a day.
    function _lastBefore(Position memory p, uint256 day) private pure returns (uint24) {
        uint256 months = p.servicing.repriceMonths();
        return uint24(Calendar.addMonths(p.start, int256(months * (p.cyclesUp(day, months) - 1))));
    }

    function _firstFrom(Position memory p, uint256 day) private pure returns (uint24) {
        uint256 months = p.servicing.repriceMonths();
        return uint24(Calendar.addMonths(p.start, int256(months * p.cyclesUp(day, months))));
    }
}
