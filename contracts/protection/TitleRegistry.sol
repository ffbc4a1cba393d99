// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {ICollateralRegistry} from "../../interfaces/ICollateralRegistry.sol";
import {ITitleRegistry} from "../../interfaces/ITitleRegistry.sol";
import {Governed} from "../governance/Governed.sol";
import {Role} from "../types/Enums.sol";
import {PersonId} from "../types/Ids.sol";

/// @title TitleRegistry
/// @dev The ledger of tokens is OpenZeppelin's; here are who mints, what may move and who is told. See ITitleRegistry.
contract TitleRegistry is ITitleRegistry, Governed, ERC721 {
    /// @inheritdoc ITitleRegistry
    address public registrar;
    mapping(uint256 title => bool) private _restricted;

    constructor(address authority_) Governed(authority_) ERC721("Titles to registered objects", "TITLE") {}

    /// @inheritdoc ITitleRegistry
    function mint(address owner, uint256 title) external {
        _onlyRegistrar();
        address holder = _ownerOf(title);
        if (holder != address(0)) revert TitleRegistry_AlreadyRegistered(title, holder);
        _mint(owner, title);
    }

    /// @inheritdoc ITitleRegistry
    function handOver(address to, uint256 title) external {
        _onlyRegistrar();
        _transfer(_existing(title), to, title);
    }

    /// @inheritdoc ITitleRegistry
    function restrict(uint256 title, bool restricted) external {
        PersonId person = _only(Role.CreditBureau);
        _postingDay();
        _existing(title);
        _restricted[title] = restricted;
        emit TitleRestricted(title, restricted, PersonId.unwrap(person));
    }

    /// @inheritdoc ITitleRegistry
    function isRestricted(uint256 title) external view returns (bool) {
        return _restricted[title];
    }

    /// @inheritdoc ITitleRegistry
    function exists(uint256 title) external view returns (bool) {
        return _ownerOf(title) != address(0);
    }

    /// @inheritdoc ITitleRegistry
    function ownerOf(uint256 title) public view override(ERC721, ITitleRegistry) returns (address) {
        return _existing(title);
    }

    /// @dev Every move passes here. `operator` is the caller of a transfer and zero for the registrar's own mints and hand-overs,
    /// of which the registrar need not be told.
    function _update(address to, uint256 title, address operator) internal override returns (address from) {
        if (operator != address(0) && _restricted[title]) revert TitleRegistry_Restricted(title);
        from = super._update(to, title, operator);
        if (operator != address(0)) ICollateralRegistry(registrar).titleMoved(title, from, to);
    }

    /// @dev The first registry to mint is the only one, for the record of liens must not split.
    function _onlyRegistrar() private {
        _only(Role.Collateral);
        address first = registrar;
        if (first == address(0)) registrar = msg.sender;
        else if (first != msg.sender) revert TitleRegistry_NotRegistrar(msg.sender, first);
    }

    function _existing(uint256 title) private view returns (address holder) {
        holder = _ownerOf(title);
        if (holder == address(0)) revert TitleRegistry_Unknown(title);
    }
}
