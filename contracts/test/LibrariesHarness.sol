// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {Series, Shift, YearBasis} from "../types/ActusTypes.sol";
import {Annuity} from "../libraries/Annuity.sol";
import {Calendar} from "../libraries/Calendar.sol";
import {DayCounts} from "../libraries/DayCounts.sol";
import {Rounding} from "../libraries/Rounding.sol";
import {Schedule} from "../libraries/Schedule.sol";

/// @title The arithmetic libraries behind calls, for tests
contract LibrariesHarness {
    function addMonths(uint256[] calldata list, int256 count) external pure returns (uint256[] memory moved) {
        moved = new uint256[](list.length);
        for (uint256 i; i < list.length; ++i) moved[i] = Calendar.addMonths(list[i], count);
    }

    function dueDays(uint256 anchor, uint256 months, uint256 count, bool endOfMonth)
        external
        pure
        returns (uint256[] memory list)
    {
        list = new uint256[](count);
        for (uint256 i; i < count; ++i) list[i] = Calendar.dueDay(anchor, months, int256(i), endOfMonth);
    }

    function shifted(uint256[] calldata list, Shift rule) external pure returns (uint256[] memory moved) {
        moved = new uint256[](list.length);
        for (uint256 i; i < list.length; ++i) moved[i] = Calendar.shifted(list[i], rule, true);
    }

    function numerators(uint256[] calldata from, uint256[] calldata to, YearBasis basis, uint256 maturity)
        external
        pure
        returns (int256[] memory list, uint256 denominator)
    {
        list = new int256[](from.length);
        for (uint256 i; i < from.length; ++i) list[i] = DayCounts.numerator(from[i], to[i], basis, maturity);
        denominator = DayCounts.denominator(basis);
    }

    function times(Series calldata series, uint256 end, bool endOfMonth) external pure returns (uint256[] memory) {
        return Schedule.times(series, end, endOfMonth);
    }

    function countedDay(uint256 moment) external pure returns (uint256) {
        return Schedule.countedDay(moment);
    }

    function instalmentUp(uint256 principal, int256 rate, uint256 months, uint256 count) external pure returns (uint256) {
        return Annuity.instalmentUp(principal, rate, months, count);
    }

    function wholeDown(uint256 exact, uint256 unit) external pure returns (uint256 whole, uint256 residue) {
        return Rounding.wholeDown(exact, unit);
    }

    function wholeUp(uint256 exact, uint256 unit) external pure returns (uint256) {
        return Rounding.wholeUp(exact, unit);
    }

    function nearest(int256 exact, int256 unit) external pure returns (int256) {
        return Rounding.nearest(exact, unit);
    }
}
