// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

/// @title Who may act, for whom, and on which business date
/// @notice Roles live here (OpenZeppelin AccessControl) and are mirrored into every enlisted contract.
/// A role is the bytes32 word with bit Role(n) set; DEFAULT_ADMIN_ROLE (zero) administers, and its last
/// holder cannot be lost. A person may hold several accounts; roles are granted to accounts.
interface IAuthority {
    /// @notice A person who acts for the bank was enrolled. `commitment` is a salted hash, never a name.
    event PersonEnrolled(uint32 indexed person, bytes32 commitment);
    /// @notice An account was bound to a person (zero for a system contract).
    event AccountBound(address indexed account, uint32 indexed person);
    /// @notice A contract was enlisted: seats and days are mirrored into it.
    event ContractEnlisted(address indexed target);
    /// @notice A business day was opened.
    event DayOpened(uint24 indexed businessDate, uint32 person);
    /// @notice A business day was closed.
    event DayClosed(uint24 indexed businessDate, uint32 person);
    /// @notice Acts were paused until a time. Repayment, release and the recording of facts go on.
    event Paused(uint40 until, uint32 person);
    /// @notice The pause was lifted before it expired.
    event Unpaused(uint32 person);

    /// @notice Thrown when an account without a person would be given a role of a person.
    error Authority_AccountUnbound(address account);
    /// @notice Thrown when an account is already bound to another person.
    error Authority_AccountTaken(address account, uint32 person);
    /// @notice Thrown when a person does not exist.
    error Authority_PersonUnknown(uint32 person);
    /// @notice Thrown when the last administrator would be lost.
    error Authority_LastAdministrator(address account);
    /// @notice Thrown when a contract is enlisted twice.
    error Authority_AlreadyEnlisted(address target);
    /// @notice Thrown when a business day does not advance, passes the block's date, or is opened while one is open.
    error Authority_DayOutOfOrder(uint24 businessDate, uint24 current, uint24 blockDate);
    /// @notice Thrown when a day is closed that is not open.
    error Authority_DayNotOpen(uint24 businessDate);
    /// @notice Thrown when a pause is longer than allowed.
    error Authority_PauseTooLong(uint40 duration, uint40 longest);
    /// @notice Thrown when a role is neither an administrator's nor one of Role's bits.
    error Authority_RoleUnknown(bytes32 role);

    /// @notice Enrol a person. Only administrators.
    function enrol(bytes32 commitment) external returns (uint32 person);
    /// @notice Bind an account to a person; roles of one person's accounts never check each other. Only administrators.
    function bind(address account, uint32 person) external;
    /// @notice Enlist a contract; the seats of all accounts and the day are mirrored into it at once. Only administrators.
    function enlist(address target) external;
    /// @notice Open the next business day. Only the treasurer. It only advances and never passes the block's date.
    function openDay(uint24 businessDate) external;
    /// @notice Close the open business day; contracts emit their control totals. Only the treasurer.
    function closeDay() external;
    /// @notice Pause acts for at most seven days. Only the guardian.
    function pause(uint40 duration) external;
    /// @notice Lift the pause. Only the guardian.
    function unpause() external;

    /// @return The person an account is bound to, zero for none.
    function personOf(address account) external view returns (uint32);
    /// @return The account's seat as mirrored (roles in bits 0-191, person in bits 192-223).
    function seatOf(address account) external view returns (uint256);
    /// @return The enlisted contracts.
    function enlisted() external view returns (address[] memory);
    /// @return businessDate The current business date. @return open Whether it is open.
    function day() external view returns (uint24 businessDate, bool open);
}
