// SPDX-License-Identifier: EUPL-1.2
pragma solidity 0.8.30;

/// @title What Python hashes, hashed once more
/// @notice For tests only, never deployed: an independent second implementation of every EIP-712 struct that the
/// system hashes off the chain. Type strings are written out here again, so that a slip in one place shows.
/// @dev One `abi.encode` of all members is "Stack too deep"; the parts are encoded in groups and joined.
contract RecordHashes {
    /// @dev The first members of every record.
    struct Head {
        bytes32 dossier;
        bytes32 record;
        uint32 version;
        bytes32 replaces;
        bytes32 salt;
        uint16 schema;
        bool withdrawn;
        string reason;
    }

    struct HomeAddress {
        string street;
        uint32 houseNumber;
        string suffix;
        string postcode;
        string city;
        string fromDate;
        string until;
    }

    struct Applicant {
        string initials;
        string firstNames;
        string prefix;
        string surname;
        string[] otherSurnames;
        string birthDate;
        string bsn;
        HomeAddress[] addresses;
        string phone;
        string email;
        string position;
    }

    struct Party {
        string name;
        string kvk;
        string creditorNumber;
        string customerNumber;
        string fileNumber;
    }

    struct Obligation {
        string type_;
        bytes32[] owedBy;
        Party creditor;
        Party originalCreditor;
        Party collector;
        Party bailiff;
        int64 amountResident;
        int64 amountCreditor;
        int64 originalAmount;
        int64 arrears;
        int64 instalment;
        string frequency;
        uint8 dueDay;
        string preference;
        string statementDate;
        string originDate;
        string legalGround;
        string status;
        string source;
        string note;
    }

    struct Income {
        bytes32 owner;
        string category;
        string description;
        int64 amount;
        string frequency;
        string fromDate;
        string until;
        string note;
    }

    struct Expense {
        bytes32 owner;
        string category;
        string description;
        int64 amount;
        string frequency;
        string fromDate;
        string until;
        bool fixed_;
        string note;
    }

    struct Confirmation {
        string by;
        string role;
        string at;
    }

    struct Agreement {
        string type_;
        string[] parties;
        string text;
        int64 amount;
        string frequency;
        string start;
        string end;
        Confirmation[] confirmations;
        string status;
    }

    struct Enrolment {
        bytes32[] applicants;
        string ground;
        string basis;
        string basisDate;
        string start;
        string end;
        string endReason;
        string[] publications;
    }

    struct Claim {
        string claimId;
        string commitment;
        uint32 claimVersion;
        string document;
        string receivedAt;
        string residentView;
        string residentReason;
        string residentAt;
        string answer;
        string answeredAt;
        string decision;
        string decisionReason;
        string decidedAt;
        bytes32 obligation;
    }

    struct Notice {
        bytes32 obligation;
        string recipient;
        string kvk;
        string reference_;
        string means;
        string sentOn;
        string messageHash;
        string document;
    }

    struct Consent {
        bytes32 applicant;
        string party;
        string kvk;
        string subject;
        string givenOn;
        string until;
        string how;
        string endedOn;
    }

    struct DossierHeader {
        bytes32 dossier;
        uint32 revision;
        bytes32 previousRoot;
        uint32 records;
        bytes32 salt;
    }

    struct EvaluationRequest {
        uint16 municipality;
        uint8 kind;
        uint32 epoch;
        string organisation;
        bytes32 elements;
        uint32 count;
        bytes32 nonce;
        uint64 expiry;
    }

    string private constant _HEAD =
        "bytes32 dossier,bytes32 record,uint32 version,bytes32 replaces,bytes32 salt,uint16 schema,bool withdrawn,string reason,";
    string private constant _HOME_ADDRESS =
        "HomeAddress(string street,uint32 houseNumber,string suffix,string postcode,string city,string fromDate,string until)";
    string private constant _PARTY =
        "Party(string name,string kvk,string creditorNumber,string customerNumber,string fileNumber)";
    string private constant _CONFIRMATION = "Confirmation(string by,string role,string at)";
    string private constant _HEADER =
        "DossierHeader(bytes32 dossier,uint32 revision,bytes32 previousRoot,uint32 records,bytes32 salt)";
    string private constant _REQUEST =
        "EvaluationRequest(uint16 municipality,uint8 kind,uint32 epoch,string organisation,bytes32 elements,uint32 count,bytes32 nonce,uint64 expiry)";

    /// @notice Hash of a person.
    /// @param head members that every record has
    /// @param record the others
    /// @return EIP-712 struct hash
    function applicant(Head calldata head, Applicant calldata record) external pure returns (bytes32) {
        return keccak256(bytes.concat(_head(applicantType(), head), _names(record), _contact(record)));
    }

    /// @notice Hash of an obligation.
    /// @param head members that every record has
    /// @param record the others
    /// @return EIP-712 struct hash
    function obligation(Head calldata head, Obligation calldata record) external pure returns (bytes32) {
        return
            keccak256(
                bytes.concat(
                    _head(obligationType(), head),
                    _parties(record),
                    _amounts(record),
                    _terms(record),
                    _circumstances(record)
                )
            );
    }

    /// @notice Hash of an income.
    /// @param head members that every record has
    /// @param record the others
    /// @return EIP-712 struct hash
    function income(Head calldata head, Income calldata record) external pure returns (bytes32) {
        return
            keccak256(
                bytes.concat(
                    _head(incomeType(), head),
                    abi.encode(record.owner, _text(record.category), _text(record.description), record.amount),
                    abi.encode(_text(record.frequency), _text(record.fromDate), _text(record.until), _text(record.note))
                )
            );
    }

    /// @notice Hash of an expense.
    /// @param head members that every record has
    /// @param record the others
    /// @return EIP-712 struct hash
    function expense(Head calldata head, Expense calldata record) external pure returns (bytes32) {
        return
            keccak256(
                bytes.concat(
                    _head(expenseType(), head),
                    abi.encode(record.owner, _text(record.category), _text(record.description), record.amount),
                    abi.encode(_text(record.frequency), _text(record.fromDate), _text(record.until)),
                    abi.encode(record.fixed_, _text(record.note))
                )
            );
    }

    /// @notice Hash of an agreement.
    /// @param head members that every record has
    /// @param record the others
    /// @return EIP-712 struct hash
    function agreement(Head calldata head, Agreement calldata record) external pure returns (bytes32) {
        return
            keccak256(
                bytes.concat(
                    _head(agreementType(), head),
                    abi.encode(_text(record.type_), _texts(record.parties), _text(record.text), record.amount),
                    abi.encode(_text(record.frequency), _text(record.start), _text(record.end)),
                    abi.encode(_confirmations(record.confirmations), _text(record.status))
                )
            );
    }

    /// @notice Hash of an enrolment.
    /// @param head members that every record has
    /// @param record the others
    /// @return EIP-712 struct hash
    function enrolment(Head calldata head, Enrolment calldata record) external pure returns (bytes32) {
        return
            keccak256(
                bytes.concat(
                    _head(enrolmentType(), head),
                    abi.encode(_words(record.applicants), _text(record.ground), _text(record.basis)),
                    abi.encode(_text(record.basisDate), _text(record.start), _text(record.end)),
                    abi.encode(_text(record.endReason), _texts(record.publications))
                )
            );
    }

    /// @notice Hash of a creditor's claim in a dossier.
    /// @param head members that every record has
    /// @param record the others
    /// @return EIP-712 struct hash
    function claim(Head calldata head, Claim calldata record) external pure returns (bytes32) {
        return
            keccak256(
                bytes.concat(
                    _head(claimType(), head),
                    abi.encode(_text(record.claimId), _text(record.commitment), record.claimVersion),
                    abi.encode(_text(record.document), _text(record.receivedAt)),
                    abi.encode(_text(record.residentView), _text(record.residentReason), _text(record.residentAt)),
                    abi.encode(_text(record.answer), _text(record.answeredAt), _text(record.decision)),
                    abi.encode(_text(record.decisionReason), _text(record.decidedAt), record.obligation)
                )
            );
    }

    /// @notice Hash of a notice that was sent to a creditor.
    /// @param head members that every record has
    /// @param record the others
    /// @return EIP-712 struct hash
    function notice(Head calldata head, Notice calldata record) external pure returns (bytes32) {
        return
            keccak256(
                bytes.concat(
                    _head(noticeType(), head),
                    abi.encode(record.obligation, _text(record.recipient), _text(record.kvk)),
                    abi.encode(_text(record.reference_), _text(record.means), _text(record.sentOn)),
                    abi.encode(_text(record.messageHash), _text(record.document))
                )
            );
    }

    /// @notice Hash of a resident's consent.
    /// @param head members that every record has
    /// @param record the others
    /// @return EIP-712 struct hash
    function consent(Head calldata head, Consent calldata record) external pure returns (bytes32) {
        return
            keccak256(
                bytes.concat(
                    _head(consentType(), head),
                    abi.encode(record.applicant, _text(record.party), _text(record.kvk), _text(record.subject)),
                    abi.encode(_text(record.givenOn), _text(record.until)),
                    abi.encode(_text(record.how), _text(record.endedOn))
                )
            );
    }

    /// @notice Leaf that ties a tree to its dossier.
    /// @param header the header
    /// @return EIP-712 struct hash
    function dossierHeader(DossierHeader calldata header) external pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    keccak256(bytes(_HEADER)),
                    header.dossier,
                    header.revision,
                    header.previousRoot,
                    header.records,
                    header.salt
                )
            );
    }

    /// @notice What is signed when the evaluator is asked.
    /// @param chainId chain of the registry
    /// @param registry address of the registry
    /// @param request the request
    /// @return EIP-712 digest, domain included
    function evaluationRequest(
        uint256 chainId,
        address registry,
        EvaluationRequest calldata request
    ) external pure returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Schuldhulp evaluator"),
                keccak256("1"),
                chainId,
                registry
            )
        );
        bytes32 message = keccak256(
            bytes.concat(
                abi.encode(keccak256(bytes(_REQUEST)), request.municipality, request.kind, request.epoch),
                abi.encode(_text(request.organisation), request.elements, request.count),
                abi.encode(request.nonce, request.expiry)
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domain, message));
    }

    /// @notice Type string of a person.
    /// @return EIP-712 type string
    function applicantType() public pure returns (string memory) {
        return
            string.concat(
                "Applicant(",
                _HEAD,
                "string initials,string firstNames,string prefix,string surname,string[] otherSurnames,string birthDate,",
                "string bsn,HomeAddress[] addresses,string phone,string email,string position)",
                _HOME_ADDRESS
            );
    }

    /// @notice Type string of an obligation.
    /// @return EIP-712 type string
    function obligationType() public pure returns (string memory) {
        return
            string.concat(
                "Obligation(",
                _HEAD,
                "string type,bytes32[] owedBy,Party creditor,Party originalCreditor,Party collector,Party bailiff,",
                "int64 amountResident,int64 amountCreditor,int64 originalAmount,int64 arrears,int64 instalment,",
                "string frequency,uint8 dueDay,string preference,string statementDate,string originDate,",
                "string legalGround,string status,string source,string note)",
                _PARTY
            );
    }

    /// @notice Type string of an income.
    /// @return EIP-712 type string
    function incomeType() public pure returns (string memory) {
        return
            string.concat(
                "Income(",
                _HEAD,
                "bytes32 owner,string category,string description,int64 amount,string frequency,string fromDate,",
                "string until,string note)"
            );
    }

    /// @notice Type string of an expense.
    /// @return EIP-712 type string
    function expenseType() public pure returns (string memory) {
        return
            string.concat(
                "Expense(",
                _HEAD,
                "bytes32 owner,string category,string description,int64 amount,string frequency,string fromDate,",
                "string until,bool fixed,string note)"
            );
    }

    /// @notice Type string of an agreement.
    /// @return EIP-712 type string
    function agreementType() public pure returns (string memory) {
        return
            string.concat(
                "Agreement(",
                _HEAD,
                "string type,string[] parties,string text,int64 amount,string frequency,string start,string end,",
                "Confirmation[] confirmations,string status)",
                _CONFIRMATION
            );
    }

    /// @notice Type string of an enrolment.
    /// @return EIP-712 type string
    function enrolmentType() public pure returns (string memory) {
        return
            string.concat(
                "Enrolment(",
                _HEAD,
                "bytes32[] applicants,string ground,string basis,string basisDate,string start,string end,",
                "string endReason,string[] publications)"
            );
    }

    /// @notice Type string of a creditor's claim in a dossier.
    /// @return EIP-712 type string
    function claimType() public pure returns (string memory) {
        return
            string.concat(
                "ReceivedClaim(",
                _HEAD,
                "string claimId,string commitment,uint32 claimVersion,string document,string receivedAt,",
                "string residentView,string residentReason,string residentAt,string answer,string answeredAt,",
                "string decision,string decisionReason,string decidedAt,bytes32 obligation)"
            );
    }

    /// @notice Type string of a notice that was sent to a creditor.
    /// @return EIP-712 type string
    function noticeType() public pure returns (string memory) {
        return
            string.concat(
                "SentNotice(",
                _HEAD,
                "bytes32 obligation,string recipient,string kvk,string reference,string means,string sentOn,",
                "string messageHash,string document)"
            );
    }

    /// @notice Type string of a resident's consent.
    /// @return EIP-712 type string
    function consentType() public pure returns (string memory) {
        return
            string.concat(
                "Consent(",
                _HEAD,
                "bytes32 applicant,string party,string kvk,string subject,string givenOn,string until,string how,",
                "string endedOn)"
            );
    }

    function _head(string memory typeString, Head calldata head) private pure returns (bytes memory) {
        return
            bytes.concat(
                abi.encode(keccak256(bytes(typeString)), head.dossier, head.record, head.version, head.replaces),
                abi.encode(head.salt, head.schema, head.withdrawn, _text(head.reason))
            );
    }

    function _names(Applicant calldata record) private pure returns (bytes memory) {
        return
            bytes.concat(
                abi.encode(_text(record.initials), _text(record.firstNames), _text(record.prefix)),
                abi.encode(_text(record.surname), _texts(record.otherSurnames), _text(record.birthDate))
            );
    }

    function _contact(Applicant calldata record) private pure returns (bytes memory) {
        return
            bytes.concat(
                abi.encode(_text(record.bsn), _addresses(record.addresses)),
                abi.encode(_text(record.phone), _text(record.email), _text(record.position))
            );
    }

    function _parties(Obligation calldata record) private pure returns (bytes memory) {
        return
            bytes.concat(
                abi.encode(_text(record.type_), _words(record.owedBy)),
                abi.encode(_party(record.creditor), _party(record.originalCreditor)),
                abi.encode(_party(record.collector), _party(record.bailiff))
            );
    }

    function _amounts(Obligation calldata record) private pure returns (bytes memory) {
        return
            abi.encode(
                record.amountResident,
                record.amountCreditor,
                record.originalAmount,
                record.arrears,
                record.instalment
            );
    }

    function _terms(Obligation calldata record) private pure returns (bytes memory) {
        return
            bytes.concat(
                abi.encode(_text(record.frequency), record.dueDay, _text(record.preference)),
                abi.encode(_text(record.statementDate), _text(record.originDate))
            );
    }

    function _circumstances(Obligation calldata record) private pure returns (bytes memory) {
        return abi.encode(_text(record.legalGround), _text(record.status), _text(record.source), _text(record.note));
    }

    function _party(Party calldata party) private pure returns (bytes32) {
        return
            keccak256(
                bytes.concat(
                    abi.encode(keccak256(bytes(_PARTY)), _text(party.name), _text(party.kvk)),
                    abi.encode(_text(party.creditorNumber), _text(party.customerNumber), _text(party.fileNumber))
                )
            );
    }

    function _addresses(HomeAddress[] calldata addresses) private pure returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](addresses.length);
        for (uint256 i = 0; i < addresses.length; ++i) {
            HomeAddress calldata one = addresses[i];
            hashes[i] = keccak256(
                bytes.concat(
                    abi.encode(keccak256(bytes(_HOME_ADDRESS)), _text(one.street), one.houseNumber),
                    abi.encode(_text(one.suffix), _text(one.postcode), _text(one.city)),
                    abi.encode(_text(one.fromDate), _text(one.until))
                )
            );
        }
        return _words(hashes);
    }

    function _confirmations(Confirmation[] calldata confirmations) private pure returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](confirmations.length);
        for (uint256 i = 0; i < confirmations.length; ++i) {
            Confirmation calldata one = confirmations[i];
            hashes[i] = keccak256(
                abi.encode(keccak256(bytes(_CONFIRMATION)), _text(one.by), _text(one.role), _text(one.at))
            );
        }
        return _words(hashes);
    }

    function _texts(string[] calldata texts) private pure returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](texts.length);
        for (uint256 i = 0; i < texts.length; ++i) hashes[i] = _text(texts[i]);
        return _words(hashes);
    }

    function _words(bytes32[] memory words) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(words));
    }

    function _text(string calldata text) private pure returns (bytes32) {
        return keccak256(bytes(text));
    }
}
