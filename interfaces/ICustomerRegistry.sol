// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {CustomerId, GroupId} from "../contracts/types/Ids.sol";
import {CustomerKind} from "../contracts/types/Enums.sol";

/// @title The bank's customers
/// @notice A customer is a number, not an address; accounts are bound to it, and rebinding takes two officers
/// and a delay. Only salted commitments stand for persons; a retail pool carries its borrower count.
interface ICustomerRegistry {
    /// @notice One customer to register.
    struct Registration {
        bytes32 commitment; // salted commitment to who it is; also the external reference of an import
        uint8 kind; // CustomerKind
        bytes4 industry; // default section and division, e.g. "K70"
        bytes6 region; // default region, e.g. "CN-GD"
        GroupId group; // connected group, zero for none
        uint32 borrowers; // number of borrowers of a retail pool; 1 for everybody else
    }

    /// @notice A customer as stored.
    struct Customer {
        CustomerKind kind;
        bytes4 industry;
        bytes6 region;
        GroupId group;
        uint32 borrowers;
        uint24 registeredOn;
    }

    /// @notice A customer was registered. `importId` is zero for new business.
    event CustomerRegistered(
        uint32 indexed customer,
        uint8 indexed kind,
        bytes32 commitment,
        bytes4 industry,
        bytes6 region,
        uint32 group,
        uint32 borrowers,
        uint24 registeredOn,
        uint32 importId,
        uint32 person
    );
    /// @notice A customer's connected group changed.
    event CustomerGrouped(uint32 indexed customer, uint32 indexed group, uint32 previous, uint32 person);
    /// @notice A pool's borrower count changed.
    event BorrowersCounted(uint32 indexed customer, uint32 borrowers, uint32 previous, uint32 person);
    /// @notice An account was bound to a customer for the first time.
    event CustomerAccountBound(uint32 indexed customer, address indexed account, uint32 person);
    /// @notice A change of account was proposed and may be confirmed from a time on.
    event RebindingProposed(uint32 indexed customer, address indexed account, uint40 notBefore, uint32 person);
    /// @notice A change of account was confirmed by another person after the delay.
    event AccountRebound(uint32 indexed customer, address indexed account, address previous, uint32 person);

    /// @notice Thrown when a commitment is already registered, or is zero (customer zero).
    error CustomerRegistry_AlreadyRegistered(uint32 customer);
    /// @notice Thrown when a customer does not exist.
    error CustomerRegistry_Unknown(uint32 customer);
    /// @notice Thrown when a kind or borrower count is not allowed: a pool has borrowers, everybody else is one.
    error CustomerRegistry_KindInvalid(uint8 kind, uint32 borrowers);
    /// @notice Thrown when an industry or region code is not a letter followed by capital letters, digits or hyphens and
    /// padded with zeros. An industry may be zero (a person belongs to none), a region may not.
    error CustomerRegistry_CodeInvalid(bytes4 industry, bytes6 region);
    /// @notice Thrown when an account is already bound to a customer, or is the zero address (customer zero).
    error CustomerRegistry_AccountTaken(address account, uint32 customer);
    /// @notice Thrown when a first binding is tried on a customer that has an account.
    error CustomerRegistry_AlreadyBound(uint32 customer, address account);
    /// @notice Thrown when another account is proposed for a customer that has none yet.
    error CustomerRegistry_NotBound(uint32 customer);
    /// @notice Thrown when a rebinding is confirmed too early, or none is proposed.
    error CustomerRegistry_RebindingNotReady(uint32 customer, uint40 notBefore);

    /// @notice Thrown when a customer is put into the group it is in, or a pool's count would not change.
    error CustomerRegistry_Unchanged(uint32 customer);

    /// @notice Register a customer. Only loan officers.
    function register(Registration calldata registration) external returns (CustomerId);
    /// @notice Register customers of an opening book. Only loan officers, under a released import.
    function importCustomers(uint32 importId, Registration[] calldata rows) external;
    /// @notice Change a customer's connected group. Only risk officers.
    function setGroup(CustomerId customer, GroupId group) external;
    /// @notice Change a pool's borrower count. Only loan officers.
    function setBorrowers(CustomerId customer, uint32 borrowers) external;
    /// @notice Bind a customer's first account. Only approvers, never the person who registered the customer.
    function bindAccount(CustomerId customer, address account) external;
    /// @notice Propose another account; a later proposal takes the place of an earlier and
    /// starts the delay anew. Only loan officers.
    function proposeRebinding(CustomerId customer, address account) external;
    /// @notice Confirm it after the delay. Only approvers, never the proposer.
    function confirmRebinding(CustomerId customer) external;

    /// @return The customer as stored. Reverts for an unknown one.
    function customerOf(CustomerId customer) external view returns (Customer memory);
    /// @return The node limits and guarantees count a customer under: 2^32 plus its group's number, or the
    /// customer's own number. One storage read; reverts for an unknown customer.
    function nodeOf(CustomerId customer) external view returns (uint64);
    /// @return account The proposed account, zero for none. @return notBefore When it may be confirmed. @return person Who proposed it.
    function rebindingOf(CustomerId customer) external view returns (address account, uint40 notBefore, uint32 person);
    /// @return The customer behind a commitment, zero for none.
    function byCommitment(bytes32 commitment) external view returns (CustomerId);
    /// @return The customer's account, zero for none.
    function accountOf(CustomerId customer) external view returns (address);
    /// @return The customer an account is bound to, zero for none.
    function customerOfAccount(address account) external view returns (CustomerId);
    /// @return The number of customers.
    function customers() external view returns (uint32);
}
