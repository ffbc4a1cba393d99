// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {DateTimeLib} from "solady/src/utils/DateTimeLib.sol";
import {Shift} from "../types/ActusTypes.sol";

/// @title Months and business days of day numbers
/// @notice Days are counted from 1970-01-01. Gregorian arithmetic is Solady's.
library Calendar {
    /// @notice The day `count` months later (earlier where negative), held back to the end of a shorter month.
    function addMonths(uint256 day, int256 count) internal pure returns (uint256) {
        (uint256 year, uint256 month, uint256 dayOfMonth) = DateTimeLib.epochDayToDate(day);
        uint256 index = uint256(int256(year * 12 + month - 1) + count);
        (year, month) = (index / 12, index % 12 + 1);
        uint256 last = DateTimeLib.daysInMonth(year, month);
        return DateTimeLib.dateToEpochDay(year, month, dayOfMonth < last ? dayOfMonth : last);
    }

    /// @notice The last day of the month that a day is in.
    function monthEnd(uint256 day) internal pure returns (uint256) {
        (uint256 year, uint256 month, uint256 dayOfMonth) = DateTimeLib.epochDayToDate(day);
        return day - dayOfMonth + DateTimeLib.daysInMonth(year, month);
    }

    /// @notice Whether a day is the last of its month.
    function isMonthEnd(uint256 day) internal pure returns (bool) {
        return monthEnd(day) == day;
    }

    /// @notice The `count`-th due day of a loan that pays every `months` months from `anchor`.
    /// @dev With `endOfMonth` an anchor at a month's end keeps to month ends (ACTUS, EOMC).
    function dueDay(uint256 anchor, uint256 months, int256 count, bool endOfMonth) internal pure returns (uint256 day) {
        day = addMonths(anchor, int256(months) * count);
        if (endOfMonth && isMonthEnd(anchor)) day = monthEnd(day);
    }

    /// @notice The day moved to a business day, where the calendar works from Monday to Friday.
    function shifted(uint256 day, Shift rule, bool weekdaysOnly) internal pure returns (uint256) {
        if (rule == Shift.None || !weekdaysOnly) return day;
        uint256 past = _daysIntoWeekend(day);
        if (past == 0) return day;
        (uint256 following, uint256 preceding) = (day + 3 - past, day - past);
        bool forward = rule <= Shift.CSMF;
        bool modified = rule == Shift.SCMF || rule == Shift.CSMF || rule == Shift.SCMP || rule == Shift.CSMP;
        if (!modified) return forward ? following : preceding;
        uint256 end = monthEnd(day);
        if (forward) return following > end ? preceding : following;
        return monthEnd(preceding) != end ? following : preceding;
    }

    /// @notice The day that accrual counts to: the shifted one where the rule shifts first.
    function calculated(uint256 day, Shift rule, bool weekdaysOnly) internal pure returns (uint256) {
        bool shiftsFirst = rule == Shift.SCF || rule == Shift.SCMF || rule == Shift.SCP || rule == Shift.SCMP;
        return shiftsFirst ? shifted(day, rule, weekdaysOnly) : day;
    }

    /// @dev 1 on a Saturday, 2 on a Sunday, else 0. Day 0 was a Thursday.
    function _daysIntoWeekend(uint256 day) private pure returns (uint256) {
        uint256 sinceMonday = (day + 3) % 7;
        return sinceMonday < 5 ? 0 : sinceMonday - 4;
    }
}
