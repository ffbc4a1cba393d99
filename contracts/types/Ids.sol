// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

/// @dev A customer of the bank: a person, a company or a retail pool. Not an address.
type CustomerId is uint32;

/// @dev A group of connected customers, counted as one debtor. Zero means none.
type GroupId is uint32;

/// @dev A loan or credit line. Applied-for loans are numbered from 1; an imported loan's id is
/// derived from its external reference and has the top bit set (see ILoanBook.loanIdOf).
type LoanId is uint64;

/// @dev Somebody who acts for the bank. One person may hold several accounts; four eyes means two persons.
type PersonId is uint32;

using {customerEquals as ==, customerDiffers as !=} for CustomerId global;
using {groupEquals as ==, groupDiffers as !=} for GroupId global;
using {loanEquals as ==, loanDiffers as !=} for LoanId global;
using {personEquals as ==, personDiffers as !=} for PersonId global;

function customerEquals(CustomerId a, CustomerId b) pure returns (bool) {
    return CustomerId.unwrap(a) == CustomerId.unwrap(b);
}

function customerDiffers(CustomerId a, CustomerId b) pure returns (bool) {
    return CustomerId.unwrap(a) != CustomerId.unwrap(b);
}

function groupEquals(GroupId a, GroupId b) pure returns (bool) {
    return GroupId.unwrap(a) == GroupId.unwrap(b);
}

function groupDiffers(GroupId a, GroupId b) pure returns (bool) {
    return GroupId.unwrap(a) != GroupId.unwrap(b);
}

function loanEquals(LoanId a, LoanId b) pure returns (bool) {
    return LoanId.unwrap(a) == LoanId.unwrap(b);
}

function loanDiffers(LoanId a, LoanId b) pure returns (bool) {
    return LoanId.unwrap(a) != LoanId.unwrap(b);
}

function personEquals(PersonId a, PersonId b) pure returns (bool) {
    return PersonId.unwrap(a) == PersonId.unwrap(b);
}

function personDiffers(PersonId a, PersonId b) pure returns (bool) {
    return PersonId.unwrap(a) != PersonId.unwrap(b);
}
