"""Gives and takes the roles of creditors, and pays their accounts, with the key of the municipality's administrator."""

from __future__ import annotations

import time
from typing import Final

from schuldhulp import errors
from schuldhulp.chain.abi import contract_interface
from schuldhulp.chain.gateway import Gateway, role
from schuldhulp.chain.signer import TRANSFER_GAS, RegistrarWriter
from schuldhulp.domain.types import MunicipalityCode
from schuldhulp.services.ports import ContractCall, SignedTransaction

ROLE_GAS: Final = 120_000
"""Gas limit of giving or taking one role; about 52 000 are used."""

PATIENCE: Final = 60.0
"""Seconds to wait for a receipt; a permissioned network makes a block every few seconds."""

GWEI: Final = 10**9
"""Wei in a gwei."""

CREDITOR_ROLES: Final = (("EnrolmentRegistry", "CREDITOR"), ("ClaimRegister", "CREDITOR"))
BSN_ROLES: Final = (("EnrolmentRegistry", "BSN_CREDITOR"),)


class CreditorAdministrator:
    """Implements ports.ChainAdministrator. What is already so costs no transaction, so it can be repeated."""

    def __init__(
        self, gateway: Gateway, writer: RegistrarWriter, *, funding: int = 0, patience: float = PATIENCE
    ) -> None:
        """Take the chain and the administrator's account.

        Args:
            gateway: reads roles, balances and receipts.
            writer: signs and sends with the account of the municipality's administrator.
            funding: gwei that an admitted account is brought up to when it has less than half of it; 0: none is paid.
            patience: seconds to wait for each receipt.
        """
        self._gateway = gateway
        self._writer = writer
        self._funding = funding * GWEI
        self._patience = patience

    def admit_creditor(self, *, municipality: MunicipalityCode, account: str, bsn: bool) -> None:
        """Give CREDITOR in both contracts, and with `bsn` BSN_CREDITOR; else take that one back.

        Args:
            municipality: CBS code.
            account: checksummed address of the creditor.
            bsn: whether it may ask by citizen service number.

        Raises:
            errors.NotAllowed: the account that signs is not the administrator of this municipality.
            errors.Unreachable: the node does not answer, or the receipt did not come in time: repeat it.
        """
        self._set(municipality, account, dict.fromkeys(CREDITOR_ROLES, True) | dict.fromkeys(BSN_ROLES, bsn))

    def suspend_creditor(self, *, municipality: MunicipalityCode, account: str) -> None:
        """Take every role of a creditor back.

        Args:
            municipality: CBS code.
            account: checksummed address of the creditor.

        Raises:
            errors.NotAllowed: the account that signs is not the administrator of this municipality.
            errors.Unreachable: the node does not answer, or the receipt did not come in time: repeat it.
        """
        self._set(municipality, account, dict.fromkeys((*CREDITOR_ROLES, *BSN_ROLES), False))

    def _set(self, municipality: MunicipalityCode, account: str, wanted: dict[tuple[str, str], bool]) -> None:
        # A chain that is not the deployed one gets no transaction, not even one that would be refused there.
        self._gateway.check_identity()
        for (contract, verb), holds in wanted.items():
            if self._gateway.has_role(contract, verb, municipality, account) != holds:
                self._send(contract, "grantRole" if holds else "revokeRole", role(verb, municipality), account)

    def _send(self, contract: str, function: str, role_id: bytes, account: str) -> None:
        data = contract_interface(contract).call(function, role_id, account)
        call = ContractCall(contract=contract, data=data, gas=ROLE_GAS)
        refusal = self._gateway.refusal_of(call, self._writer.account)
        if refusal is not None:
            raise errors.NotAllowed("role_refused", f"{contract}.{function} was refused: {refusal}", error=refusal)
        signed = self._writer.sign(call, self._gateway.nonce_of(self._writer.account))
        self._carry_out(signed, f"{contract}.{function}")

    def fund_creditor(self, *, account: str) -> None:
        """Pay an admitted account what its transactions cost.

        Asking for signals costs nothing. Filing a claim is a transaction of the creditor's own account; where gas has a
        price, the account is paid for it here.

        Args:
            account: checksummed address of a creditor that has its roles: signals do not wait for money.

        Raises:
            errors.Conflict: the administrator's account has too little to pay from.
            errors.Unreachable: the node does not answer, or the receipt did not come in time: repeat it.
        """
        if not self._funding:
            return
        price, balance = self._writer.gas_price(), self._gateway.balance_of(account)
        if not price or 2 * balance >= self._funding:
            return
        missing = self._funding - balance
        if self._gateway.balance_of(self._writer.account) < missing + TRANSFER_GAS * price:
            raise errors.Conflict(
                "funds_short",
                f"the roles of {account} were given, but {self._writer.account} has too little to pay {missing} wei "
                "for its transactions: give it funds and repeat this, or pay the account from elsewhere and set "
                "SCHULDHULP_CREDITOR_FUNDING=0",
                account=account,
            )
        signed = self._writer.sign_transfer(account, missing, self._gateway.nonce_of(self._writer.account))
        self._carry_out(signed, "the payment")

    def _carry_out(self, signed: SignedTransaction, what: str) -> None:
        self._writer.send(signed.raw)
        deadline = time.monotonic() + self._patience
        wait = 0.01
        while (receipt := self._gateway.receipt(signed.tx_hash)) is None:
            if time.monotonic() > deadline:
                raise errors.Unreachable("receipt_missing", "the transaction has not been mined yet; repeat this later")
            time.sleep(wait)
            wait = min(2 * wait, 1.0)
        if not receipt.succeeded:
            raise errors.Unreachable("role_reverted", f"{what} was mined but not carried out; repeat it")
