// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

/// @title Who may act, for whom, and on which business date
/// @notice Roles live here (OpenZeppelin AccessControl) and are mirrored into every enlisted contract.
/// A role is the bytes32 word with bit Role(n) set; DEFAULT_ADMIN_ROLE (zero) administers. A person may hold
/// several accounts; roles are granted to accounts, and an account never passes from one person to another.
///
/// Whatever widens anybody's power takes two administrators: one proposes the hash of a call's data, another
/// person makes the call. What narrows it (revoking, renouncing) takes one, and can never leave fewer than two
/// persons to administer.
interface IAuthority {
    /// @notice A person who administers from the first block on.
    struct Founder {
        address account;
        bytes32 commitment;
    }

    /// @notice A person who acts for the bank was enrolled. `commitment` is a salted hash, never a name.
    event PersonEnrolled(uint32 indexed person, bytes32 commitment);
    /// @notice An administrator proposed a call, by the hash of its data.
    event CallProposed(bytes32 indexed callHash, uint32 person);
    /// @notice An administrator withdrew a proposed call.
    event CallWithdrawn(bytes32 indexed callHash, uint32 person);
    /// @notice An account was bound to a person.
    event AccountBound(address indexed account, uint32 indexed person);
    /// @notice A contract was enlisted: seats, day and pause are mirrored into it.
    event ContractEnlisted(address indexed target);
    /// @notice A business day was opened.
    event DayOpened(uint24 indexed businessDate, uint32 person);
    /// @notice A business day was closed.
    event DayClosed(uint24 indexed businessDate, uint32 person);
    /// @notice Acts were paused until a time. Repayment, release and the recording of facts go on.
    event Paused(uint40 until, uint32 person);
    /// @notice The pause was lifted before it expired.
    event Unpaused(uint32 person);

    /// @notice Thrown when fewer than two persons would administer.
    error Authority_FoundersInvalid(address first, address second);
    /// @notice Thrown when the bank's zone is further than 14 hours from UTC.
    error Authority_ZoneInvalid(int32 zoneOffset);
    /// @notice Thrown when a commitment is zero or already stands for a person.
    error Authority_AlreadyEnrolled(uint32 person);
    /// @notice Thrown when an account without a person would be given a role of a person, or an account that is
    /// not an enlisted contract a role of a system contract.
    error Authority_AccountUnbound(address account);
    /// @notice Thrown when an account is already bound to a person, or is a contract of the system (person zero).
    error Authority_AccountTaken(address account, uint32 person);
    /// @notice Thrown when a person does not exist.
    error Authority_PersonUnknown(uint32 person);
    /// @notice Thrown when fewer than two persons would be left to administer.
    error Authority_LastAdministrator(address account);
    /// @notice Thrown when a call was not proposed, or its proposer administers no more.
    error Authority_NotProposed(address account);
    /// @notice Thrown when a call is proposed again while its first proposal waits.
    error Authority_AlreadyProposed(uint32 person);
    /// @notice Thrown when a contract is enlisted twice.
    error Authority_AlreadyEnlisted(address target);
    /// @notice Thrown when what would be enlisted does not name this contract as its authority.
    error Authority_ForeignContract(address target);
    /// @notice Thrown when a business day does not advance, passes the block's date, or is opened while one is open.
    error Authority_DayOutOfOrder(uint24 businessDate, uint24 current, uint24 blockDate);
    /// @notice Thrown when a day is closed that is not open.
    error Authority_DayNotOpen(uint24 businessDate);
    /// @notice Thrown when a pause is zero or longer than allowed.
    error Authority_PauseTooLong(uint40 duration, uint40 longest);
    /// @notice Thrown when a pause would begin during another, or too soon after one.
    error Authority_PauseTooSoon(uint40 notBefore);
    /// @notice Thrown when a pause is lifted that does not run.
    error Authority_NotPaused();
    /// @notice Thrown when a role is neither the administrator's nor one of Role's bits.
    error Authority_RoleUnknown(uint256 role);

    /// @notice Enrol a person. Only administrators; the person can do nothing until an account is bound.
    function enrol(bytes32 commitment) external returns (uint32 person);
    /// @notice Propose calls that another administrator will make, by the keccak256 of each call's data. Only administrators.
    function propose(bytes32[] calldata callHashes) external;
    /// @notice Withdraw a proposed call. Only administrators.
    function withdraw(bytes32 callHash) external;
    /// @notice Bind an account to a person for good; one person's accounts never check each other. Administrators,
    /// after another's proposal, as with `enlist` and `grantRole`.
    function bind(address account, uint32 person) external;
    /// @notice Enlist a contract; the seats of all accounts, the day and the pause are mirrored into it at once.
    function enlist(address target) external;
    /// @notice Open the next business day. Only the treasurer. It only advances and never passes the block's date.
    function openDay(uint24 businessDate) external;
    /// @notice Close the open business day; contracts emit their control totals. Only the treasurer.
    function closeDay() external;
    /// @notice Pause acts for at most seven days. Only the guardian. A pause cannot be prolonged, and a day of
    /// business lies between two.
    function pause(uint40 duration) external;
    /// @notice Lift the pause. Only the guardian.
    function unpause() external;

    /// @return The person an account is bound to, zero for none.
    function personOf(address account) external view returns (uint32);
    /// @return The number of persons enrolled.
    function persons() external view returns (uint32);
    /// @return The person who proposed a call that waits, zero for none.
    function proposerOf(bytes32 callHash) external view returns (uint32);
    /// @return The account's seat as mirrored (roles in bits 0-191, person in bits 192-223).
    function seatOf(address account) external view returns (uint256);
    /// @return The accounts of persons and the enlisted contracts, in the order they came.
    function seated() external view returns (address[] memory);
    /// @return The enlisted contracts.
    function enlisted() external view returns (address[] memory);
    /// @return businessDate The current business date. @return open Whether it is open.
    function day() external view returns (uint24 businessDate, bool open);
    /// @return Unix time until which acts are refused.
    function pausedUntil() external view returns (uint40);
    /// @return Seconds by which the bank's calendar runs ahead of UTC.
    function zoneOffset() external view returns (int32);
    /// @return The date of the block in the bank's zone (days since 1970-01-01).
    function blockDate() external view returns (uint24);
}
