"""Lark's tree, made ours: a method for each rule of the grammar."""

import re
from typing import Any

from kgtools.kg.cypher.grammar import tree
from kgtools.kg.cypher.grammar.tree import fault

ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "\\": "\\", "'": "'", '"': '"', "`": "`"}
ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
"""`\\n`, `\\u4e2d` in a string."""


class Builder:
    """Lark's tree, made ours. A method for each rule of the grammar, called as the rule is."""

    def __init__(self, text: str) -> None:
        self.text = text

    # -- what every rule needs

    def build(self, node: Any) -> Any:
        return getattr(self, str(node.data))(node)

    @staticmethod
    def at(node: Any) -> int:
        found = node.meta.start_pos if hasattr(node, "meta") and not node.meta.empty else getattr(node, "start_pos", 0)
        return int(found or 0)

    @staticmethod
    def rules(node: Any, *names: str) -> list[Any]:
        return [child for child in node.children if hasattr(child, "data") and (not names or str(child.data) in names)]

    def one(self, node: Any, name: str) -> Any:
        found = self.rules(node, name)
        return self.build(found[0]) if found else None

    @staticmethod
    def tokens(node: Any, *kinds: str) -> list[Any]:
        return [child for child in node.children if not hasattr(child, "data") and child.type in kinds]

    def name(self, node: Any) -> str:
        token = node.children[0]
        if "\0" in token:
            raise fault(self.text, token.start_pos, "a name with a NUL character is not covered")
        return str(token) if token.type == "NAME" else str(token)[1:-1].replace("``", "`")

    # -- queries and clauses

    def query(self, node: Any) -> tree.Query:
        parts = tuple(self.build(part) for part in self.rules(node, "single"))
        unions = [bool(self.tokens(union, "ALL")) for union in self.rules(node, "union")]
        if len(set(unions)) > 1:
            raise fault(
                self.text, self.at(self.rules(node, "union")[1]), "UNION and UNION ALL cannot be mixed; use one of them"
            )
        return tree.Query(parts, bool(unions) and not unions[0], self.text)

    def single(self, node: Any) -> tuple[tree.Clause, ...]:
        return tuple(self.build(clause) for clause in self.rules(node))

    def match(self, node: Any) -> tree.Match:
        return tree.Match(
            self.one(node, "patterns"), self.one(node, "where"), bool(self.tokens(node, "OPTIONAL")), self.at(node)
        )

    def unwind(self, node: Any) -> tree.Unwind:
        of, name = self.rules(node)
        return tree.Unwind(self.build(of), self.name(name), self.at(node))

    def with_(self, node: Any) -> tree.Project:
        return self.project(node, "WITH")

    def return_(self, node: Any) -> tree.Project:
        return self.project(node, "RETURN")

    def project(self, node: Any, kind: Any) -> tree.Project:
        body = self.rules(node, "projection")[0]
        given = self.rules(self.rules(body, "items")[0], "item")
        star = [item for item in given if self.rules(item, "star")]
        if star and (len(star) > 1 or star[0] is not given[0]):
            raise fault(self.text, self.at(star[-1]), "* stands first, and once")
        items = tuple(self.build(item) for item in given if item not in star)
        order = self.rules(body, "order")
        return tree.Project(
            kind, items, bool(star), bool(self.tokens(body, "DISTINCT")),
            tuple(self.build(sort) for sort in self.rules(order[0])) if order else (),
            self.one(body, "skip"), self.one(body, "limit"), self.one(node, "where"), self.at(node),
        )  # fmt: skip

    def item(self, node: Any) -> tree.Item:
        of, *name = self.rules(node)
        text = self.text[of.meta.start_pos : of.meta.end_pos] if not of.meta.empty else ""
        return tree.Item(
            self.build(of), self.name(name[0]) if name else self._title(of, text), bool(name), self.at(node)
        )

    def _title(self, of: Any, text: str) -> str:
        if of.data == "variable":
            return self.name(of.children[0])
        return self.name(self.rules(of)[0]) if of.data == "projected" else text  # as Neo4j calls them

    def sort(self, node: Any) -> tree.Sort:
        direction = self.tokens(node, "DIRECTION")
        return tree.Sort(self.build(self.rules(node)[0]), bool(direction) and direction[0].upper().startswith("DESC"))

    def inner(self, node: Any) -> Any:
        return self.build(self.rules(node)[0])

    where = skip = limit = inner

    def call_query(self, node: Any) -> tree.CallQuery:
        scope = self.rules(node, "scope")
        everything = bool(scope and self.rules(scope[0], "star"))
        imports = tuple(map(self.name, self.rules(scope[0], "name"))) if scope and not everything else None
        return tree.CallQuery(
            self.one(node, "query"), imports, everything, bool(self.tokens(node, "OPTIONAL")), self.at(node)
        )

    def call_procedure(self, node: Any) -> tree.CallProcedure:
        args = self.rules(node, "arguments")
        shown = self.rules(node, "yield_")
        columns, where = None, None
        if shown:
            where = self.one(shown[0], "where")
            if not self.rules(shown[0], "star"):
                columns = tuple(
                    (names[0], names[-1])
                    for names in (list(map(self.name, self.rules(one))) for one in self.rules(shown[0], "yielded"))
                )
        given = tuple(self.build(arg) for arg in self.rules(args[0])) if args else ()
        return tree.CallProcedure(
            ".".join(map(self.name, self.rules(node, "name"))), given, columns, where, self.at(node)
        )

    # -- patterns

    def patterns(self, node: Any) -> tuple[tree.Path, ...]:
        return tuple(self.build(path) for path in self.rules(node))

    def path(self, node: Any) -> tree.Path:
        name = self.rules(node, "name")
        path: tree.Path = self.build(self.rules(node, "chain", "shortest")[0])
        return tree.Path(self.name(name[0]) if name else None, path.nodes, path.links, path.shortest, self.at(node))

    def shortest(self, node: Any) -> tree.Path:
        path = self.one(node, "chain")
        if len(path.links) != 1:
            raise fault(
                self.text, self.at(node), "a shortest path has one relationship between two nodes, as in (a)-[*]-(b)"
            )
        kind: Any = "all" if node.children[0].lower().startswith("all") else "one"
        return tree.Path(None, path.nodes, path.links, kind, self.at(node))

    def chain(self, node: Any) -> tree.Path:
        return tree.Path(
            None, tuple(self.build(part) for part in self.rules(node, "node")), tuple(self.build(part) for part in self.rules(node, "relationship")),
            "", self.at(node),
        )  # fmt: skip

    def node(self, node: Any) -> tree.Node:
        name = self.rules(node, "name")
        return tree.Node(
            self.name(name[0]) if name else None, self.one(node, "labels"), self.one(node, "map") or self.one(node, "param"), self.one(node, "where"),
            self.at(node),
        )  # fmt: skip

    def relationship(self, node: Any) -> tree.Link:
        pieces = [child for child in node.children if getattr(child, "data", "") != "quantifier"]
        first, last = pieces[0], pieces[-1]
        text = "".join(str(first).split())
        end = "".join(str(last).split()) if last is not first else ""
        incoming = text.startswith("<")
        outgoing = text.endswith(">") if last is first else end == "->"
        if incoming and outgoing:
            incoming = outgoing = False  # either way
        direction: Any = "in" if incoming else "out" if outgoing else "both"
        name, length = self.rules(node, "name"), self.rules(node, "length")
        quantifier = self.rules(node, "quantifier")
        if length and quantifier:
            raise fault(
                self.text, self.at(quantifier[0]), "a relationship has one length; write [:R*1..2] or [:R]->{1,2}"
            )
        least, most = self._length(length[0]) if length else self._times(quantifier[0]) if quantifier else (None, None)
        return tree.Link(
            self.name(name[0]) if name else None, self.one(node, "labels"), direction, least, most,
            self.one(node, "map") or self.one(node, "param"), self.one(node, "where"), self.at(node),
        )  # fmt: skip

    def _length(self, node: Any) -> tuple[int, int | None]:
        exact = self.tokens(node, "INT")
        if exact:
            return int(exact[0]), int(exact[0])
        found = self.rules(node, "range")
        if not found:
            return 1, None
        text = self.text[found[0].meta.start_pos : found[0].meta.end_pos]
        least, _, most = text.partition("..")
        return int(least) if least.strip() else 1, int(most) if most.strip() else None

    def _times(self, node: Any) -> tuple[int, int | None]:
        """`+`, `*`, `{2}`, `{1,}`, `{,3}`, `{1,3}`."""
        text = "".join(self.text[node.meta.start_pos : node.meta.end_pos].split()).strip("{}")
        if text in ("*", "+"):
            return int(text == "+"), None
        least, comma, most = text.partition(",")
        return int(least or 0), int(most) if most else None if comma else int(least)

    def labels(self, node: Any) -> tree.Labels:
        return self.inner(node)  # type: ignore[no-any-return]

    def _joined(self, node: Any, op: Any) -> tree.Labels:
        of = tuple(self.build(part) for part in self.rules(node))
        return tree.Labels(op, "", of, self.at(node))

    def label_or(self, node: Any) -> tree.Labels:
        return self._joined(node, "or")

    def label_and(self, node: Any) -> tree.Labels:
        return self._joined(node, "and")

    def label_negated(self, node: Any) -> tree.Labels:
        return self._joined(node, "not")

    def label_not(self, node: Any) -> tree.Labels:
        return self.inner(node)  # type: ignore[no-any-return]

    def label_name(self, node: Any) -> tree.Labels:
        return tree.Labels("name", self.name(self.rules(node)[0]), (), self.at(node))

    def label_any(self, node: Any) -> tree.Labels:
        return tree.Labels("any", "", (), self.at(node))

    # -- expressions

    def _chained(self, node: Any, word: str) -> tree.Expr:
        """As a tree that is as flat as can be: hundreds of conditions are no hundreds of levels."""
        parts: list[tree.Expr] = [self.build(part) for part in self.rules(node)]
        while len(parts) > 1:
            pairs = [
                tree.Binary(word, one, other, self.at(node))
                for one, other in zip(parts[::2], parts[1::2], strict=False)
            ]
            parts = [*pairs, *parts[2 * len(pairs) :]]
        return parts[0]

    def expr_or(self, node: Any) -> tree.Expr:
        return self._chained(node, "OR")

    def expr_xor(self, node: Any) -> tree.Expr:
        return self._chained(node, "XOR")

    def expr_and(self, node: Any) -> tree.Expr:
        return self._chained(node, "AND")

    def not_(self, node: Any) -> tree.Expr:
        return tree.Unary("not", self.inner(node), self.at(node))

    def comparison(self, node: Any) -> tree.Expr:
        sides = [self.build(child) for child in self.rules(node)]
        signs = self.tokens(node, "COMPARE", "EQUAL")
        parts = [tree.Binary(str(sign), sides[i], sides[i + 1], sign.start_pos) for i, sign in enumerate(signs)]
        result: tree.Expr = parts[0]
        for part in parts[1:]:
            result = tree.Binary("AND", result, part, part.at)
        return result

    def _binary(self, node: Any, op: str) -> tree.Expr:
        left, right = self.rules(node)
        return tree.Binary(op, self.build(left), self.build(right), self.at(node))

    def in_(self, node: Any) -> tree.Expr:
        return self._binary(node, "IN")

    def starts(self, node: Any) -> tree.Expr:
        return self._binary(node, "STARTS WITH")

    def ends(self, node: Any) -> tree.Expr:
        return self._binary(node, "ENDS WITH")

    def contains(self, node: Any) -> tree.Expr:
        return self._binary(node, "CONTAINS")

    def matches(self, node: Any) -> tree.Expr:
        return self._binary(node, "=~")

    def is_null(self, node: Any) -> tree.Expr:
        return tree.IsNull(self.inner(node), False, self.at(node))

    def is_not_null(self, node: Any) -> tree.Expr:
        return tree.IsNull(self.inner(node), True, self.at(node))

    def _operators(self, node: Any) -> tree.Expr:
        sides = [self.build(child) for child in self.rules(node)]
        left = sides[0]
        for sign, right in zip(self.tokens(node, "ADD", "STAR", "MULTIPLY", "CIRCUMFLEX"), sides[1:], strict=True):
            left = tree.Binary(str(sign), left, right, sign.start_pos)
        return left  # type: ignore[no-any-return]

    sum = product = _operators

    def power(self, node: Any) -> tree.Expr:
        left, *rest = (self.build(part) for part in self.rules(node))
        for part in rest:
            left = tree.Binary("^", left, part, self.at(node))
        return left  # type: ignore[no-any-return]

    def negative(self, node: Any) -> tree.Expr:
        of = self.inner(node)
        if isinstance(of, tree.Literal) and isinstance(of.value, int | float) and not isinstance(of.value, bool):
            return tree.Literal(-of.value, self.at(node))
        return tree.Unary("-", of, self.at(node))

    def positive(self, node: Any) -> tree.Expr:
        return self.inner(node)  # type: ignore[no-any-return]

    def property(self, node: Any) -> tree.Expr:
        of, name = self.rules(node)
        return tree.Property(self.build(of), self.name(name), self.at(node))

    def index(self, node: Any) -> tree.Expr:
        of, key = self.rules(node)
        return tree.Index(self.build(of), self.build(key), self.at(node))

    def slice(self, node: Any) -> tree.Expr:
        of, *bounds = self.rules(node)
        begin = of.meta.end_pos
        dots = self._dots(begin, node.meta.end_pos, bounds)
        first = next((self.build(bound) for bound in bounds if bound.meta.start_pos < dots), None)
        last = next((self.build(bound) for bound in bounds if bound.meta.start_pos > dots), None)
        return tree.Slice(self.build(of), first, last, self.at(node))

    def _dots(self, begin: int, end: int, bounds: list[Any]) -> int:
        """Where the two dots of a slice stand, outside of its bounds."""
        at = self.text.find("..", begin, end)
        while any(bound.meta.start_pos <= at < bound.meta.end_pos for bound in bounds):
            at = self.text.find("..", at + 1, end)
        return at

    def has_label(self, node: Any) -> tree.Expr:
        of, labels = self.rules(node)
        return tree.HasLabel(self.build(of), self.build(labels), self.at(node))

    def integer(self, node: Any) -> tree.Expr:
        value = int(str(node.children[0]), 0) if not str(node.children[0]).isdigit() else int(node.children[0])
        if value > 2**63:
            raise fault(self.text, self.at(node), "the number is too large; write it as a text, or as 1e19")
        return tree.Literal(value, self.at(node))

    def float(self, node: Any) -> tree.Expr:
        value = float(node.children[0])
        if value == float("inf"):
            raise fault(self.text, self.at(node), "the number is too large")
        return tree.Literal(value, self.at(node))

    def string(self, node: Any) -> tree.Expr:
        def put(found: re.Match[str]) -> str:
            if found[1]:
                return chr(int(found[1], 16))
            if found[2] not in ESCAPES:
                raise fault(
                    self.text,
                    self.at(node) + 1 + found.start(),
                    f"\\{found[2]} is no escape; write \\\\ for a backslash",
                )
            return ESCAPES[found[2]]

        text = ESCAPE.sub(put, str(node.children[0])[1:-1])
        try:
            text = text.encode("utf-16", "surrogatepass").decode("utf-16")  # two escapes can be one character
        except UnicodeDecodeError as error:
            raise fault(self.text, self.at(node), "half of a surrogate pair is no character") from error
        return tree.Literal(text, self.at(node))

    def true(self, node: Any) -> tree.Expr:
        return tree.Literal(True, self.at(node))

    def false(self, node: Any) -> tree.Expr:
        return tree.Literal(False, self.at(node))

    def null(self, node: Any) -> tree.Expr:
        return tree.Literal(None, self.at(node))

    def param(self, node: Any) -> tree.Param:
        found = self.rules(node)
        return tree.Param(self.name(found[0]) if found else str(node.children[0]), self.at(node))

    def variable(self, node: Any) -> tree.Expr:
        return tree.Variable(self.name(node.children[0]), self.at(node))

    def parenthesised(self, node: Any) -> tree.Expr:
        found = self.rules(node)
        if len(found) > 1:
            raise fault(
                self.text, self.at(found[1]), "a relationship is expected behind this node, as in (a)-[:R]->(b)"
            )
        return self.build(found[0])  # type: ignore[no-any-return]

    def pattern(self, node: Any) -> tree.PatternPredicate:
        first, *rest = self.rules(node)
        begin = self._first_node(first)
        nodes = (begin, *(self.build(part) for part in rest if part.data == "node"))
        links = tuple(self.build(part) for part in rest if part.data == "relationship")
        return tree.PatternPredicate(tree.Path(None, nodes, links, "", self.at(node)), self.at(node))

    def _first_node(self, node: Any) -> tree.Node:
        """What stands in round brackets before a relationship, which the grammar takes for an expression."""
        if node.data == "bare_node":
            found = self.rules(node)
            properties = self.one(node, "map")
            labels = next((self.build(part) for part in found if part.data not in ("map", "where")), None)
            return tree.Node(None, labels, properties, self.one(node, "where"), self.at(node))
        of, *behind = self.rules(node)
        properties, where = self.one(node, "map"), self.one(node, "where")
        if properties is not None and of.data == "map":
            properties = None
        labels = None
        if of.data == "has_label":
            of, labels = of.children[0], self.build(self.rules(of)[1])
        if of.data == "projected" and not behind:
            projected = self.build(of)
            if not projected.everything:
                return tree.Node(
                    projected.of.name, labels, tree.Map(projected.items, projected.at), where, self.at(node)
                )
        if of.data != "variable":
            raise fault(self.text, self.at(node), "a node is expected before a relationship, as (n) or (n:Disease)")
        return tree.Node(self.name(of.children[0]), labels, properties, where, self.at(node))

    def case(self, node: Any) -> tree.Expr:
        parts = self.rules(node)
        branches = [part for part in parts if part.data == "alternative"]
        others = [part for part in parts if part.data != "alternative"]
        subject = next((self.build(part) for part in others if part.meta.start_pos < branches[0].meta.start_pos), None)
        default = next((self.build(part) for part in others if part.meta.start_pos > branches[0].meta.start_pos), None)
        pairs: list[tuple[tree.Expr, tree.Expr]] = []
        for branch in branches:
            *tests, then = (self.build(part) for part in self.rules(branch))
            if len(tests) > 1 and subject is None:
                raise fault(
                    self.text,
                    self.at(branch),
                    "WHEN with several values needs one that they are held against: CASE x WHEN 1, 2 THEN ...",
                )
            pairs += [(test, then) for test in tests]
        return tree.Case(subject, tuple(pairs), default, self.at(node))

    def list(self, node: Any) -> tree.Expr:
        return tree.List(tuple(self.build(item) for item in self.rules(node)), self.at(node))

    def map(self, node: Any) -> tree.Map:
        return tree.Map(tuple(self.build(pair) for pair in self.rules(node)), self.at(node))

    def pair(self, node: Any) -> tuple[str, tree.Expr]:
        name, value = self.rules(node)
        return self.name(name), self.build(value)

    def projected(self, node: Any) -> tree.Expr:
        first, *rest = self.rules(node)
        of = tree.Variable(self.name(first), self.at(first))
        items: list[tuple[str, tree.Expr]] = []
        for part in rest:
            if part.data == "pair":
                items.append(self.pair(part))
            elif part.data == "shown_property":
                name = self.name(part.children[0])
                items.append((name, tree.Property(of, name, self.at(part))))
            elif part.data == "shown_variable":
                name = self.name(part.children[0])
                items.append((name, tree.Variable(name, self.at(part))))
        return tree.Projected(of, tuple(items), any(part.data == "shown_all" for part in rest), self.at(node))

    def comprehension(self, node: Any) -> tree.Expr:
        name, source, *rest = self.rules(node)
        where = self.one(node, "where")
        value = next((self.build(part) for part in rest if part.data != "where"), None)
        return tree.Comprehension(self.name(name), self.build(source), where, value, self.at(node))

    def pattern_comprehension(self, node: Any) -> tree.Expr:
        first, *rest = self.rules(node)
        value = next(self.build(part) for part in rest if part.data != "where")
        return tree.PatternComprehension(self.build(first).path, self.one(node, "where"), value, self.at(node))

    def quantified(self, node: Any) -> tree.Expr:
        name, source, where = self.rules(node)
        kind = str(node.children[0]).lower()
        return tree.Quantified(kind, self.name(name), self.build(source), self.build(where), self.at(node))

    def reduced(self, node: Any) -> tree.Expr:
        total, start, variable, source, value = self.rules(node)
        return tree.Reduce(
            self.name(total),
            self.build(start),
            self.name(variable),
            self.build(source),
            self.build(value),
            self.at(node),
        )

    def call(self, node: Any) -> tree.Expr:
        name = "".join(str(self.tokens(node, "FUNCTION")[0]).split()).lower()
        args = self.rules(node)
        star = bool(args) and args[0].data == "star"
        given = () if star else tuple(self.build(arg) for arg in args)
        return tree.Call(name, given, bool(self.tokens(node, "DISTINCT")), star, self.at(node))

    def subquery(self, node: Any) -> tree.Expr:
        kind: Any = str(node.children[0]).upper()
        found = self.one(node, "query")
        if found is None:
            match = tree.Match(self.one(node, "patterns"), self.one(node, "where"), False, self.at(node))
            found = tree.Query(((match,),), False, self.text)
        return tree.Subquery(kind, found, self.at(node))
