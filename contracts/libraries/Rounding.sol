// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

/// @title Rounding with a named direction
/// @notice Accruals are kept as exact integers in a finer unit; only amounts that fall due become whole.
library Rounding {
    /// @notice Whole units in an exact amount, rounded down, and the residue to carry, in the finer unit.
    function wholeDown(uint256 exact, uint256 unit) internal pure returns (uint256 whole, uint256 residue) {
        whole = exact / unit;
        residue = exact - whole * unit;
    }

    /// @notice Whole units in an exact amount, rounded up: what settles it for good.
    function wholeUp(uint256 exact, uint256 unit) internal pure returns (uint256) {
        return exact == 0 ? 0 : (exact - 1) / unit + 1;
    }

    /// @notice A quotient rounded to the nearest integer, halves away from zero.
    function nearest(int256 exact, int256 unit) internal pure returns (int256) {
        return exact < 0 ? -((-exact + unit / 2) / unit) : (exact + unit / 2) / unit;
    }
}
