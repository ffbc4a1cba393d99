// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {ICustomerRegistry} from "../../interfaces/ICustomerRegistry.sol";
import {ILoanTerms} from "../../interfaces/ILoanTerms.sol";
import {LoanCodec} from "../libraries/LoanCodec.sol";
import {SIGN} from "../types/LoanActs.sol";
import {Position} from "../types/LoanStorage.sol";
import {Assents} from "./Assents.sol";
import {Books, Ledger} from "./Ledger.sol";

/// @dev Term sheets that the customer's account signs (EIP-712). The digest is made of what is stored, so that what is
/// signed is what is approved and drawn.
library TermSheets {
    using Books for Ledger;
    using LoanCodec for Position;

    bytes32 private constant TYPE_HASH = keccak256(
        "TermSheet(uint64 loanId,uint32 customer,uint16 product,bytes4 industry,bytes6 region,bytes4 purpose,uint128 amount,int40 rate,uint24 maturity,bytes32 document)"
    );

    /// @param domain Separator of the loan book's domain.
    function sign(
        Ledger storage l, ICustomerRegistry customers, bytes32 domain, uint64 id, bytes calldata signature, uint24 today
    ) external {
        Position memory p = l.load(id);
        Books.check(id, p, SIGN);
        if (!p.servicing.isSigned()) revert ILoanTerms.LoanBook_SignatureNotNeeded(id);
        if (p.isSigned()) revert ILoanTerms.LoanBook_AlreadySigned(id);
        bytes32 document = l.documents[id];
        bytes32 digest = _digest(domain, id, p, document);
        address account = Assents.signer(customers, id, uint32(p.customer), digest, signature);
        p.markSigned();
        l.store(id, p);
        emit ILoanTerms.TermSheetSigned(id, account, digest, document, today);
    }

    /// @dev Before the first drawdown the accrual's bits hold the purpose.
    function _digest(bytes32 domain, uint64 id, Position memory p, bytes32 document) private pure returns (bytes32) {
        bytes memory terms = abi.encode(p.customer, p.product, p.industry, p.region, bytes4(uint32(p.accrued)), p.undrawn);
        bytes32 sheet = keccak256(bytes.concat(TYPE_HASH, bytes32(uint256(id)), terms, abi.encode(p.rate, p.maturity, document)));
        return MessageHashUtils.toTypedDataHash(domain, sheet);
    }

    function signatureOf(Ledger storage l, uint64 id) external view returns (bytes32 document, bool isSigned) {
        return (l.documents[id], l.load(id).isSigned());
    }

    function digestOf(Ledger storage l, bytes32 domain, uint64 id) external view returns (bytes32) {
        Position memory p = l.load(id);
        return Books.allows(p, SIGN) && p.servicing.isSigned() ? _digest(domain, id, p, l.documents[id]) : bytes32(0);
    }
}
