"""Small changes of a contract, each of which some test ought to notice.

The changes are made where the compiler's syntax tree says that something stands, so that nothing is guessed from the
text. What would fail every test is left out: a guard is dropped, never turned round.
"""

from __future__ import annotations

import itertools
import json
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

Node = Mapping[str, Any]

NOTHING = "{}"
"""A statement that does nothing."""

SWAPS = {
    "<": "<=",
    "<=": "<",
    ">": ">=",
    ">=": ">",
    "==": "!=",
    "!=": "==",
    "&&": "||",
    "||": "&&",
    "+": "-",
    "-": "+",
    "<<": ">>",
    ">>": "<<",
    "&": "|",
    "|": "&",
    "|=": "=",
    "+=": "-=",
    "-=": "+=",
}
DEFAULTS = {"t_bytes32": "bytes32(0)", "t_address": "address(0)", "t_address_payable": "address(0)"}
SHORT = 16
"""A change of fewer letters is named by what stands around it."""
TOO_LARGE = (
    "IfStatement",
    "ForStatement",
    "WhileStatement",
    "DoWhileStatement",
    "InlineAssembly",
    "YulBlock",
    "Block",
    "UncheckedBlock",
    "FunctionDefinition",
    "VariableDeclaration",
)
CALLER = {"msg.sender": "tx.origin", "block.timestamp": "block.number"}


@dataclass(frozen=True, kw_only=True, order=True)
class Mutant:
    """One change of one file.

    Args:
        file: path of the file, from the project's root.
        start: first byte that is replaced.
        end: byte after the last one.
        text: what stands there instead.
        place: contract and function.
        change: what was there and what is there now, for people and for the list of survivors.
    """

    file: str
    start: int
    end: int
    text: str
    place: str
    change: str

    def apply(self, source: bytes) -> bytes:
        """Return `source` with the change made."""
        return source[: self.start] + self.text.encode() + source[self.end :]


def syntax_trees(compiler: Path, project: Path, files: list[str]) -> dict[str, Node]:
    """Return the tree of each of `files` and of what they import.

    Args:
        compiler: executable that answers `--standard-json`.
        project: folder that paths start from.
        files: paths from there.
    """
    question = {
        "language": "Solidity",
        "sources": {name: {"content": (project / name).read_text()} for name in files},
        "settings": {
            "remappings": ["@openzeppelin/=node_modules/@openzeppelin/"],
            "outputSelection": {"*": {"": ["ast"]}},
        },
    }
    done = subprocess.run(
        [str(compiler), "--standard-json"],
        input=json.dumps(question),
        cwd=project,
        capture_output=True,
        text=True,
        check=True,
    )
    answer = json.loads(done.stdout)
    errors = [one["formattedMessage"] for one in answer.get("errors", []) if one["severity"] == "error"]
    if errors:
        raise ValueError("\n".join(errors))
    return {name: one["ast"] for name, one in answer["sources"].items()}


def find_mutants(trees: Mapping[str, Node], sources: Mapping[str, bytes]) -> list[Mutant]:
    """Return every change of the files in `sources`, in the order of the text, each with a name of its own."""
    declared = {node["id"]: node for tree in trees.values() for node in _all_nodes(tree) if "id" in node}
    found = {
        mutant for name, source in sources.items() for mutant in _File(name, source, declared).mutants(trees[name])
    }
    seen: Counter[tuple[str, str]] = Counter()
    named = []
    for mutant in sorted(found):
        key = (mutant.place, mutant.change)
        seen[key] += 1
        named.append(replace(mutant, change=f"{mutant.change} #{seen[key]}") if seen[key] > 1 else mutant)
    return named


def _children(node: Node) -> Iterator[Node]:
    for value in node.values():
        if isinstance(value, dict) and "nodeType" in value:
            yield value
        elif isinstance(value, list):
            yield from (one for one in value if isinstance(one, dict) and "nodeType" in one)


def _all_nodes(node: Node) -> Iterator[Node]:
    yield node
    for child in _children(node):
        yield from _all_nodes(child)


def _type_of(node: Node) -> str:
    return str(node.get("typeDescriptions", {}).get("typeIdentifier", ""))


def _default_of(kind: str) -> str | None:
    """Return the zero of a type, None where the type has no short one."""
    return "0" if kind.startswith("t_uint") else DEFAULTS.get(kind)


def _is_guard(node: Node) -> bool:
    """Whether `node` does nothing but refuse."""
    body = node["trueBody"]
    statements = body["statements"] if body["nodeType"] == "Block" else [body]
    return [one["nodeType"] for one in statements] == ["RevertStatement"] and node.get("falseBody") is None


class _File:
    """The changes of one file.

    Args:
        name: its path.
        source: its text.
        declared: every node that has a number, of all files.
    """

    def __init__(self, name: str, source: bytes, declared: Mapping[int, Node]) -> None:
        self._name = name
        self._source = source
        self._declared = declared
        self._constants: list[Node] = []

    def mutants(self, tree: Node) -> Iterator[Mutant]:
        for contract in tree["nodes"]:
            if contract["nodeType"] != "ContractDefinition" or contract["contractKind"] == "interface":
                continue
            self._constants = self._constants_of(contract)
            for member in contract["nodes"]:
                if member["nodeType"] == "FunctionDefinition":
                    name = member["name"] or member["kind"]
                elif member["nodeType"] == "VariableDeclaration" and member.get("constant"):
                    name = member["name"]
                else:
                    continue
                yield from self._changes(member, (), f"{contract['name']}.{name}")

    def _mutant(self, start: int, end: int, text: str, place: str, around: tuple[Node, ...]) -> Mutant:
        """Name a change; a short one, such as of a number, by the expression around it."""
        first, last = start, end
        for node in reversed(around):
            if last - first >= SHORT or node["nodeType"] in TOO_LARGE:
                break
            first, last = self._range(node)
        head, tail = self._source[first:start].decode(), self._source[end:last].decode()
        before = " ".join((head + self._source[start:end].decode() + tail).split())
        after = " ".join((head + ("" if text == NOTHING else text) + tail).split()) or "nothing"
        return Mutant(file=self._name, start=start, end=end, text=text, place=place, change=f"{before} → {after}")

    def _constants_of(self, contract: Node) -> list[Node]:
        bases = [self._declared[number] for number in contract["linearizedBaseContracts"]]
        return [
            member
            for base in bases
            for member in base["nodes"]
            if member["nodeType"] == "VariableDeclaration"
            and member.get("constant")
            and (base is bases[0] or member["visibility"] != "private")
        ]

    def _range(self, node: Node) -> tuple[int, int]:
        start, length, _file = (int(part) for part in node["src"].split(":"))
        return start, start + length

    def _text(self, node: Node) -> str:
        start, end = self._range(node)
        return self._source[start:end].decode()

    def _changes(self, node: Node, around: tuple[Node, ...], place: str) -> Iterator[Mutant]:
        """Go through a tree; yield every change.

        Args:
            node: where to begin.
            around: what it stands in, outermost first.
            place: contract and function.
        """
        changes = getattr(self, f"_of_{node['nodeType']}", None)
        if changes is not None:
            for start, end, text in changes(node):
                present = self._source[start:end].decode()
                if text not in (present, *self._turned_round(around, node)):
                    yield self._mutant(start, end, text, place, (*around, node))
        for child in _children(node):
            if child["nodeType"] != "StructuredDocumentation" and not self._spoken_for(node, child):
                yield from self._changes(child, (*around, node), place)

    def _turned_round(self, around: tuple[Node, ...], node: Node) -> tuple[str, ...]:
        """Return the opposite of `node` where it is all that a guard asks."""
        parent = around[-1] if around else {"nodeType": ""}
        if parent["nodeType"] != "IfStatement" or not _is_guard(parent) or node is not parent["condition"]:
            return ()
        if node["nodeType"] == "UnaryOperation":
            return (self._text(node["subExpression"]),)
        if node["nodeType"] == "BinaryOperation" and node["operator"] in ("==", "!="):
            return (self._with(node["leftExpression"], node["operator"], node["rightExpression"]),)
        return ()

    @staticmethod
    def _spoken_for(parent: Node, child: Node) -> bool:
        """Whether the change of `parent` says all that a change of `child` would."""
        if parent["nodeType"] == "FunctionCall" and parent["kind"] == "typeConversion":
            return bool(child["nodeType"] == "Literal")
        return bool(parent["nodeType"] == "VariableDeclaration" and child["nodeType"].endswith("TypeName"))

    def _statement(self, node: Node) -> tuple[int, int, str]:
        start, end = self._range(node)
        if self._source[end - 1 : end] == b";":
            return start, end, NOTHING
        # The last part of the head of a loop has no semicolon, and may be empty.
        return (start, end + 1, NOTHING) if self._source[end : end + 1] == b";" else (start, end, "")

    def _of_IfStatement(self, node: Node) -> Iterator[tuple[int, int, str]]:  # noqa: N802
        condition = node["condition"]
        yield (*self._range(condition), "false")
        if not _is_guard(node):
            yield (*self._range(condition), "true")

    def _of_Conditional(self, node: Node) -> Iterator[tuple[int, int, str]]:  # noqa: N802
        yield (*self._range(node["condition"]), "false")
        yield (*self._range(node["condition"]), "true")

    def _of_BinaryOperation(self, node: Node) -> Iterator[tuple[int, int, str]]:  # noqa: N802
        left, right, operator = node["leftExpression"], node["rightExpression"], node["operator"]
        if operator in SWAPS:
            yield (*self._range(node), self._with(left, operator, right))
        if operator in ("&&", "||"):
            yield (*self._range(node), self._text(left))
            yield (*self._range(node), self._text(right))

    def _of_Assignment(self, node: Node) -> Iterator[tuple[int, int, str]]:  # noqa: N802
        if node["operator"] in SWAPS:
            yield (*self._range(node), self._with(node["leftHandSide"], node["operator"], node["rightHandSide"]))

    def _with(self, left: Node, operator: str, right: Node) -> str:
        """Return the operation with another operator."""
        (start, left_end), (right_start, end) = self._range(left), self._range(right)
        between = self._source[left_end:right_start].decode().replace(operator, SWAPS[operator], 1)
        return self._source[start:left_end].decode() + between + self._source[right_start:end].decode()

    def _of_UnaryOperation(self, node: Node) -> Iterator[tuple[int, int, str]]:  # noqa: N802
        if node["operator"] == "!":
            yield (*self._range(node), self._text(node["subExpression"]))

    def _of_ExpressionStatement(self, node: Node) -> Iterator[tuple[int, int, str]]:  # noqa: N802
        yield self._statement(node)

    def _of_EmitStatement(self, node: Node) -> Iterator[tuple[int, int, str]]:  # noqa: N802
        yield self._statement(node)

    def _of_Block(self, node: Node) -> Iterator[tuple[int, int, str]]:  # noqa: N802
        # The revert of a guard goes with its condition.
        statements = node["statements"]
        if len(statements) > 1:
            yield from (self._statement(one) for one in statements if one["nodeType"] == "RevertStatement")

    def _of_ModifierInvocation(self, node: Node) -> Iterator[tuple[int, int, str]]:  # noqa: N802
        if node["kind"] == "modifierInvocation":
            yield (*self._range(node), "")

    def _of_Return(self, node: Node) -> Iterator[tuple[int, int, str]]:  # noqa: N802
        value = node.get("expression")
        if value is None or value["nodeType"] == "Literal":
            return
        if _type_of(value) == "t_bool":
            if value["nodeType"] == "BinaryOperation":
                return  # its own changes say more
            yield (*self._range(value), f"!({self._text(value)})")
        else:
            zero = _default_of(_type_of(value))
            if zero is not None:
                yield (*self._range(value), zero)

    def _of_Literal(self, node: Node) -> Iterator[tuple[int, int, str]]:  # noqa: N802
        other = self._other_literal(node)
        if other is not None:
            yield (*self._range(node), other)

    def _of_YulLiteral(self, node: Node) -> Iterator[tuple[int, int, str]]:  # noqa: N802
        if node["kind"] == "number":
            yield (*self._range(node), str(int(node["value"], 0) + 1))

    @staticmethod
    def _other_literal(node: Node) -> str | None:
        if node["kind"] == "bool":
            return "false" if node["value"] == "true" else "true"
        if node["kind"] == "string":
            return '""' if node["value"] else None
        if node["kind"] == "number" and node["value"].isdecimal():
            return str(int(node["value"]) + 1)
        return None

    def _of_FunctionCall(self, node: Node) -> Iterator[tuple[int, int, str]]:  # noqa: N802
        arguments = node["arguments"]
        if node["kind"] != "typeConversion":
            if not node["names"]:
                yield from self._swapped(arguments)
            return
        if arguments[0]["nodeType"] != "Literal":
            return
        other = self._other_literal(arguments[0])
        if other is not None:
            kind = self._text(node["expression"])
            # The compiler takes no bare number but 0 for bytes.
            yield (*self._range(node), f"{kind}(uint256({other}))" if kind == "bytes32" else f"{kind}({other})")

    def _of_TupleExpression(self, node: Node) -> Iterator[tuple[int, int, str]]:  # noqa: N802
        if not node.get("lValueRequested"):
            yield from self._swapped([one for one in node["components"] if one])

    def _swapped(self, values: list[Node]) -> Iterator[tuple[int, int, str]]:
        for first, second in itertools.pairwise(values):
            one, other = self._text(first), self._text(second)
            if _type_of(first) == _type_of(second) and one != other:
                (start, first_end), (second_start, end) = self._range(first), self._range(second)
                yield start, end, other + self._source[first_end:second_start].decode() + one

    def _of_IndexAccess(self, node: Node) -> Iterator[tuple[int, int, str]]:  # noqa: N802
        index = node.get("indexExpression")
        if index is None or index["nodeType"] == "Literal":
            return
        zero = _default_of(_type_of(index))
        if zero is not None:
            start, end = self._range(node)
            index_start, index_end = self._range(index)
            before, after = self._source[start:index_start].decode(), self._source[index_end:end].decode()
            yield start, end, before + zero + after

    def _of_Identifier(self, node: Node) -> Iterator[tuple[int, int, str]]:  # noqa: N802
        numbers = [one["id"] for one in self._constants]
        if node.get("referencedDeclaration") not in numbers:
            return
        at = numbers.index(node["referencedDeclaration"])
        kind = _type_of(self._constants[at])
        for other in self._constants[at + 1 :] + self._constants[:at]:
            if _type_of(other) == kind:
                yield (*self._range(node), other["name"])
                return

    def _of_MemberAccess(self, node: Node) -> Iterator[tuple[int, int, str]]:  # noqa: N802
        if self._text(node) in CALLER:
            yield (*self._range(node), CALLER[self._text(node)])
        kind = node["expression"].get("referencedDeclaration")
        declaration = self._declared.get(kind, {}) if kind is not None else {}
        if declaration.get("nodeType") == "EnumDefinition":
            names = [one["name"] for one in declaration["members"]]
            other = names[(names.index(node["memberName"]) + 1) % len(names)]
            yield (*self._range(node), f"{self._text(node['expression'])}.{other}")
