// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {ILoanBook} from "../../interfaces/ILoanBook.sol";
import {ILoanQuality} from "../../interfaces/ILoanQuality.sol";
import {LoanMath} from "../libraries/LoanMath.sol";
import {Floor} from "../types/CareWord.sol";
import {Category, ClassificationReason} from "../types/Enums.sol";
import {PersonId} from "../types/Ids.sol";
import {ASSESS_LOSS, CLASSIFY, CLEAR_MISUSE, EXEMPT_DELAY, FIND_MISUSE, JUDGE} from "../types/LoanActs.sol";
import {Position} from "../types/LoanStorage.sol";
import {Books, Ledger} from "./Ledger.sol";
import {Quality} from "./Quality.sol";
import {Terms} from "./Terms.sol";

/// @dev What persons find about a loan: how good it is, what will be lost on it, why it is late, what its money is used for;
/// and how a restructured loan comes through its observation. A worse floor holds at once; a better one, by
/// judgement or expected loss, needs a second person, and so does less misuse. Technical delays take one.
library Judgement {
    using Books for Ledger;
    using LoanMath for Position;
    using Terms for Ledger;

    uint256 private constant OBSERVED_PAYMENTS = 2;
    /// @dev Misuse has a relief of its own, as each floor has.
    uint256 private constant MISUSE = uint256(type(Floor).max) + 1;

    /// @dev Who finds something, why, and when.
    struct Finding {
        PersonId maker;
        PersonId checker;
        uint24 today;
        uint16 lastTable;
        bytes32 reasonHash;
    }

    // ------------------------------------------------------------------ judgement
    function judge(Ledger storage l, uint64 id, uint256 category, Finding memory f) external {
        Position memory p = l.load(id);
        Books.check(id, p, JUDGE);
        category = _binding(category);
        uint256 previous = p.care.floorOf(Floor.Judgement);
        if (category < previous) {
            return _propose(l, id, uint256(Floor.Judgement), _hash(Floor.Judgement, id, category, previous, f), f);
        }
        l.passOverdue(id, p, f.today);
        _setFloor(l, id, p, Floor.Judgement, category, f);
    }

    function confirmJudgement(Ledger storage l, uint64 id, uint256 category, Finding memory f) external {
        Position memory p = l.load(id);
        Books.check(id, p, JUDGE);
        category = _binding(category);
        uint256 previous = p.care.floorOf(Floor.Judgement);
        f.maker = _consume(l, id, uint256(Floor.Judgement), _hash(Floor.Judgement, id, category, previous, f), f);
        l.passOverdue(id, p, f.today);
        _setFloor(l, id, p, Floor.Judgement, category, f);
    }

    /// @dev No loan is better than Pass, so that binds nothing.
    function _binding(uint256 category) private pure returns (uint256) {
        return category <= uint256(Category.Pass) ? uint256(Category.None) : category;
    }

    // ------------------------------------------------------------------ expected loss
    function assessLoss(Ledger storage l, uint64 id, uint256 expectedLoss, Finding memory f) external {
        Position memory p = l.load(id);
        Books.check(id, p, ASSESS_LOSS);
        uint256 previous = p.care.floorOf(Floor.ExpectedLoss);
        l.passOverdue(id, p, f.today);
        uint256 category = _byLoss(id, p, expectedLoss);
        if (category >= previous) return _assess(l, id, p, expectedLoss, category, f);
        l.store(id, p); // due dates passed, and that was told
        _propose(l, id, uint256(Floor.ExpectedLoss), _hash(Floor.ExpectedLoss, id, expectedLoss, previous, f), f);
    }

    function confirmAssessment(Ledger storage l, uint64 id, uint256 expectedLoss, Finding memory f) external {
        Position memory p = l.load(id);
        Books.check(id, p, ASSESS_LOSS);
        uint256 previous = p.care.floorOf(Floor.ExpectedLoss);
        f.maker = _consume(l, id, uint256(Floor.ExpectedLoss), _hash(Floor.ExpectedLoss, id, expectedLoss, previous, f), f);
        l.passOverdue(id, p, f.today);
        _assess(l, id, p, expectedLoss, _byLoss(id, p, expectedLoss), f);
    }

    /// @dev An assessment that leaves the floor as it is, is told all the same.
    function _assess(
        Ledger storage l, uint64 id, Position memory p, uint256 expectedLoss, uint256 category, Finding memory f
    ) private {
        uint256 claim = p.principal + p.interestDue;
        if (category == p.care.floorOf(Floor.ExpectedLoss)) _settle(l, id, p, Floor.ExpectedLoss, f);
        else _setFloor(l, id, p, Floor.ExpectedLoss, category, f);
        emit ILoanQuality.LossAssessed(
            id, uint128(expectedLoss), uint128(claim), f.reasonHash, f.today, PersonId.unwrap(f.maker), PersonId.unwrap(f.checker)
        );
    }

    function _byLoss(uint64 id, Position memory p, uint256 expectedLoss) private pure returns (uint256) {
        uint256 claim = p.principal + p.interestDue;
        if (expectedLoss > claim) revert ILoanBook.LoanBook_AmountInvalid(id, expectedLoss, claim);
        if (claim == 0) return uint256(Category.None);
        if (expectedLoss * 10 >= claim * 9) return uint256(Category.Loss);
        return uint256(expectedLoss * 2 >= claim ? Category.Doubtful : Category.None);
    }

    // ------------------------------------------------------------------ floors
    function _setFloor(Ledger storage l, uint64 id, Position memory p, Floor floor, uint256 category, Finding memory f) private {
        uint256 previous = p.care.floorOf(floor);
        if (category == previous) revert ILoanQuality.LoanQuality_FloorUnchanged(id, uint8(floor), uint8(category));
        p.care = p.care.withFloor(floor, category);
        _settle(l, id, p, floor, f);
        emit ILoanQuality.FloorSet(
            id, uint8(floor), uint8(category), uint8(previous), f.today, PersonId.unwrap(f.maker), PersonId.unwrap(f.checker),
            f.reasonHash
        );
    }

    /// @dev Whatever is found anew, a relief proposed before is void.
    function _settle(Ledger storage l, uint64 id, Position memory p, Floor floor, Finding memory f) private {
        delete l.reliefs[_key(id, uint256(floor))];
        Quality.settle(l, id, p, f.today, l.tableOn(f.lastTable, f.today), Quality.reasonOf(floor));
    }

    // ------------------------------------------------------------------ relief
    /// @dev In place of any other relief of the same.
    function _propose(Ledger storage l, uint64 id, uint256 floor, bytes32 relief, Finding memory f) private {
        l.reliefs[_key(id, floor)] = relief;
        l.propose(id, relief, f.today, f.maker);
    }

    function _consume(Ledger storage l, uint64 id, uint256 floor, bytes32 relief, Finding memory f)
        private
        returns (PersonId maker)
    {
        if (l.reliefs[_key(id, floor)] != relief) revert ILoanBook.LoanBook_NotProposed(id);
        return l.consume(id, relief, f.today, f.checker);
    }

    function _key(uint64 id, uint256 floor) private pure returns (uint256) {
        return (uint256(id) << 8) | floor;
    }

    function _hash(Floor floor, uint64 id, uint256 what, uint256 previous, Finding memory f) private pure returns (bytes32) {
        return keccak256(abi.encode("relief", floor, id, what, previous, f.reasonHash));
    }

    // ------------------------------------------------------------------ technical delay
    function exemptTechnicalDelay(Ledger storage l, uint64 id, Finding memory f) external {
        Position memory p = l.load(id);
        Books.check(id, p, EXEMPT_DELAY);
        l.passOverdue(id, p, f.today);
        uint24 daysPastDue = Books.daysPastDue(p, f.today);
        if (daysPastDue == 0 || daysPastDue > Quality.TECHNICAL_DAYS) {
            revert ILoanQuality.LoanQuality_NoTechnicalDelay(id, daysPastDue);
        }
        uint24 oldestDue = uint24(p.oldestDue);
        if (l.exempted[id] == oldestDue) revert ILoanQuality.LoanQuality_AlreadyExempt(id, oldestDue);
        l.exempted[id] = oldestDue;
        Quality.settle(l, id, p, f.today, l.tableOn(f.lastTable, f.today), ClassificationReason.DaysPastDue);
        emit ILoanQuality.TechnicalDelayExempted(
            id, oldestDue, daysPastDue, f.reasonHash, f.today, PersonId.unwrap(f.maker)
        );
    }

    // ------------------------------------------------------------------ observation
    function endObservation(Ledger storage l, uint64 id, uint24 today, uint16 lastTable) external {
        Position memory p = l.load(id);
        Books.check(id, p, CLASSIFY);
        l.passOverdue(id, p, today);
        (uint256 until, uint256 payments) = (p.care.observedUntil(), p.care.observedPayments());
        if (until == 0 || today <= until || payments < OBSERVED_PAYMENTS || p.due() != 0) {
            revert ILoanQuality.LoanQuality_ObservationStands(id, uint24(until), uint8(payments), uint128(p.due()));
        }
        uint256 previous = p.care.floorOf(Floor.Restructured);
        p.care = p.care.withFloor(Floor.Restructured, 0).withObservation(0, 0);
        Quality.settle(l, id, p, today, l.tableOn(lastTable, today), ClassificationReason.ObservationEnded);
        emit ILoanQuality.ObservationEnded(id, uint8(payments), today);
        if (previous == 0) return;
        emit ILoanQuality.FloorSet(id, uint8(Floor.Restructured), 0, uint8(previous), today, 0, 0, 0);
    }

    // ------------------------------------------------------------------ misuse
    /// @dev As with a floor: more holds at once, less is proposed.
    function findMisuse(Ledger storage l, uint64 id, uint256 principal, Finding memory f) external {
        Position memory p = l.load(id);
        Books.check(id, p, FIND_MISUSE);
        if (principal == 0 || principal > p.principal) {
            revert ILoanBook.LoanBook_AmountInvalid(id, principal, p.principal);
        }
        if (principal < p.care.misused()) return _proposeLess(l, id, p, principal, f);
        l.advance(id, p, f.today, 0);
        _setMisused(l, id, p, principal, f);
    }

    function clearMisuse(Ledger storage l, uint64 id, Finding memory f) external {
        Position memory p = l.load(id);
        Books.check(id, p, CLEAR_MISUSE);
        if (p.care.misused() == 0) revert ILoanQuality.LoanQuality_NoMisuse(id);
        _proposeLess(l, id, p, 0, f);
    }

    function confirmMisuse(Ledger storage l, uint64 id, uint256 principal, Finding memory f) external {
        Position memory p = l.load(id);
        Books.check(id, p, CLEAR_MISUSE);
        f.maker = _consume(l, id, MISUSE, _lessHash(id, p, principal, f), f);
        l.advance(id, p, f.today, 0);
        _setMisused(l, id, p, principal, f);
    }

    function _proposeLess(Ledger storage l, uint64 id, Position memory p, uint256 principal, Finding memory f) private {
        _propose(l, id, MISUSE, _lessHash(id, p, principal, f), f);
    }

    function _lessHash(uint64 id, Position memory p, uint256 principal, Finding memory f) private pure returns (bytes32) {
        return keccak256(abi.encode("misuse", id, principal, p.care.misused(), f.reasonHash));
    }

    /// @dev The loan has accrued to today: penalty interest up to it is that of what was known before.
    function _setMisused(Ledger storage l, uint64 id, Position memory p, uint256 principal, Finding memory f) private {
        if (principal > p.principal) revert ILoanBook.LoanBook_AmountInvalid(id, principal, p.principal);
        delete l.reliefs[_key(id, MISUSE)];
        uint256 previous = p.care.misused();
        p.care = p.care.withMisused(principal);
        l.store(id, p);
        (uint32 maker, uint32 checker) = (PersonId.unwrap(f.maker), PersonId.unwrap(f.checker));
        if (principal == 0) {
            emit ILoanQuality.MisuseCleared(id, uint128(previous), p.accrued, f.reasonHash, f.today, maker, checker);
        } else {
            emit ILoanQuality.MisuseFound(
                id, uint128(principal), uint128(previous), p.accrued, f.reasonHash, f.today, maker, checker
            );
        }
    }
}
