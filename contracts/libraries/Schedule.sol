// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {Cycle, Series, Shift} from "../types/ActusTypes.sol";
import {Calendar} from "./Calendar.sol";

/// @title Recurring times of a contract
/// @notice Moments are seconds since 1970. A moment at 23:59:59 counts as the day that follows (ACTUS, midnight).
library Schedule {
    uint256 internal constant DAY = 1 days;
    uint256 internal constant MAX_TIMES = 5_000;

    /// @notice Thrown when a series has more times than any loan needs.
    error Schedule_TooLong(uint256 anchor, uint256 end);

    /// @notice The day number a moment counts as.
    function countedDay(uint256 moment) internal pure returns (uint256) {
        return (moment + 1) / DAY;
    }

    /// @notice Whether a cycle repeats at all.
    function repeats(Cycle memory cycle) internal pure returns (bool) {
        return cycle.months + cycle.numDays != 0;
    }

    /// @notice The `count`-th time of a cycle from its anchor; the time of day stays.
    function step(uint256 anchor, Cycle memory cycle, int256 count, bool endOfMonth) internal pure returns (uint256) {
        if (cycle.months == 0) return uint256(int256(anchor) + count * int256(uint256(cycle.numDays) * DAY));
        return Calendar.dueDay(anchor / DAY, cycle.months, count, endOfMonth) * DAY + anchor % DAY;
    }

    /// @notice A moment moved to a business day; its time of day stays.
    function shifted(uint256 moment, Shift rule, bool weekdaysOnly) internal pure returns (uint256) {
        return Calendar.shifted(moment / DAY, rule, weekdaysOnly) * DAY + moment % DAY;
    }

    /// @notice The day number that accrual counts a moment to.
    function accrualDay(uint256 moment, Shift rule, bool weekdaysOnly) internal pure returns (uint256) {
        return countedDay(Calendar.calculated(moment / DAY, rule, weekdaysOnly) * DAY + moment % DAY);
    }

    /// @notice The times of a series up to `end`, which is the last of them; none where the series has no anchor.
    /// @dev ACTUS, schedule function S(s, c, T): a long stub swallows the time before an end that does not fit.
    function times(Series memory series, uint256 end, bool endOfMonth) internal pure returns (uint256[] memory list) {
        uint256 anchor = series.anchor;
        if (anchor == 0) return list;
        list = new uint256[](_bound(series, end));
        uint256 count;
        uint256 next = anchor;
        bool cyclic = repeats(series.cycle);
        while (next < end) {
            list[count++] = next;
            next = cyclic ? step(anchor, series.cycle, int256(count), endOfMonth) : end;
        }
        if (cyclic && series.cycle.longStub && next != end && count > 1) --count;
        list[count++] = end;
        _shorten(list, count);
    }

    /// @dev No month is shorter than 28 days.
    function _bound(Series memory series, uint256 end) private pure returns (uint256 bound) {
        bound = 2;
        if (end > series.anchor && repeats(series.cycle)) {
            uint256 period = uint256(series.cycle.months) * 28 + series.cycle.numDays;
            bound += (end - series.anchor) / (period * DAY) + 1;
        }
        if (bound > MAX_TIMES) revert Schedule_TooLong(series.anchor, end);
    }

    function _shorten(uint256[] memory list, uint256 length) private pure {
        // The new length never exceeds the allocated one: `_bound` counts every time and the end.
        assembly ("memory-safe") {
            mstore(list, length)
        }
    }
}
