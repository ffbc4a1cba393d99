// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {DateTimeLib} from "solady/src/utils/DateTimeLib.sol";
import {BusinessDayRule} from "../types/Enums.sol";

/// @title Business days of the bank's calendars
/// @notice A calendar is data by year: one bit a day, set where the bank is closed, so that make-up workdays on a weekend are
/// open days like any other. A year without data is closed at weekends.
/// @dev Two words a year: days 0-255, and days 256-365 in the low bits of the second, whose top bit tells that the year is set.
library BusinessDays {
    /// @dev No holiday is longer; a due date moves no further.
    uint256 internal constant FURTHEST = 31;
    uint256 private constant SET = 1 << 255;

    function key(uint256 calendar, uint256 year, uint256 half) internal pure returns (uint256) {
        return (calendar << 24) | (year << 1) | half;
    }

    function setYear(mapping(uint256 => uint256) storage closed, uint256 calendar, uint256 year, uint256 low, uint256 high)
        internal
    {
        closed[key(calendar, year, 0)] = low;
        closed[key(calendar, year, 1)] = high | SET;
    }

    function yearOf(mapping(uint256 => uint256) storage closed, uint256 calendar, uint256 year)
        internal
        view
        returns (uint256 low, uint256 high, bool isSet)
    {
        high = closed[key(calendar, year, 1)];
        return (closed[key(calendar, year, 0)], high & ~SET, high & SET != 0);
    }

    /// @dev Due dates go by a calendar from now on. The mark is kept in the year zero.
    function markUsed(mapping(uint256 => uint256) storage closed, uint256 calendar) internal {
        closed[key(calendar, 0, 0)] = 1;
    }

    function isUsed(mapping(uint256 => uint256) storage closed, uint256 calendar) internal view returns (bool) {
        return closed[key(calendar, 0, 0)] != 0;
    }

    /// @dev Whether only days that the year has are told closed.
    function isYear(uint256 year, uint256 high) internal pure returns (bool) {
        return high >> (DateTimeLib.isLeapYear(year) ? 110 : 109) == 0;
    }

    /// @dev The longest run of closed days that a year has a part in, as it is set, up to one more than FURTHEST.
    function longestClosed(mapping(uint256 => uint256) storage closed, uint256 calendar, uint256 year)
        internal
        view
        returns (uint256 longest)
    {
        uint256 first = DateTimeLib.dateToEpochDay(year, 1, 1);
        uint256 next = DateTimeLib.dateToEpochDay(year + 1, 1, 1);
        (uint256 low, uint256 high,) = yearOf(closed, calendar, year);
        uint256 run = first - 1 - before(closed, calendar, first - 1);
        for (uint256 i; i < next - first && longest <= FURTHEST; ++i) {
            bool shut = (i < 256 ? low >> i : high >> (i - 256)) & 1 == 1;
            run = shut ? run + 1 : 0;
            if (run > longest) longest = run;
        }
        if (run == 0 || longest > FURTHEST) return longest;
        run += afterwards(closed, calendar, next) - next;
        if (run > longest) longest = run;
    }

    function isOpen(mapping(uint256 => uint256) storage closed, uint256 calendar, uint256 day) internal view returns (bool) {
        (uint256 year,,) = DateTimeLib.epochDayToDate(day);
        uint256 high = closed[key(calendar, year, 1)];
        if (high & SET == 0) return (day + 3) % 7 < 5; // day 0 was a Thursday
        uint256 ofYear = day - DateTimeLib.dateToEpochDay(year, 1, 1);
        if (ofYear > 255) return (high >> (ofYear - 256)) & 1 == 0;
        return (closed[key(calendar, year, 0)] >> ofYear) & 1 == 0;
    }

    /// @dev Where a day goes by a rule.
    function shift(mapping(uint256 => uint256) storage closed, uint256 calendar, BusinessDayRule rule, uint256 day)
        internal
        view
        returns (uint256)
    {
        if (rule == BusinessDayRule.None) return day;
        if (rule == BusinessDayRule.Preceding) return before(closed, calendar, day);
        uint256 later = afterwards(closed, calendar, day);
        if (rule == BusinessDayRule.Following || _month(later) == _month(day)) return later;
        return before(closed, calendar, day);
    }

    /// @dev The first open day from a day on.
    function afterwards(mapping(uint256 => uint256) storage closed, uint256 calendar, uint256 day) internal view returns (uint256) {
        for (uint256 i; i < FURTHEST && !isOpen(closed, calendar, day); ++i) {
            ++day;
        }
        return day;
    }

    /// @dev The last open day up to a day.
    function before(mapping(uint256 => uint256) storage closed, uint256 calendar, uint256 day) internal view returns (uint256) {
        for (uint256 i; i < FURTHEST && !isOpen(closed, calendar, day); ++i) {
            --day;
        }
        return day;
    }

    function _month(uint256 day) private pure returns (uint256 month) {
        (, month,) = DateTimeLib.epochDayToDate(day);
    }
}
