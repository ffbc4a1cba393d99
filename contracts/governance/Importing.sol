// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {IImporting} from "../../interfaces/IImporting.sol";
import {ImportState, Role} from "../types/Enums.sol";
import {PersonId} from "../types/Ids.sol";
import {Governed} from "./Governed.sol";

/// @dev The gate an opening book passes: proposed, released by another person, counted, completed
/// (or abandoned, lest one wrong proposal keep the opening open for ever), closed.
abstract contract Importing is Governed, IImporting {
    struct Opening {
        // slot 0
        uint128 totalProposed;
        uint128 total;
        // slot 1
        uint32 rowsProposed;
        uint32 rows;
        PersonId maker;
        ImportState state;
    }

    mapping(uint32 importId => Opening) private _openings;
    uint32 private _imports;
    uint32 private _underWay;
    /// @inheritdoc IImporting
    bool public openingClosed;

    /// @inheritdoc IImporting
    function proposeImport(bytes32 fileHash, uint32 rows, uint128 total) external returns (uint32 importId) {
        PersonId maker = _only(Role.LoanOfficer);
        _actingDay();
        if (openingClosed) revert Importing_OpeningClosed(0);
        if (rows == 0) revert Importing_Empty();
        importId = ++_imports;
        ++_underWay;
        _openings[importId] =
            Opening({totalProposed: total, total: 0, rowsProposed: rows, rows: 0, maker: maker, state: ImportState.Proposed});
        emit ImportProposed(importId, fileHash, rows, total, PersonId.unwrap(maker));
    }

    /// @inheritdoc IImporting
    function releaseImport(uint32 importId) external {
        PersonId checker = _only(Role.Approver);
        _actingDay();
        Opening storage opening = _openings[importId];
        _expect(importId, opening.state, ImportState.Proposed);
        _differs(opening.maker, checker);
        opening.state = ImportState.Released;
        emit ImportReleased(importId, PersonId.unwrap(checker));
    }

    /// @inheritdoc IImporting
    function completeImport(uint32 importId) external {
        PersonId maker = _only(Role.LoanOfficer);
        Opening storage opening = _openings[importId];
        _expect(importId, opening.state, ImportState.Released);
        if (opening.rows != opening.rowsProposed || opening.total != opening.totalProposed) {
            revert Importing_Mismatch(importId, opening.rows, opening.rowsProposed, opening.total, opening.totalProposed);
        }
        opening.state = ImportState.Completed;
        --_underWay;
        emit ImportCompleted(importId, opening.rows, opening.total, PersonId.unwrap(maker));
    }

    /// @inheritdoc IImporting
    function abandonImport(uint32 importId) external {
        PersonId person = _only(Role.Board);
        Opening storage opening = _openings[importId];
        if (opening.state != ImportState.Proposed) _expect(importId, opening.state, ImportState.Released);
        opening.state = ImportState.Abandoned;
        --_underWay;
        emit ImportAbandoned(importId, opening.rows, opening.total, PersonId.unwrap(person));
    }

    /// @inheritdoc IImporting
    function closeOpening() external {
        PersonId person = _only(Role.Board);
        if (openingClosed || _underWay != 0) revert Importing_OpeningClosed(_underWay);
        openingClosed = true;
        emit OpeningClosed(PersonId.unwrap(person));
    }

    /// @inheritdoc IImporting
    function importOf(uint32 importId) external view returns (uint8 state, uint32 rows, uint128 total) {
        Opening storage opening = _openings[importId];
        return (uint8(opening.state), opening.rows, opening.total);
    }

    /// @dev Count a batch of rows of a released import; more than was proposed reverts.
    function _count(uint32 importId, uint256 rows, uint256 total) internal {
        Opening storage opening = _openings[importId];
        _expect(importId, opening.state, ImportState.Released);
        uint256 rowsAfter = opening.rows + rows;
        uint256 totalAfter = opening.total + total;
        if (rowsAfter > opening.rowsProposed || totalAfter > opening.totalProposed) {
            revert Importing_Mismatch(
                importId, uint32(rowsAfter), opening.rowsProposed, uint128(totalAfter), opening.totalProposed
            );
        }
        opening.rows = uint32(rowsAfter);
        opening.total = uint128(totalAfter);
    }

    function _expect(uint32 importId, ImportState have, ImportState need) private pure {
        if (have != need) revert Importing_WrongState(importId, uint8(have), uint8(need));
    }
}
