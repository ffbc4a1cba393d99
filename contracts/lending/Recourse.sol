// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {FixedPointMathLib} from "solady/src/utils/FixedPointMathLib.sol";
import {IGuaranteeRegistry} from "../../interfaces/IGuaranteeRegistry.sol";
import {IWorkout} from "../../interfaces/IWorkout.sol";
import {LoanMath} from "../libraries/LoanMath.sol";
import {CustomerId, PersonId} from "../types/Ids.sol";
import {PAY_ON_GUARANTEE} from "../types/LoanActs.sol";
import {Position} from "../types/LoanStorage.sol";
import {Books, Ledger, Wiring} from "./Ledger.sol";
import {LoanViews} from "./LoanViews.sol";
import {Restructuring} from "./Restructuring.sol";
import {Servicing} from "./Servicing.sol";
import {Totals} from "./Totals.sol";
import {WriteOffs} from "./WriteOffs.sol";

/// @dev What guarantors are asked for, and what they pay.
library Recourse {
    using Books for Ledger;
    using LoanMath for Position;
    using Totals for Ledger;

    function demand(Ledger storage l, Wiring calldata w, uint64 guaranteeId, uint128 amount, uint24 today, PersonId person)
        external
    {
        IGuaranteeRegistry.Guarantee memory g = w.guarantees.guaranteeOf(guaranteeId);
        w.guarantees.demand(guaranteeId, amount, person);
        uint256 most = _covered(l, Books.raw(g.loanId), guaranteeId, g.beneficiary, today);
        if (amount > most) revert IWorkout.LoanBook_DemandExceedsCovered(guaranteeId, amount, uint128(most));
    }

    /// @dev Of what is owed, all but what restructurings added without the guarantor's consent. Payments since then are taken
    /// from the covered part first, in the guarantor's favour.
    function _covered(Ledger storage l, uint64 id, uint64 guaranteeId, CustomerId beneficiary, uint256 today)
        private
        view
        returns (uint256)
    {
        Position memory p = LoanViews.at(l, id, today);
        if (CustomerId.unwrap(beneficiary) != p.customer) revert IWorkout.LoanBook_GuaranteeNotOfLoan(guaranteeId, id);
        uint256 added = FixedPointMathLib.zeroFloorSub(p.care.uncovered(), Restructuring.covered(l, id, guaranteeId));
        return FixedPointMathLib.zeroFloorSub(LoanViews.claim(p), added);
    }

    function pay(Ledger storage l, Wiring calldata w, uint64 guaranteeId, uint128 amount, uint24 today) external {
        IGuaranteeRegistry.Guarantee memory g = w.guarantees.guaranteeOf(guaranteeId);
        uint64 id = Books.raw(g.loanId);
        if (w.customers.accountOf(g.guarantor) != msg.sender) {
            revert IWorkout.LoanBook_NotParty(id, msg.sender, CustomerId.unwrap(g.guarantor));
        }
        Position memory p = l.load(id);
        Books.check(id, p, PAY_ON_GUARANTEE);
        if (Books.isLive(p)) {
            uint256 principal = Servicing.receivePayment(l, id, p, amount, today, msg.sender).principal;
            l.count(p);
            if (principal != 0) w.policy.reduce(Books.keys(p), uint128(principal));
        } else {
            WriteOffs.receiveRecovery(l, id, p, amount, today, msg.sender, PersonId.wrap(0));
        }
        w.guarantees.settle(guaranteeId, amount);
        w.token.burnPayment(msg.sender, amount);
    }
}
