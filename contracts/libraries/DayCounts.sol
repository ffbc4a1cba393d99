// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {DateTimeLib} from "solady/src/utils/DateTimeLib.sol";
import {YearBasis} from "../types/ActusTypes.sol";
import {Calendar} from "./Calendar.sol";

/// @title Fractions of a year as exact integers
/// @notice A fraction is `numerator / denominator`, so that interest is one exact product and one division.
/// Conventions: ISDA 2006 Definitions, section 4.16; 28/336 has months of 28 days.
library DayCounts {
    uint256 private constant ACTUAL_ACTUAL = 365 * 366;

    /// @notice The denominator of a convention.
    function denominator(YearBasis basis) internal pure returns (uint256) {
        if (basis == YearBasis.Actual365) return 365;
        if (basis == YearBasis.ActualActualIsda) return ACTUAL_ACTUAL;
        if (basis == YearBasis.TwentyEight336) return 336;
        return 360;
    }

    /// @notice The numerator between two day numbers; negative backwards.
    /// @param maturity day number of the loan's end, for 30E/360 ISDA; zero where there is none.
    function numerator(uint256 from, uint256 to, YearBasis basis, uint256 maturity) internal pure returns (int256) {
        if (from == to) return 0;
        if (from > to) return -numerator(to, from, basis, maturity);
        if (basis <= YearBasis.Actual360) return int256(to - from);
        if (basis == YearBasis.ActualActualIsda) return int256(_actualActual(from, to));
        if (basis == YearBasis.ThirtyE360Isda) return int256(_thirtyIsda(from, to, to == maturity));
        return int256(_fixedMonths(from, to, basis == YearBasis.ThirtyE360 ? 30 : 28));
    }

    /// @dev Days in leap years over 366, others over 365, on the common denominator; a whole year is all of it.
    function _actualActual(uint256 from, uint256 to) private pure returns (uint256) {
        (uint256 firstYear,,) = DateTimeLib.epochDayToDate(from);
        (uint256 lastYear,,) = DateTimeLib.epochDayToDate(to);
        uint256 upTo = (to - DateTimeLib.dateToEpochDay(lastYear, 1, 1)) * _weight(lastYear);
        uint256 before = (from - DateTimeLib.dateToEpochDay(firstYear, 1, 1)) * _weight(firstYear);
        return (lastYear - firstYear) * ACTUAL_ACTUAL + upTo - before;
    }

    function _weight(uint256 year) private pure returns (uint256) {
        return DateTimeLib.isLeapYear(year) ? 365 : 366;
    }

    function _fixedMonths(uint256 from, uint256 to, uint256 length) private pure returns (uint256) {
        (uint256 y1, uint256 m1, uint256 d1) = DateTimeLib.epochDayToDate(from);
        (uint256 y2, uint256 m2, uint256 d2) = DateTimeLib.epochDayToDate(to);
        if (d1 > length) d1 = length;
        if (d2 > length) d2 = length;
        return length * (12 * y2 + m2) + d2 - length * (12 * y1 + m1) - d1;
    }

    function _thirtyIsda(uint256 from, uint256 to, bool atMaturity) private pure returns (uint256) {
        (uint256 y1, uint256 m1, uint256 d1) = DateTimeLib.epochDayToDate(from);
        (uint256 y2, uint256 m2, uint256 d2) = DateTimeLib.epochDayToDate(to);
        if (Calendar.isMonthEnd(from)) d1 = 30;
        if (Calendar.isMonthEnd(to) && !(atMaturity && m2 == 2)) d2 = 30;
        return 360 * y2 + 30 * m2 + d2 - (360 * y1 + 30 * m1 + d1);
    }
}
