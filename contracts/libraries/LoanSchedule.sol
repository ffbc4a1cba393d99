// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {DateTimeLib} from "solady/src/utils/DateTimeLib.sol";
import {Position} from "../types/LoanStorage.sol";
import {Calendar} from "./Calendar.sol";
import {LoanCodec} from "./LoanCodec.sol";

/// @title When a loan's instalments fall due
/// @notice A cycle of months from the first drawdown, at the end of a month that is too short, and the last one at maturity.
/// Schedules are computed, never stored.
library LoanSchedule {
    using LoanCodec for Position;

    /// @dev A business-day rule moves a date back by fewer days than this.
    uint256 private constant FURTHEST_BACK = 32;

    /// @dev A cheap bound: false tells for sure that no due date lies on or before the day. Whatever the start, n months
    /// last more than 30.43 n - 5 days.
    function mayFallDue(Position memory p, uint256 day) internal pure returns (bool) {
        unchecked {
            if (p.servicing.isSet()) day += FURTHEST_BACK;
            if (day >= p.maturity) return true;
            return (day + 5 - p.start) * 100 >= (p.instalment + 1) * p.cycleMonths() * 3043 && p.terms & 0x70 != 0;
        }
    }

    /// @dev The due date of an instalment before any shift to a business day, or zero where the schedule has no such
    /// instalment.
    function dueDate(Position memory p, uint256 instalment) internal pure returns (uint256) {
        uint256 cycle = p.cycleMonths();
        if (cycle == 0) return instalment == 1 ? p.maturity : 0;
        uint256 day = Calendar.addMonths(p.start, int256(cycle * instalment));
        if (day < p.maturity) return day;
        if (instalment == 1) return p.maturity;
        return Calendar.addMonths(p.start, int256(cycle * (instalment - 1))) < p.maturity ? p.maturity : 0;
    }

    /// @dev The number of instalments from start to maturity.
    function instalments(Position memory p) internal pure returns (uint256) {
        uint256 cycle = p.cycleMonths();
        return cycle == 0 ? 1 : cyclesUp(p, p.maturity, cycle);
    }

    /// @dev The number of due dates before a day.
    function dueDatesBefore(Position memory p, uint256 day) internal pure returns (uint256) {
        if (day > p.maturity) return instalments(p);
        uint256 cycle = p.cycleMonths();
        if (cycle == 0 || day <= p.start) return 0;
        return cyclesUp(p, day, cycle) - 1;
    }

    /// @dev The least number of cycles from the start that reaches a day after it. A shorter month holds a due date back to its
    /// end, which no day of that month is after.
    function cyclesUp(Position memory p, uint256 day, uint256 cycle) internal pure returns (uint256) {
        unchecked {
            (uint256 fromYear, uint256 fromMonth, uint256 fromDay) = DateTimeLib.epochDayToDate(p.start);
            (uint256 toYear, uint256 toMonth, uint256 toDay) = DateTimeLib.epochDayToDate(day);
            uint256 months = toYear * 12 + toMonth - fromYear * 12 - fromMonth;
            if (fromDay < toDay) ++months;
            return (months + cycle - 1) / cycle;
        }
    }
}
