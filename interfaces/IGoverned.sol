// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

/// @title What every contract of the book shares: seats, the business day and the pause
/// @notice Authority is the one truth of who may act and on which business date. It mirrors each
/// account's seat, and the day, into every enlisted contract, so that a restricted call costs one
/// storage read instead of a call to another contract.
interface IGoverned {
    /// @notice Thrown when the caller's seat holds none of the roles that may make the call.
    /// @param account The caller.
    /// @param allowed The roles that may, as a bit mask (bit n = Role(n)).
    error Governed_RoleMissing(address account, uint192 allowed);
    /// @notice Thrown when somebody other than Authority pushes seats or days.
    error Governed_NotAuthority(address account, address authority);
    /// @notice Thrown when an act is tried while acts are paused.
    error Governed_Paused(uint40 until);
    /// @notice Thrown when a posting is tried while no business day is open.
    error Governed_DayNotOpen(uint24 businessDate);
    /// @notice Thrown when the value date is after the business date or before the back-value window.
    error Governed_ValueDateOutOfRange(uint24 valueDate, uint24 earliest, uint24 latest);
    /// @notice Thrown when maker and checker are the same person.
    error Governed_SamePerson(uint32 person);
    /// @notice Thrown when a code is beyond the last one known of its kind (`docs/events.md` lists them).
    error Governed_CodeUnknown(uint8 code, uint8 last);

    /// @notice Mirror one account's seat. Only Authority.
    function setSeat(address account, uint256 seat) external;
    /// @notice Mirror the business day. Only Authority. Closing makes a contract emit its control totals.
    function setDay(uint24 businessDate, bool open) external;
    /// @notice Mirror the pause. Only Authority.
    function setPause(uint40 until) external;

    /// @return The account's seat (roles in bits 0-191, person in bits 192-223).
    function seatOf(address account) external view returns (uint256);
    /// @return businessDate The current business date (days since 1970-01-01).
    /// @return open Whether the day is open for postings.
    /// @return pausedUntil Unix time until which acts are refused.
    function dayAndPause() external view returns (uint24 businessDate, bool open, uint40 pausedUntil);
    /// @return The contract that pushes seats and days.
    function authority() external view returns (address);
}
