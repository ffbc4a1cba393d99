// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {FixedPointMathLib} from "solady/src/utils/FixedPointMathLib.sol";
import {ERC20} from "solady/src/tokens/ERC20.sol";
import {IDepositToken} from "../../interfaces/IDepositToken.sol";
import {IFundFlowLedger} from "../../interfaces/IFundFlowLedger.sol";
import {Governed} from "../governance/Governed.sol";
import {EarmarkWord, packEarmark} from "../types/EarmarkWord.sol";
import {EarmarkMode, Role} from "../types/Enums.sol";
import {LoanId, PersonId} from "../types/Ids.sol";
import {MAX_MONEY} from "../types/LoanStorage.sol";

/// @dev See IDepositToken. Earmarked money is this contract's own balance; nobody else can add to it.
contract DepositToken is Governed, ERC20, IDepositToken {
    IFundFlowLedger public immutable flows;

    mapping(LoanId => mapping(address borrower => EarmarkWord)) private _earmarks;

    constructor(address authority_, IFundFlowLedger flows_) Governed(authority_) {
        flows = flows_;
    }

    function name() public pure override returns (string memory) {
        return "Deposit";
    }

    function symbol() public pure override returns (string memory) {
        return "DEP";
    }

    /// @dev One unit is one fen.
    function decimals() public pure override returns (uint8) {
        return 2;
    }

    // ------------------------------------------------------------------ deposits
    /// @inheritdoc IDepositToken
    function fund(address account, uint128 amount) external {
        PersonId person = _only(Role.Treasurer);
        uint24 today = _postingDay();
        if (account == address(0) || account == address(this)) revert DepositToken_AccountInvalid(account);
        if (amount == 0) revert DepositToken_ZeroAmount();
        _mint(account, amount);
        emit Funded(account, amount, totalSupply(), today, PersonId.unwrap(person));
    }

    /// @inheritdoc IDepositToken
    function redeem(uint128 amount) external {
        uint24 today = _postingDay();
        if (amount == 0) revert DepositToken_ZeroAmount();
        _burn(msg.sender, amount);
        emit Redeemed(msg.sender, amount, totalSupply(), today, PersonId.unwrap(_callerPerson()));
    }

    // ------------------------------------------------------------------ loans
    /// @inheritdoc IDepositToken
    function creditDrawdown(
        LoanId loanId, address borrower, uint128 amount, uint64 payees, bytes4 purpose, uint24 expiry, EarmarkMode mode
    ) external {
        _only(Role.Book);
        EarmarkWord mark = _earmarks[loanId][borrower];
        uint256 remaining = mark.remaining() + amount;
        if (remaining > MAX_MONEY || expiry > type(uint16).max) {
            revert DepositToken_EarmarkInvalid(LoanId.unwrap(loanId), remaining, expiry);
        }
        if (purpose == 0) purpose = mark.purpose();
        _earmarks[loanId][borrower] = packEarmark(payees, purpose, expiry, mode, remaining);
        _mint(address(this), amount);
        emit DrawdownCredited(
            LoanId.unwrap(loanId), borrower, amount, uint128(remaining), payees, purpose, expiry, uint8(mode)
        );
    }

    /// @inheritdoc IDepositToken
    function burnPayment(address payer, uint128 amount) external {
        _only(Role.Book);
        _burn(payer, amount);
    }

    /// @inheritdoc IDepositToken
    function reverseDrawdown(LoanId loanId, address borrower, uint128 amount) external {
        _only(Role.Book);
        EarmarkWord mark = _earmarks[loanId][borrower];
        uint128 remaining = uint128(mark.remaining());
        if (amount > remaining) revert DepositToken_EarmarkExceeded(LoanId.unwrap(loanId), remaining, amount);
        remaining -= amount;
        _earmarks[loanId][borrower] = mark.withRemaining(remaining);
        _burn(address(this), amount);
        emit DrawdownReversed(LoanId.unwrap(loanId), borrower, amount, remaining);
    }

    /// @inheritdoc IDepositToken
    function reversePayment(address payer, uint128 amount) external {
        _only(Role.Book);
        if (payer == address(this)) revert DepositToken_AccountInvalid(payer);
        _mint(payer, amount);
    }

    /// @inheritdoc IDepositToken
    function returnEarmark(LoanId loanId, address borrower, uint128 most) external returns (uint128 returned) {
        _only(Role.Book);
        EarmarkWord mark = _earmarks[loanId][borrower];
        uint64 id = LoanId.unwrap(loanId);
        if (mark.remaining() == 0) revert DepositToken_NoEarmark(id, borrower);
        if (_today() <= mark.expiry()) revert DepositToken_EarmarkNotExpired(id, mark.expiry(), _today());
        returned = uint128(FixedPointMathLib.min(mark.remaining(), most));
        uint128 freed = uint128(mark.remaining()) - returned;
        _earmarks[loanId][borrower] = mark.withRemaining(0);
        if (returned != 0) _burn(address(this), returned);
        if (freed != 0) _transfer(address(this), borrower, freed);
        emit EarmarkReturned(id, borrower, returned, freed);
    }

    // ------------------------------------------------------------------ spending
    /// @inheritdoc IDepositToken
    function spend(LoanId loanId, address payee, uint128 amount) external returns (bool moved) {
        uint24 today = _actingDay();
        uint64 id = LoanId.unwrap(loanId);
        if (payee == address(0) || payee == address(this)) revert DepositToken_AccountInvalid(payee);
        if (amount == 0) revert DepositToken_ZeroAmount();
        EarmarkWord mark = _earmarks[loanId][msg.sender];
        uint128 remaining = uint128(mark.remaining());
        if (remaining == 0) revert DepositToken_NoEarmark(id, msg.sender);
        if (amount > remaining) revert DepositToken_EarmarkExceeded(id, remaining, amount);
        if (today > mark.expiry()) revert DepositToken_EarmarkExpired(id, mark.expiry(), today);
        // The ledger is this system's own and calls nobody back.
        moved = flows.firstPayee(loanId, msg.sender, payee, amount, mark.payees(), mark.purpose(), mark.mode());
        if (!moved) return false;
        remaining -= amount;
        _earmarks[loanId][msg.sender] = mark.withRemaining(remaining);
        _transfer(address(this), payee, amount);
        emit EarmarkSpent(id, msg.sender, payee, amount, remaining);
    }

    // ------------------------------------------------------------------ transfers
    /// @notice Transfer free deposits to another account, never to nobody.
    function transfer(address to, uint256 amount) public override returns (bool) {
        if (to == address(0)) revert DepositToken_AccountInvalid(to);
        return super.transfer(to, amount);
    }

    /// @notice Transfer another's free deposits by its approval, never to nobody.
    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        if (to == address(0)) revert DepositToken_AccountInvalid(to);
        return super.transferFrom(from, to, amount);
    }

    /// @dev Money comes under an earmark by drawdowns only. What goes to nobody is burned by the book or its depositor.
    function _beforeTokenTransfer(address from, address to, uint256) internal view override {
        if (from == address(0)) return;
        if (to == address(this)) revert DepositToken_AccountInvalid(to);
    }

    /// @dev No account may spend others' deposits without their approval.
    function _givePermit2InfiniteAllowance() internal pure override returns (bool) {
        return false;
    }

    // ------------------------------------------------------------------ totals
    function _closeDay(uint24 businessDate) internal override {
        emit SupplyClosed(businessDate, totalSupply(), uint128(balanceOf(address(this))));
    }

    /// @inheritdoc IDepositToken
    function earmarkOf(LoanId loanId, address borrower) external view returns (Earmark memory) {
        EarmarkWord mark = _earmarks[loanId][borrower];
        return Earmark({
            remaining: uint128(mark.remaining()),
            payees: mark.payees(),
            purpose: mark.purpose(),
            expiry: mark.expiry(),
            mode: mark.mode()
        });
    }

    /// @inheritdoc IDepositToken
    function earmarked() external view returns (uint128) {
        return uint128(balanceOf(address(this)));
    }
}
