// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {ICollateralRegistry} from "./ICollateralRegistry.sol";
import {ICovenantRegistry} from "./ICovenantRegistry.sol";
import {ICreditPolicy} from "./ICreditPolicy.sol";
import {ICustomerRegistry} from "./ICustomerRegistry.sol";
import {IDepositToken} from "./IDepositToken.sol";
import {IGuaranteeRegistry} from "./IGuaranteeRegistry.sol";
import {IRatingRegistry} from "./IRatingRegistry.sol";

/// @title The contracts that all parts of the loan book work with, fixed at deployment
interface IWired {
    /// @return The limits.
    function policy() external view returns (ICreditPolicy);
    /// @return The customers.
    function customers() external view returns (ICustomerRegistry);
    /// @return Their ratings.
    function ratings() external view returns (IRatingRegistry);
    /// @return What is pledged.
    function collateral() external view returns (ICollateralRegistry);
    /// @return Who stands for whom.
    function guarantees() external view returns (IGuaranteeRegistry);
    /// @return The deposits.
    function token() external view returns (IDepositToken);
    /// @return The covenants.
    function covenants() external view returns (ICovenantRegistry);
}
