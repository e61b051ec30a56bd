"""What is asked of IBKR for one product, question by question."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Generator, Iterable
from typing import Generic, TypeAlias, TypeVar

from ibkr_sync.catalogue import Catalogue
from ibkr_sync.domain.entities.contracts import FuturesContract
from ibkr_sync.domain.entities.futures import Future, ProductKey
from ibkr_sync.domain.errors import (
    DefinitionsUnavailableError,
    ProductNotFoundError,
    ReplyError,
    ReplyTimeoutError,
    RequestRejectedError,
)
from ibkr_sync.domain.evidence.acquired_future import (
    AcquiredFuture,
    RecognisedReply,
    future_with_answers,
    stands_in,
)
from ibkr_sync.domain.naming.query import FutureQuery
from ibkr_sync.domain.runs.sync_policy import SyncPolicy
from ibkr_sync.infrastructure.repositories.ibkr_repo.acquiring.known_contracts import (
    KnownButDoubted,
    KnownContracts,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.acquiring.product_request import (
    contract_for_product,
    request_for_product,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.acquiring.reply_statement import statement_of
from ibkr_sync.infrastructure.repositories.ibkr_repo.acquiring.symbol_questions import (
    SymbolQuestion,
    is_symbol_code,
    symbol_questions,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_reply import ContractReply
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.contract_request import ContractRequest
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.gateway import Gateway
from ibkr_sync.infrastructure.repositories.ibkr_repo.gateway.session.notice_meaning import (
    NO_SECURITY_DEFINITION,
)
from ibkr_sync.infrastructure.repositories.ibkr_repo.normalising.reply_reader import (
    PLACE,
    ReplyReader,
    evidence_of,
)

F = TypeVar("F", bound=Future)
T_co = TypeVar("T_co", covariant=True)

Dialogue: TypeAlias = Generator[ContractRequest, ContractReply, T_co]
"""Gives a question and is sent its reply, or thrown what prevented it, until it returns."""


class Dialogues(Generic[F]):
    """Leads the dialogue about each product of a run."""

    def __init__(
        self,
        gateway: Gateway,
        known: KnownContracts,
        catalogue: Catalogue,
        policy: SyncPolicy,
        reader: ReplyReader[F],
    ) -> None:
        self._gateway = gateway
        self._known = known
        self._catalogue = catalogue
        self._policy = policy
        self._reader = reader

    def about(
        self, query: FutureQuery
    ) -> Dialogue[AcquiredFuture[F] | RecognisedReply | KnownButDoubted]:
        """Ask for the product that a query means.

        Returns a doubt where IBKR does not know a product that is stored. Raises ReplyError,
        ProductLookupError or GatewayError.
        """
        disturbances = self._gateway.disturbances
        first, *others = symbol_questions(
            query, self._known.key_of(query), include_expired=self._policy.include_expired
        )
        try:
            acquired = yield from self._answer_to(first)
            if isinstance(acquired, RecognisedReply):
                return acquired
            return (yield from self._ask_for_absent(acquired, disturbances))
        except ProductNotFoundError as error:
            stored = self._known.doubted_product(first.query)
            if stored is None:
                acquired = yield from self._answer_to_others(others, error)
                if isinstance(acquired, RecognisedReply):
                    return acquired
                return (yield from self._ask_for_absent(acquired, disturbances))
            doubt = KnownButDoubted(error=error, product=stored.key, disturbances=disturbances)
        if query.con_id is not None:
            return doubt
        contracts = self._known.to_ask_for(stored)
        found = yield from self._found_by_contract(query, doubt, contracts[:1])
        is_of_product = self._known.is_of_product(first.query)
        return found or dataclasses.replace(
            doubt,
            gone=frozenset(contract.con_id for contract in contracts[:1]),
            rest=contracts[1:] if is_of_product else (),
            is_of_product=is_of_product,
        )

    def about_rest(
        self, query: FutureQuery, doubt: KnownButDoubted
    ) -> Dialogue[AcquiredFuture[F] | KnownButDoubted]:
        """Ask for the other listed contracts of a product that is doubted.

        One that IBKR knows leads to the product, as it is called now; else the doubt is returned
        with the contracts that are unknown too. Raises as `about`, where a question has no clear
        answer.
        """
        found = yield from self._found_by_contract(query, doubt, doubt.rest)
        gone = doubt.gone | {contract.con_id for contract in doubt.rest}
        return found or dataclasses.replace(doubt, gone=gone, rest=())

    def _found_by_contract(
        self, query: FutureQuery, doubt: KnownButDoubted, contracts: Iterable[FuturesContract]
    ) -> Dialogue[AcquiredFuture[F] | None]:
        """Ask for a product by the conIds of its contracts; None where all are unknown."""
        for contract in contracts:
            by_con_id = ContractRequest(con_id=contract.con_id, include_expired=True)
            try:
                request = yield from self._locate(by_con_id)
            except ProductNotFoundError:
                continue
            renamed = FutureQuery(symbol=query.symbol, con_id=contract.con_id)
            try:
                acquired = self._read(renamed, (yield from _ask(request)))
            except ProductNotFoundError as error:
                raise self._contradiction(doubt.product, contract.con_id, error) from error
            return (yield from self._ask_for_absent(acquired, doubt.disturbances))
        return None

    def _ask_for_absent(
        self, acquired: AcquiredFuture[F], disturbances: int
    ) -> Dialogue[AcquiredFuture[F]]:
        """Ask by its conId for each stored contract that the reply lacks.

        One that IBKR still has joins the reply, under whatever product it stands. One that it
        does not know is gone, if it then answers for a contract of the reply, the probe, and the
        line was not disturbed. Of one without a clear answer nothing is said. Where those that
        have not moved are so many that the reply will be refused, no more are asked for.
        """
        stored = self._known.stored_before(acquired)
        if stored is None:
            return acquired
        lost: set[int] = set()
        found: list[tuple[FuturesContract, Future]] = []
        frames: list[bytes] = []
        unknown: set[int] = set()
        for contract in self._known.absent_from(acquired, stored):
            if not self._policy.allow_shrink and self._known.would_refuse(acquired, stored, lost):
                return acquired
            lost.add(contract.con_id)
            try:
                reply = yield from _ask(
                    ContractRequest(con_id=contract.con_id, include_expired=True)
                )
            except ProductNotFoundError:
                unknown.add(contract.con_id)
            except ReplyTimeoutError:
                break  # so would the next
            except ReplyError:
                continue
            else:
                answer = self._reader.read_contract(reply, self._known.find_named)
                if answer is not None:
                    found.append((contract, answer))
                    frames += reply.frames
                    if not stands_in(acquired.product, contract, answer):
                        lost.remove(contract.con_id)
        gone = yield from self._believed(unknown, acquired, disturbances)
        return future_with_answers(acquired, found, gone, frames)

    def _believed(
        self, unknown: set[int], acquired: AcquiredFuture[F], disturbances: int
    ) -> Dialogue[set[int]]:
        """What is unknown, if IBKR then answers for a contract of the reply; else nothing."""
        if not unknown:
            return unknown
        probe = acquired.product.contracts[-1]
        try:
            yield from _ask(ContractRequest(con_id=probe.con_id, include_expired=True))
        except (ProductNotFoundError, ReplyError):
            return set()
        return unknown if self._gateway.disturbances == disturbances else set()

    def _answer_to(self, question: SymbolQuestion) -> Dialogue[AcquiredFuture[F] | RecognisedReply]:
        """Ask a question and, if it is about one contract, for all of the product."""
        reply = yield from _ask_undecoded(question.request)
        query = question.query
        if question.request.symbol and question.finding is None:
            recognised = self._recognised(query, reply)  # which no reply without rows is
            if recognised is not None:
                return recognised
        _refuse_empty(question.request, reply)
        if not question.request.symbol:
            contract = contract_for_product(reply, self._known.find_named)
            query = dataclasses.replace(query, con_id=contract.con_id)
            request = request_for_product(contract, self._policy, reply.received_at)
            reply = yield from _ask(request)
        acquired = self._read(query, reply)
        remarks = () if question.finding is None else (question.finding,)
        return dataclasses.replace(acquired, remarks=remarks)

    def _recognised(self, query: FutureQuery, reply: ContractReply) -> RecognisedReply | None:
        """The reply, where it says of a stored product what the one before said."""
        said = None if self._policy.dry_run else statement_of(reply)
        known = None if said is None else self._known.recognised_product(query, said)
        if said is None or known is None:
            return None
        return RecognisedReply(product=known, statement=said, evidence=evidence_of(reply))

    def _answer_to_others(
        self, questions: Iterable[SymbolQuestion], error: ProductNotFoundError
    ) -> Dialogue[AcquiredFuture[F] | RecognisedReply]:
        """Ask by other names for what nobody has seen; raises the first error if all are unknown.

        A name that TWS can make nothing of is unknown too.
        """
        tried: list[str] = []
        for question in questions:
            try:
                return (yield from self._answer_to(question))
            except (ProductNotFoundError, RequestRejectedError):
                tried.append(str(question.request))
        if not tried:
            raise error
        detail = f"{error.detail}; nor does it know {' or '.join(tried)}"
        raise ProductNotFoundError(error.symbol, PLACE, detail) from error

    def _read(self, query: FutureQuery, reply: ContractReply) -> AcquiredFuture[F]:
        """Read a reply; a trading class that is only the catalogue's guess is open."""
        looked_up: list[Collection[str]] = []

        def find_named(words: Collection[str]) -> tuple[Future, ...]:
            looked_up.append(words)
            return self._known.find_named(words)

        try:
            acquired = self._reader.read(query, reply, find_named)
            if looked_up or acquired.others:  # it depends on more than the reply and its product
                return acquired
            return dataclasses.replace(acquired, statement=statement_of(reply))
        except ProductNotFoundError:
            if not self._is_guess(query):
                raise
            of_any_class = dataclasses.replace(query, trading_class=None)
            return self._reader.read(of_any_class, reply, self._known.find_named)

    def _is_guess(self, query: FutureQuery) -> bool:
        if query.exchange is None or query.trading_class != query.symbol:
            return False
        key = ProductKey(query.symbol, query.exchange, query.trading_class)
        row = self._catalogue.row_of(key)
        return row is not None and row.trading_class is None

    def _locate(self, request: ContractRequest) -> Dialogue[ContractRequest]:
        """Learn of a contract how to ask for its product."""
        reply = yield from _ask(request)
        contract = contract_for_product(reply, self._known.find_named)
        return request_for_product(contract, self._policy, reply.received_at)

    def _contradiction(
        self, key: ProductKey, con_id: int, error: ProductNotFoundError
    ) -> DefinitionsUnavailableError:
        said = f"it knows conId {con_id} and not its product {key}: {error.detail}"
        parameters = self._gateway.parameters
        return DefinitionsUnavailableError(parameters.host, parameters.port, said)


def refuse_code(query: FutureQuery) -> None:
    """Raise ProductNotFoundError for what no symbol or exchange of IBKR can be."""
    for code in (query.symbol, query.exchange or query.symbol):
        if not is_symbol_code(code):
            raise ProductNotFoundError(query.symbol, PLACE, f"{code!r} is no code of IBKR")


def _ask(request: ContractRequest) -> Dialogue[ContractReply]:
    """Ask once; ProductNotFoundError is error 200 and a reply without any row."""
    reply = yield from _ask_undecoded(request)
    _refuse_empty(request, reply)
    return reply


def _ask_undecoded(request: ContractRequest) -> Dialogue[ContractReply]:
    """Ask once, for a reply of which not even the number of rows is looked at."""
    try:
        return (yield request)
    except RequestRejectedError as error:
        if error.code != NO_SECURITY_DEFINITION:
            raise
        symbol = _name_in(request)
        asked = "" if request.con_id or str(request) == symbol else f"{request} was asked for; "
        raise ProductNotFoundError(symbol, PLACE, f"{asked}{error}") from error


def _refuse_empty(request: ContractRequest, reply: ContractReply) -> None:
    if not reply.rows:
        raise ProductNotFoundError(_name_in(request), PLACE, "IBKR answered nothing")


def _name_in(request: ContractRequest) -> str:
    return request.symbol or request.local_symbol or str(request.con_id)
