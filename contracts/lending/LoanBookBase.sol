// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {ICollateralRegistry} from "../../interfaces/ICollateralRegistry.sol";
import {ICovenantRegistry} from "../../interfaces/ICovenantRegistry.sol";
import {ICreditPolicy} from "../../interfaces/ICreditPolicy.sol";
import {ICustomerRegistry} from "../../interfaces/ICustomerRegistry.sol";
import {IDepositToken} from "../../interfaces/IDepositToken.sol";
import {IGuaranteeRegistry} from "../../interfaces/IGuaranteeRegistry.sol";
import {IRatingRegistry} from "../../interfaces/IRatingRegistry.sol";
import {IWired} from "../../interfaces/IWired.sol";
import {Governed} from "../governance/Governed.sol";
import {LoanId, PersonId} from "../types/Ids.sol";
import {CategoryTable} from "../types/LoanStorage.sol";
import {Books, Ledger, Wiring} from "./Ledger.sol";
import {Terms} from "./Terms.sol";

/// @dev Counters in the word of the business day, which every posting reads.
abstract contract Counting is Governed {
    uint64 internal _loans; // applied for or imported
    uint64 internal _applications;
    uint16 internal _tables;
}

/// @dev How a part of the loan book is wired, for the next part.
function wiringOf(IWired part) view returns (Wiring memory) {
    return Wiring(
        part.policy(), part.customers(), part.ratings(), part.collateral(), part.guarantees(), part.token(), part.covenants()
    );
}

/// @dev What LoanBook, BackOffice, Workout and ProductOffice share: the same storage, in the same places, and the same wiring. The others'
/// code runs on LoanBook's storage, so none may put a variable of its own before the ledger.
abstract contract LoanBookBase is Counting, IWired {
    using Books for Ledger;
    using Terms for Ledger;

    /// @inheritdoc IWired
    ICreditPolicy public immutable policy;
    /// @inheritdoc IWired
    ICustomerRegistry public immutable customers;
    /// @inheritdoc IWired
    IRatingRegistry public immutable ratings;
    /// @inheritdoc IWired
    ICollateralRegistry public immutable collateral;
    /// @inheritdoc IWired
    IGuaranteeRegistry public immutable guarantees;
    /// @inheritdoc IWired
    IDepositToken public immutable token;
    /// @inheritdoc IWired
    ICovenantRegistry public immutable covenants;

    Ledger internal _ledger;

    constructor(address authority_, Wiring memory wiring) Governed(authority_) {
        policy = wiring.policy;
        customers = wiring.customers;
        ratings = wiring.ratings;
        collateral = wiring.collateral;
        guarantees = wiring.guarantees;
        token = wiring.token;
        covenants = wiring.covenants;
    }

    function _wiring() internal view returns (Wiring memory) {
        return Wiring(policy, customers, ratings, collateral, guarantees, token, covenants);
    }

    function _addTable(CategoryTable memory table, uint24 earliest, PersonId person) internal {
        _ledger.addTable(_tables, table, earliest, person);
        ++_tables;
    }

    /// @dev A posting of today needs one signer; one with a past value date, a second who allowed it.
    function _checkSigners(LoanId loanId, uint24 valueDate, uint24 today) internal {
        if (valueDate != today) {
            _useAuthorisation(Books.postingHash(Books.raw(loanId), msg.sender), valueDate, today);
        }
    }

    function _useAuthorisation(bytes32 posting, uint24 valueDate, uint24 today) internal {
        _checkValueDate(valueDate, today);
        _ledger.useAuthorisation(posting, valueDate, today);
    }
}
