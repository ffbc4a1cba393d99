// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {ICustomerRegistry} from "../../interfaces/ICustomerRegistry.sol";
import {IGuaranteeRegistry} from "../../interfaces/IGuaranteeRegistry.sol";
import {Importing} from "../governance/Importing.sol";
import {Role} from "../types/Enums.sol";
import {CustomerId, GroupId, PersonId} from "../types/Ids.sol";
import {GuarantorWord} from "../types/GuarantorWord.sol";
import {GuaranteeGraph} from "./GuaranteeGraph.sol";

/// @dev What guarantors, and the connected groups they belong to, can bear and do bear. See IGuaranteeRegistry.
abstract contract Guarantors is IGuaranteeRegistry, Importing, GuaranteeGraph {
    uint8 private constant NUMBER_BITS = 24;
    /// @dev Nodes from here on are connected groups, below it customers.
    uint64 internal constant GROUP_NODES = 1 << 32;

    ICustomerRegistry private immutable CUSTOMERS;

    /// @inheritdoc IGuaranteeRegistry
    mapping(uint64 node => uint24) public attestedOn;

    constructor(address customers) {
        CUSTOMERS = ICustomerRegistry(customers);
    }

    // ---------------------------------------------------------------- capacity

    /// @inheritdoc IGuaranteeRegistry
    function attestCapacity(CustomerId guarantor, uint128 capacity, uint24 asOf) external {
        PersonId person = _only(Role.RiskOfficer);
        CUSTOMERS.nodeOf(guarantor); // reverts for an unknown customer
        uint32 number = CustomerId.unwrap(guarantor);
        uint128 live = _attest(number, capacity, asOf);
        emit CapacityAttested(number, capacity, live, asOf, PersonId.unwrap(person));
        if (live > capacity) emit CapacityExceeded(number, live, capacity);
    }

    /// @inheritdoc IGuaranteeRegistry
    function attestGroupCapacity(GroupId group, uint128 capacity, uint24 asOf) external {
        PersonId person = _only(Role.RiskOfficer);
        uint32 number = GroupId.unwrap(group);
        uint128 live = _attest(GROUP_NODES + number, capacity, asOf);
        emit GroupCapacityAttested(number, capacity, live, asOf, PersonId.unwrap(person));
        if (capacity != 0 && live > capacity) emit GroupCapacityExceeded(number, live, capacity);
    }

    function _attest(uint64 node, uint128 capacity, uint24 asOf) private returns (uint128 live) {
        uint24 businessDate = _postingDay();
        if (capacity > type(uint56).max || asOf == 0 || asOf > businessDate) {
            revert GuaranteeRegistry_CapacityInvalid(capacity, asOf, businessDate);
        }
        uint24 last = attestedOn[node];
        if (asOf < last) revert GuaranteeRegistry_AttestationOutOfOrder(node, asOf, last);
        attestedOn[node] = asOf;
        GuarantorWord word = _guarantorWords[node];
        _guarantorWords[node] = word.withCapacity(capacity);
        return word.liveOf();
    }

    // ---------------------------------------------------------------- cover

    function _checkCapacity(CustomerId guarantor, uint64 node, uint128 amount) internal view {
        uint32 number = CustomerId.unwrap(guarantor);
        GuarantorWord word = _guarantorWords[number];
        if (word.liveOf() + amount > word.capacityOf()) {
            revert GuaranteeRegistry_CapacityExceeded(number, word.liveOf(), amount, word.capacityOf());
        }
        if (node < GROUP_NODES) return;
        word = _guarantorWords[node];
        if (word.capacityOf() != 0 && word.liveOf() + amount > word.capacityOf()) {
            revert GuaranteeRegistry_GroupCapacityExceeded(
                uint32(node), word.liveOf(), amount, word.capacityOf()
            );
        }
    }

    /// @dev Number a new guarantee and add its amount to the guarantor's live cover.
    function _raise(CustomerId guarantor, uint128 amount) internal returns (uint64 id, uint128 live) {
        uint32 owner = CustomerId.unwrap(guarantor);
        GuarantorWord word = _guarantorWords[owner];
        uint24 number = word.givenOf() + 1;
        live = _within(owner, word.liveOf() + amount, amount);
        id = (uint64(owner) << NUMBER_BITS) + number;
        _guarantorWords[owner] = word.withGiven(number).withLive(live);
    }

    function _lower(uint64 node, uint128 amount) internal returns (uint128 live) {
        GuarantorWord word = _guarantorWords[node];
        live = word.liveOf() - amount;
        _guarantorWords[node] = word.withLive(live);
    }

    /// @dev What its members guarantee counts in a group's word too.
    function _raiseGroup(uint64 node, uint128 amount) internal {
        GuarantorWord word = _guarantorWords[node];
        _guarantorWords[node] = word.withLive(_within(uint32(node), word.liveOf() + amount, amount));
    }

    /// @dev Cover above what a word holds is more than all money there is.
    function _within(uint32 guarantor, uint128 live, uint128 amount) private pure returns (uint128) {
        if (live > type(uint56).max) revert GuaranteeRegistry_Invalid(guarantor, 0, amount);
        return live;
    }

    function _tellExceeded(uint32 guarantor) internal {
        GuarantorWord word = _guarantorWords[guarantor];
        if (word.liveOf() > word.capacityOf()) {
            emit CapacityExceeded(guarantor, word.liveOf(), word.capacityOf());
        }
    }

    function _tellGroupExceeded(uint64 node) internal {
        if (node < GROUP_NODES) return;
        GuarantorWord word = _guarantorWords[node];
        if (word.capacityOf() != 0 && word.liveOf() > word.capacityOf()) {
            emit GroupCapacityExceeded(uint32(node), word.liveOf(), word.capacityOf());
        }
    }

    // ---------------------------------------------------------------- views

    function _nodes(CustomerId guarantor, CustomerId beneficiary) internal view returns (uint64 from, uint64 to) {
        return (CUSTOMERS.nodeOf(guarantor), CUSTOMERS.nodeOf(beneficiary));
    }

    function _guarantorOf(uint64 id) internal pure returns (uint32) {
        return uint32(id >> NUMBER_BITS);
    }

    /// @inheritdoc IGuaranteeRegistry
    function capacityOf(CustomerId guarantor) external view returns (uint128 capacity, uint128 live) {
        GuarantorWord word = _guarantorWords[CustomerId.unwrap(guarantor)];
        return (word.capacityOf(), word.liveOf());
    }

    /// @inheritdoc IGuaranteeRegistry
    function groupCapacityOf(GroupId group) external view returns (uint128 capacity, uint128 live) {
        GuarantorWord word = _guarantorWords[GROUP_NODES + GroupId.unwrap(group)];
        return (word.capacityOf(), word.liveOf());
    }

    /// @inheritdoc IGuaranteeRegistry
    function guarantorsOf(uint64 node) external view returns (uint64[] memory nodes, uint32[] memory counts) {
        return _guarantors(node);
    }

    /// @inheritdoc IGuaranteeRegistry
    function guaranteesOf(CustomerId guarantor) external view returns (uint32) {
        return _guarantorWords[CustomerId.unwrap(guarantor)].givenOf();
    }
}
