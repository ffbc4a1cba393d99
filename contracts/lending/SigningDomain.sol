// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {EIP712} from "solady/src/utils/EIP712.sol";

/// @dev The EIP-712 domain of what customers sign. It is the loan book's: the separator is made anew for the address that the
/// code runs at.
abstract contract SigningDomain is EIP712 {
    function _domainNameAndVersion() internal pure override returns (string memory, string memory) {
        return ("Loan book", "1");
    }
}
