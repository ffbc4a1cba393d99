// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {ICustomerRegistry} from "../../interfaces/ICustomerRegistry.sol";
import {IGoverned} from "../../interfaces/IGoverned.sol";
import {ILoanBook} from "../../interfaces/ILoanBook.sol";
import {ILoanTerms} from "../../interfaces/ILoanTerms.sol";
import {IWorkout} from "../../interfaces/IWorkout.sol";
import {CustomerId, PersonId} from "../types/Ids.sol";
import {Seat} from "../types/Seat.sol";

/// @dev How a customer agrees: from its bound account; by the signature of that account, which anybody may bring; or, where
/// it has none, on a document that a person of the bank records.
struct Assent {
    bytes32 document; // hash of the document; zero without
    bytes32 domain; // separator of the loan book's domain, with a signature; zero without
    bytes signature;
    PersonId witness; // who recorded the document, or the person behind the calling account
}

/// @dev Who speaks for a customer, and by what.
library Assents {
    bytes private constant NEW_TERMS =
        "NewTerms(uint64 loanId,uint8 number,uint24 deadline,uint8 loanType,uint8 cycleMonths,int40 rate,uint24 maturity,uint24 resumeOn,bool capitalisesAccrued,uint128 penalty,uint128 fee,uint128 interest,uint128 haircut,uint128 mostPrincipal)";
    bytes private constant GUARANTOR_CONSENT = "GuarantorConsent(uint64 guarantee,NewTerms terms)";

    /// @dev EIP-712 hash of new terms: a struct of words alone is encoded as the ABI does.
    function hashOf(IWorkout.NewTerms calldata t) internal pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(NEW_TERMS), abi.encode(t)));
    }

    /// @dev EIP-712 hash of a guarantor's consent to them.
    function hashOf(IWorkout.NewTerms calldata t, uint64 guaranteeId) internal pure returns (bytes32) {
        return keccak256(abi.encode(keccak256(bytes.concat(GUARANTOR_CONSENT, NEW_TERMS)), guaranteeId, hashOf(t)));
    }

    /// @dev Refuse whoever does not speak for the customer.
    /// @param agreed EIP-712 hash of what is agreed to.
    /// @return account The customer's, zero where a document stands for it.
    /// @return document Hash of the document, or the digest that was signed; zero from the account itself.
    /// @return witness The person of the bank behind either, zero for none.
    function heard(ICustomerRegistry customers, uint64 id, uint32 customer, bytes32 agreed, Assent memory by)
        internal
        view
        returns (address account, bytes32 document, PersonId witness)
    {
        if (by.domain != 0) {
            document = MessageHashUtils.toTypedDataHash(by.domain, agreed);
            account = signer(customers, id, customer, document, by.signature);
            return (account, document, Seat.wrap(IGoverned(address(this)).seatOf(account)).person());
        }
        account = customers.accountOf(CustomerId.wrap(customer));
        if (by.document == 0) {
            if (account != msg.sender) revert IWorkout.LoanBook_NotParty(id, msg.sender, customer);
        } else if (account != address(0)) {
            revert IWorkout.LoanBook_HasAccount(customer);
        }
        return (account, by.document, by.witness);
    }

    /// @dev The customer's account, whose signature it is.
    function signer(ICustomerRegistry customers, uint64 id, uint32 customer, bytes32 digest, bytes memory signature)
        internal
        view
        returns (address account)
    {
        account = customers.accountOf(CustomerId.wrap(customer));
        if (account == address(0)) revert ILoanBook.LoanBook_NoAccount(customer);
        if (!SignatureChecker.isValidSignatureNow(account, digest, signature)) {
            revert ILoanTerms.LoanBook_SignatureInvalid(id, account);
        }
    }
}
