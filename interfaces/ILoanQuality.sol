// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {Category} from "../contracts/types/Enums.sol";
import {LoanId} from "../contracts/types/Ids.sol";

/// @title How good a loan is, beside the days that it is past due
/// @notice Called at the loan book's own address, like IBackOffice.
interface ILoanQuality {
    /// @notice What few loans carry; all zero for the others. Money in fen.
    struct Care {
        uint256 penaltyAccrued; // penalty interest not yet due: fen x ppb x days
        uint128 misused; // principal found used otherwise than agreed
        Category judgement; // the category that the loan has at least, None for none: by judgement,
        Category contagion; // by the debtor's other loans,
        Category expectedLoss; // by the loss expected on it,
        Category restructured; // while it is observed after a restructuring
        uint24 observedUntil; // last day of that observation, zero for none
        uint8 observedPayments; // payments made under it
        uint8 restructurings;
        uint24 repricedOn; // day of the last repricing, zero for none
        bool called; // whether all principal was called
        uint128 uncovered; // principal that guarantors did not consent to
    }

    // ---------------------------------------------------------------- views
    /// @return What the loan carries, as stored.
    function careOf(LoanId loanId) external view returns (Care memory);
}
