// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {Position, Split} from "../types/LoanStorage.sol";

/// @title The fee on principal paid before its time
/// @notice A share of the principal that is paid and not due, rounded down to whole fen in the borrower's favour.
library Prepayment {
    uint256 private constant ONE = 1e9;

    /// @dev The fee on paying all principal that is not due.
    function feeOnRest(Position memory p) internal pure returns (uint256) {
        return feeOn(p, p.principal - p.principalDue);
    }

    function feeOn(Position memory p, uint256 early) internal pure returns (uint256) {
        return early * p.servicing.prepaymentFee() / ONE;
    }

    /// @dev Split what is left of a payment after all that is due into principal and its fee.
    /// @return rest What is left when all principal and its fee are paid.
    function payEarly(Position memory p, Split memory s, uint256 amount) internal pure returns (uint256 rest) {
        if (amount == 0) return 0;
        uint256 rate = p.servicing.prepaymentFee();
        uint256 fee = feeOn(p, p.principal);
        uint256 early = p.principal;
        if (amount < early + fee) {
            fee = amount * rate / (ONE + rate);
            early = amount - fee;
        }
        s.principal += early;
        s.fee += fee;
        s.prepaymentFee = fee;
        p.principal -= early;
        return amount - early - fee;
    }
}
