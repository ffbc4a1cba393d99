// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {ActusTerms, CashFlow, Observations} from "../types/ActusTerms.sol";
import {ActusEngine} from "../libraries/ActusEngine.sol";

/// @title The loan engine behind one call, for tests
contract ActusHarness {
    /// @notice The events of a contract from its status date to its end or `until` (zero: to its end).
    function project(ActusTerms calldata terms, Observations calldata observed, uint256 until)
        external
        pure
        returns (CashFlow[] memory)
    {
        return ActusEngine.project(terms, observed, until);
    }
}
