// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {Enhancement, EnhancementFlow} from "../types/ActusEnhancementTerms.sol";
import {ActusTerms, CashFlow, Observations} from "../types/ActusTerms.sol";
import {ActusEngine} from "../libraries/ActusEngine.sol";
import {ActusEnhancement} from "../libraries/ActusEnhancement.sol";

/// @title The loan engine behind two calls, for tests
contract ActusHarness {
    /// @notice The events of a loan from its status date to its end or `until` (zero: to its end).
    function project(ActusTerms calldata terms, Observations calldata observed, uint256 until)
        external
        pure
        returns (CashFlow[] memory)
    {
        return ActusEngine.project(terms, observed, until);
    }

    /// @notice The events of a guarantee or collateral from its status date to its end or `until` (zero: to its end).
    function projectEnhancement(Enhancement calldata given, uint256 until)
        external
        pure
        returns (EnhancementFlow[] memory)
    {
        return ActusEnhancement.project(given, until);
    }
}
