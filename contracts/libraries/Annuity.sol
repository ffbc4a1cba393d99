// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {FixedPointMathLib} from "solady/src/utils/FixedPointMathLib.sol";

/// @title The constant payment that repays a loan
/// @notice Amounts are whole units of the currency; rates parts per billion a year, negative ones too.
///
///                       P i                    1
///     instalment = -------------- ,   v = -------
///                     1 - v^n              1 + i
library Annuity {
    uint256 private constant UNIT = 1e36;
    int256 private constant PERIODS_PER_YEAR_PPB = 12e9;

    /// @notice Thrown when an annuity has no payment, or too many.
    error Annuity_BadCount(uint256 count);
    /// @notice Thrown when a rate loses the whole principal in one period.
    error Annuity_BadRate(int256 rate);

    /// @notice The instalment that repays `principal` in `count` equal payments `months` months apart,
    /// rounded up, so that the last payment is never the larger one.
    function instalmentUp(uint256 principal, int256 rate, uint256 months, uint256 count) internal pure returns (uint256) {
        if (count == 0 || count > 1200) revert Annuity_BadCount(count);
        if (rate == 0) return FixedPointMathLib.divUp(principal, count);
        int256 growth = PERIODS_PER_YEAR_PPB + rate * int256(months);
        if (growth < PERIODS_PER_YEAR_PPB / 2 || rate > 1e10) revert Annuity_BadRate(rate);
        uint256 discount = UNIT * uint256(PERIODS_PER_YEAR_PPB) / uint256(growth);
        uint256 factor = FixedPointMathLib.rpow(discount, count, UNIT);
        uint256 perPeriod = FixedPointMathLib.abs(rate) * months * UNIT / uint256(PERIODS_PER_YEAR_PPB);
        return FixedPointMathLib.fullMulDivUp(principal, perPeriod, FixedPointMathLib.dist(UNIT, factor));
    }
}
