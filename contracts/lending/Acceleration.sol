// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {ILoanBook} from "../../interfaces/ILoanBook.sol";
import {ILoanQuality} from "../../interfaces/ILoanQuality.sol";
import {LoanMath} from "../libraries/LoanMath.sol";
import {PersonId} from "../types/Ids.sol";
import {CALL} from "../types/LoanActs.sol";
import {Position} from "../types/LoanStorage.sol";
import {Books, Ledger, Wiring} from "./Ledger.sol";

/// @dev A loan in default called by two persons: what was to fall due later falls due now, as one last instalment.
library Acceleration {
    using Books for Ledger;
    using LoanMath for Position;

    function propose(Ledger storage l, uint64 id, uint24 today, PersonId maker) external {
        Position memory p = l.load(id);
        _expectCallable(id, p);
        l.propose(id, _hash(id, p), today, maker);
    }

    function callLoan(Ledger storage l, Wiring calldata w, uint64 id, uint24 today, PersonId checker) external {
        Position memory p = l.load(id);
        _expectCallable(id, p);
        PersonId maker = l.consume(id, _hash(id, p), today, checker);
        l.advance(id, p, today, 0);
        if (p.principal == p.principalDue) revert ILoanQuality.LoanQuality_NothingToCall(id);
        bool clean = p.principalDue + p.interestDue == 0;
        (uint256 principal, uint256 interest) = p.fallDueWhole();
        if (clean) p.oldestDue = today;
        l.obligations[Books.obligationKey(id, p, p.instalment)] = today | (principal << 16) | (interest << 63);
        p.care = p.care.withCalled();
        uint256 lapsed = p.undrawn;
        p.undrawn = 0;
        l.store(id, p);
        Books.tellFallen(id, p, today, principal, interest);
        emit ILoanQuality.LoanCalled(
            id, uint16(p.instalment), uint128(principal), uint128(interest), today, PersonId.unwrap(maker), PersonId.unwrap(checker)
        );
        if (lapsed == 0) return;
        emit ILoanBook.ApprovalLapsed(id, uint128(lapsed), uint8(p.state), today);
        w.policy.unreserve(Books.keys(p), uint128(lapsed));
    }

    function _expectCallable(uint64 id, Position memory p) private pure {
        Books.check(id, p, CALL);
        if (p.care.isCalled()) revert ILoanQuality.LoanQuality_AlreadyCalled(id);
        if (p.principal == p.principalDue) revert ILoanQuality.LoanQuality_NothingToCall(id);
    }

    /// @dev What was proposed on one default is no reason to call on another.
    function forget(Ledger storage l, uint64 id, Position memory p) internal {
        delete l.proposals[_hash(id, p)];
    }

    /// @dev Nor is it one to call what was agreed on anew.
    function _hash(uint64 id, Position memory p) private pure returns (bytes32) {
        return keccak256(abi.encode("call", id, p.care.restructurings()));
    }
}
