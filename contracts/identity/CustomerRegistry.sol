// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {ICreditPolicy} from "../../interfaces/ICreditPolicy.sol";
import {ICustomerRegistry} from "../../interfaces/ICustomerRegistry.sol";
import {Importing} from "../governance/Importing.sol";
import {Governed} from "../governance/Governed.sol";
import {known} from "../governance/Known.sol";
import {Codes} from "../libraries/Codes.sol";
import {CustomerKind, Role} from "../types/Enums.sol";
import {CustomerId, GroupId, PersonId} from "../types/Ids.sol";

/// @title CustomerRegistry
/// @dev One slot a customer, one more once an account is bound. See ICustomerRegistry.
contract CustomerRegistry is ICustomerRegistry, Importing {
    struct Stored {
        // slot 0
        CustomerKind kind;
        bytes4 industry;
        bytes6 region;
        GroupId group;
        uint32 borrowers;
        uint24 registeredOn;
        PersonId maker;
    }

    struct Rebinding {
        // slot 0
        address account;
        uint40 notBefore;
        PersonId maker;
    }

    uint40 private constant REBINDING_DELAY = 2 days;
    uint64 private constant GROUP_NODES = 1 << 32;

    ICreditPolicy private immutable POLICY;

    mapping(CustomerId => Stored) private _customers;
    mapping(CustomerId => address) private _accounts;
    mapping(CustomerId => Rebinding) private _rebindings;
    mapping(bytes32 commitment => CustomerId) private _byCommitment;
    mapping(address account => CustomerId) private _byAccount;
    /// @inheritdoc ICustomerRegistry
    uint32 public customers;

    constructor(address authority_, address policy) Governed(authority_) {
        POLICY = ICreditPolicy(policy);
    }

    // ---------------------------------------------------------------- registration

    /// @inheritdoc ICustomerRegistry
    function register(Registration calldata registration) external returns (CustomerId) {
        PersonId maker = _only(Role.LoanOfficer);
        return _register(registration, _actingDay(), 0, maker);
    }

    /// @inheritdoc ICustomerRegistry
    function importCustomers(uint32 importId, Registration[] calldata rows) external {
        PersonId maker = _only(Role.LoanOfficer);
        uint24 businessDate = _postingDay();
        _count(importId, rows.length, 0);
        for (uint256 i = 0; i < rows.length; ++i) {
            _register(rows[i], businessDate, importId, maker);
        }
    }

    function _register(Registration calldata registration, uint24 businessDate, uint32 importId, PersonId maker)
        private
        returns (CustomerId customer)
    {
        _check(registration);
        customer = CustomerId.wrap(++customers);
        _customers[customer] = Stored({
            kind: CustomerKind(registration.kind),
            industry: registration.industry,
            region: registration.region,
            group: registration.group,
            borrowers: registration.borrowers,
            registeredOn: businessDate,
            maker: maker
        });
        _byCommitment[registration.commitment] = customer;
        emit CustomerRegistered(
            CustomerId.unwrap(customer),
            registration.kind,
            registration.commitment,
            registration.industry,
            registration.region,
            GroupId.unwrap(registration.group),
            registration.borrowers,
            businessDate,
            importId,
            PersonId.unwrap(maker)
        );
        if (GroupId.unwrap(registration.group) != 0) POLICY.assignGroup(customer, registration.group);
    }

    function _check(Registration calldata registration) private view {
        CustomerId earlier = _byCommitment[registration.commitment];
        if (registration.commitment == bytes32(0) || CustomerId.unwrap(earlier) != 0) {
            revert CustomerRegistry_AlreadyRegistered(CustomerId.unwrap(earlier));
        }
        if (!Codes.isIndustry(registration.industry) || !Codes.isRegion(registration.region)) {
            revert CustomerRegistry_CodeInvalid(registration.industry, registration.region);
        }
        _checkBorrowers(CustomerKind(known(registration.kind, uint8(type(CustomerKind).max))), registration.borrowers);
    }

    function _checkBorrowers(CustomerKind kind, uint32 borrowers) private pure {
        bool allowed = kind == CustomerKind.RetailPool ? borrowers != 0 : kind != CustomerKind.None && borrowers == 1;
        if (!allowed) revert CustomerRegistry_KindInvalid(uint8(kind), borrowers);
    }

    // ---------------------------------------------------------------- changes

    /// @inheritdoc ICustomerRegistry
    function setGroup(CustomerId customer, GroupId group) external {
        PersonId person = _only(Role.RiskOfficer);
        _postingDay();
        Stored storage stored = _existing(customer);
        GroupId previous = stored.group;
        if (group == previous) revert CustomerRegistry_Unchanged(CustomerId.unwrap(customer));
        stored.group = group;
        emit CustomerGrouped(
            CustomerId.unwrap(customer), GroupId.unwrap(group), GroupId.unwrap(previous), PersonId.unwrap(person)
        );
        POLICY.assignGroup(customer, group);
    }

    /// @inheritdoc ICustomerRegistry
    function setBorrowers(CustomerId customer, uint32 borrowers) external {
        PersonId person = _only(Role.LoanOfficer);
        _postingDay();
        Stored storage stored = _existing(customer);
        uint32 previous = stored.borrowers;
        _checkBorrowers(stored.kind, borrowers);
        if (borrowers == previous) revert CustomerRegistry_Unchanged(CustomerId.unwrap(customer));
        stored.borrowers = borrowers;
        emit BorrowersCounted(CustomerId.unwrap(customer), borrowers, previous, PersonId.unwrap(person));
    }

    // ---------------------------------------------------------------- accounts

    /// @inheritdoc ICustomerRegistry
    function bindAccount(CustomerId customer, address account) external {
        PersonId checker = _only(Role.Approver);
        _actingDay();
        _differs(_existing(customer).maker, checker);
        address bound = _accounts[customer];
        if (bound != address(0)) revert CustomerRegistry_AlreadyBound(CustomerId.unwrap(customer), bound);
        _checkFree(account);
        _accounts[customer] = account;
        _byAccount[account] = customer;
        emit CustomerAccountBound(CustomerId.unwrap(customer), account, PersonId.unwrap(checker));
    }

    /// @inheritdoc ICustomerRegistry
    function proposeRebinding(CustomerId customer, address account) external {
        PersonId maker = _only(Role.LoanOfficer);
        _actingDay();
        _existing(customer);
        if (_accounts[customer] == address(0)) revert CustomerRegistry_NotBound(CustomerId.unwrap(customer));
        _checkFree(account);
        uint40 notBefore = uint40(block.timestamp) + REBINDING_DELAY;
        _rebindings[customer] = Rebinding({account: account, notBefore: notBefore, maker: maker});
        emit RebindingProposed(CustomerId.unwrap(customer), account, notBefore, PersonId.unwrap(maker));
    }

    /// @inheritdoc ICustomerRegistry
    function confirmRebinding(CustomerId customer) external {
        PersonId checker = _only(Role.Approver);
        _actingDay();
        Rebinding memory rebinding = _rebindings[customer];
        address account = rebinding.account;
        if (account == address(0) || block.timestamp < rebinding.notBefore) {
            revert CustomerRegistry_RebindingNotReady(CustomerId.unwrap(customer), rebinding.notBefore);
        }
        _differs(rebinding.maker, checker);
        _checkFree(account);
        address previous = _accounts[customer];
        delete _rebindings[customer];
        _byAccount[previous] = CustomerId.wrap(0);
        _accounts[customer] = account;
        _byAccount[account] = customer;
        emit AccountRebound(CustomerId.unwrap(customer), account, previous, PersonId.unwrap(checker));
    }

    /// @dev An account belongs to one customer at a time.
    function _checkFree(address account) private view {
        CustomerId holder = _byAccount[account];
        if (account == address(0) || CustomerId.unwrap(holder) != 0) {
            revert CustomerRegistry_AccountTaken(account, CustomerId.unwrap(holder));
        }
    }

    function _existing(CustomerId customer) private view returns (Stored storage stored) {
        stored = _customers[customer];
        if (stored.kind == CustomerKind.None) revert CustomerRegistry_Unknown(CustomerId.unwrap(customer));
    }

    // ---------------------------------------------------------------- views

    /// @inheritdoc ICustomerRegistry
    function customerOf(CustomerId customer) external view returns (Customer memory) {
        Stored storage stored = _existing(customer);
        return Customer({
            kind: stored.kind,
            industry: stored.industry,
            region: stored.region,
            group: stored.group,
            borrowers: stored.borrowers,
            registeredOn: stored.registeredOn
        });
    }

    /// @inheritdoc ICustomerRegistry
    function nodeOf(CustomerId customer) external view returns (uint64) {
        GroupId group = _existing(customer).group;
        return GroupId.unwrap(group) == 0 ? CustomerId.unwrap(customer) : GROUP_NODES + GroupId.unwrap(group);
    }

    /// @inheritdoc ICustomerRegistry
    function rebindingOf(CustomerId customer) external view returns (address account, uint40 notBefore, uint32 person) {
        Rebinding storage rebinding = _rebindings[customer];
        return (rebinding.account, rebinding.notBefore, PersonId.unwrap(rebinding.maker));
    }

    /// @inheritdoc ICustomerRegistry
    function byCommitment(bytes32 commitment) external view returns (CustomerId) {
        return _byCommitment[commitment];
    }

    /// @inheritdoc ICustomerRegistry
    function accountOf(CustomerId customer) external view returns (address) {
        return _accounts[customer];
    }

    /// @inheritdoc ICustomerRegistry
    function customerOfAccount(address account) external view returns (CustomerId) {
        return _byAccount[account];
    }
}
