// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

/// @title An opening book, proposed by a maker and released by a checker
/// @notice Each registry that takes an opening book carries this gate. The proposal states the file's hash,
/// the number of rows and their total; rows come in batches; completion reverts unless count and total agree.
/// Rows carry external references, so a cut-off import resumes by reference. The opening closes once.
interface IImporting {
    /// @notice An import was proposed. `total` is in fen (loans: outstanding principal; collateral: value;
    /// guarantees: cover; customers: zero).
    event ImportProposed(uint32 indexed importId, bytes32 fileHash, uint32 rows, uint128 total, uint32 person);
    /// @notice A proposed import was released by another person.
    event ImportReleased(uint32 indexed importId, uint32 person);
    /// @notice All rows are in and agree with what was proposed.
    event ImportCompleted(uint32 indexed importId, uint32 rows, uint128 total, uint32 person);
    /// @notice An import will not be completed; the rows taken so far stay booked.
    event ImportAbandoned(uint32 indexed importId, uint32 rows, uint128 total, uint32 person);
    /// @notice No further import is possible.
    event OpeningClosed(uint32 person);

    /// @notice Thrown when an import is not in the state the call needs.
    error Importing_WrongState(uint32 importId, uint8 have, uint8 need);
    /// @notice Thrown when rows or total differ from what was proposed.
    error Importing_Mismatch(uint32 importId, uint32 rows, uint32 rowsProposed, uint128 total, uint128 totalProposed);
    /// @notice Thrown when the opening is closed, or would be closed while an import is under way.
    error Importing_OpeningClosed(uint32 importsUnderWay);
    /// @notice Thrown when a proposal has no rows.
    error Importing_Empty();

    /// @notice Propose an import. Only loan officers.
    function proposeImport(bytes32 fileHash, uint32 rows, uint128 total) external returns (uint32 importId);
    /// @notice Release a proposed import. Only approvers, never the proposer.
    function releaseImport(uint32 importId) external;
    /// @notice Declare an import complete. Only loan officers.
    function completeImport(uint32 importId) external;
    /// @notice Give up an import that is proposed or under way. Only the board.
    function abandonImport(uint32 importId) external;
    /// @notice Close the opening for good. Only the board.
    function closeOpening() external;

    /// @return state ImportState. @return rows Rows taken so far. @return total Their total in fen.
    function importOf(uint32 importId) external view returns (uint8 state, uint32 rows, uint128 total);
    /// @return Whether the opening is closed.
    function openingClosed() external view returns (bool);
}
