"""Questions of which an engine once answered one differently from Neo4j, or could: what Neo4j 5.26 answers, as it was recorded.

They are asked of the graphs KNOWN and AWKWARD (graphs.py). Rows are in an order only by the columns of `by`; lists in the
columns of `bags` are in none."""

from typing import Any, NamedTuple

from tests.kg.cypher.differential import Answer, Question


class Recorded(NamedTuple):
    """A question, the graph it is asked of, and Neo4j's answer."""

    graph: str
    question: Question
    answer: Answer


def _recorded(
    name: str, graph: str, cypher: str, columns: list[str], rows: list[list[Any]], params: dict[str, Any] | None = None,
    by: tuple[str, ...] = (), bags: tuple[str, ...] = (),
) -> Recorded:  # fmt: skip
    return Recorded(graph, Question(name, cypher, params or {}, by, bags), Answer(columns, rows))


# fmt: off
RECORDED = (
    _recorded(
        'count of a pattern of nothing', 'known',
        'MATCH (d:Disease) WHERE COUNT { MATCH (d)-[:HAS_SYMPTOM]->(:Symptom) } = 0 RETURN count(*) AS n',
        ['n'],
        [[2]],
    ),
    _recorded(
        'union of two types', 'known',
        'MATCH (d:Disease) RETURN d.name AS a, d.id AS b UNION MATCH (d:Disease)-[:HAS_SYMPTOM]->(s:Symptom) RETURN d.name AS a, '
        's.name AS b',
        ['a', 'b'],
        [
            ['病丁', 'Disease:病丁'], ['病丙', 'Disease:病丙'], ['病乙', 'Disease:病乙'], ['病甲', 'Disease:病甲'], ['病乙', '咳嗽'],
            ['病甲', '发热'], ['病甲', '咳嗽'],
        ],
    ),
    _recorded(
        'where of an optional match', 'known',
        'MATCH (d:Disease) OPTIONAL MATCH (d)-[:HAS_SYMPTOM]->(s:Symptom) WHERE d.name_en IS NULL RETURN count(s) AS n',
        ['n'],
        [[3]],
    ),
    _recorded(
        'a limit before a count', 'known',
        'MATCH (a:Disease)-[:HAS_DRUG]->(b:Drug) WITH b ORDER BY b.name LIMIT 1 RETURN count(*) AS n',
        ['n'],
        [[1]],
    ),
    _recorded(
        'functions of an optional node', 'known',
        "MATCH (d:Disease) OPTIONAL MATCH (d)-[:HAS_DRUG]->(s:Drug) RETURN d.name AS d, replace(s.name, '药', 'X') AS x, "
        'head(s.sources) AS h',
        ['d', 'x', 'h'],
        [['病丁', None, None], ['病丙', 'X一', 'tiny'], ['病乙', None, None], ['病甲', 'X二', 'tiny'], ['病甲', 'X一', 'tiny']],
    ),
    _recorded(
        'three values of not', 'known',
        'UNWIND [true, false, null] AS a UNWIND [true, false, null] AS b RETURN a, b, a AND b AS x, a OR b AS y, a XOR b AS z, NOT '
        'a AS w',
        ['a', 'b', 'x', 'y', 'z', 'w'],
        [
            [True, True, True, True, False, False], [True, False, False, True, True, False], [True, None, None, True, None, False],
            [False, True, False, True, True, True], [False, False, False, False, False, True], [False, None, False, None, None, True],
            [None, True, None, True, None, None], [None, False, False, None, None, None], [None, None, None, None, None, None],
        ],
    ),
    _recorded(
        'xor with null', 'known',
        'RETURN true XOR null AS a, null XOR false AS b, (null XOR null) IS NULL AS c',
        ['a', 'b', 'c'],
        [[None, None, True]],
    ),
    _recorded(
        'null in lists', 'known',
        'RETURN null IN [] AS a, null IN [null] AS b, 1 IN [1, null] AS c, 2 IN [1, null] AS d, 2 IN null AS e, [1, null] = [1, '
        'null] AS f, [1, null] = [2, null] AS g, [null] IN [[null]] AS h, [1] IN [[1, 2], [1]] AS i',
        ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'],
        [[False, None, True, None, None, None, False, None, True]],
    ),
    _recorded(
        'not in a list with null keeps nothing', 'known',
        "MATCH (d:Disease) WHERE NOT d.name IN ['病甲', null] RETURN count(*) AS n",
        ['n'],
        [[0]],
    ),
    _recorded(
        'null equals nothing', 'known',
        "MATCH (d:Disease) RETURN count(CASE WHEN d.name_en = d.name_en THEN 1 END) AS a, count(CASE WHEN d.name_en <> '' THEN 1 "
        "END) AS b, count(CASE WHEN NOT d.name_en = '' THEN 1 END) AS c, count(CASE WHEN d.name_en IS NULL THEN 1 END) AS d",
        ['a', 'b', 'c', 'd'],
        [[0, 0, 0, 4]],
    ),
    _recorded(
        'aggregates of nothing', 'known',
        "MATCH (d:Disease) WHERE d.name = 'nobody' RETURN count(*) AS n, count(d) AS m, collect(d.name) AS c, sum(size(d.name)) AS "
        's, avg(size(d.name)) AS a, min(d.name) AS lo, max(d.name) AS hi, stDev(size(d.name)) AS sd, percentileCont(size(d.name), '
        '0.5) AS pc',
        ['n', 'm', 'c', 's', 'a', 'lo', 'hi', 'sd', 'pc'],
        [[0, 0, [], 0, None, None, None, None, None]],
    ),
    _recorded(
        'groups of nothing are no rows', 'known',
        "MATCH (d:Disease) WHERE d.name = 'nobody' RETURN d.name AS name, count(*) AS n",
        ['name', 'n'],
        [],
    ),
    _recorded(
        'aggregates leave null out', 'known',
        'UNWIND [1, null, 3, null] AS x RETURN count(*) AS n, count(x) AS m, collect(x) AS c, sum(x) AS s, avg(x) AS a, min(x) AS '
        'lo, max(x) AS hi, count(DISTINCT x) AS d',
        ['n', 'm', 'c', 's', 'a', 'lo', 'hi', 'd'],
        [[4, 2, [1, 3], 4, 2.0, 1, 3, 2]],
    ),
    _recorded(
        'aggregates of null alone', 'known',
        'UNWIND [null, null] AS x RETURN count(x) AS m, collect(x) AS c, sum(x) AS s, avg(x) AS a, min(x) AS lo, percentileDisc(x, '
        '0.5) AS p',
        ['m', 'c', 's', 'a', 'lo', 'p'],
        [[0, [], 0, None, None, None]],
    ),
    _recorded(
        'division of whole numbers', 'known',
        'RETURN 7 / 2 AS a, -7 / 2 AS b, 7 / -2 AS c, 7 % 3 AS d, -7 % 3 AS e, 7 % -3 AS f, 7.0 / 2 AS g, -7.5 % 2 AS h, 2 ^ 3 AS '
        'i, 1 / 3 * 3 AS j, -2 ^ 2 AS k',
        ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k'],
        [[3, -3, -3, 1, -1, 1, 3.5, -1.5, 8.0, 0, 4.0]],
    ),
    _recorded(
        'division of floats by zero', 'known',
        'RETURN toString(1.0 / 0) AS a, toString(-1.0 / 0) AS b, toString(0.0 / 0) AS c, 0.0 / 0 = 0.0 / 0 AS d',
        ['a', 'b', 'c', 'd'],
        [['Infinity', '-Infinity', 'NaN', False]],
    ),
    _recorded(
        'indexes of lists', 'known',
        'WITH [10, 20, 30] AS l RETURN l[0] AS a, l[-1] AS b, l[3] AS c, l[-4] AS d, l[null] AS e, head([]) AS f, last([]) AS g, '
        'tail([]) AS h, tail([1]) AS i',
        ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'],
        [[10, 30, None, None, None, None, None, [], []]],
    ),
    _recorded(
        'slices of lists', 'known',
        'WITH [1, 2, 3, 4, 5] AS l RETURN l[1..3] AS a, l[..2] AS b, l[2..] AS c, l[-2..] AS d, l[..-1] AS e, l[3..1] AS f, '
        'l[0..99] AS g, l[-99..2] AS h, l[null..2] AS i, l[1..-1] AS j',
        ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'],
        [[[2, 3], [1, 2], [3, 4, 5], [4, 5], [1, 2, 3, 4], [], [1, 2, 3, 4, 5], [1, 2], None, [2, 3, 4]]],
    ),
    _recorded(
        'distinct keeps one null', 'known',
        'UNWIND [1, null, 1, null, 2] AS x WITH DISTINCT x RETURN x',
        ['x'],
        [[1], [None], [2]],
        by=('x',),
    ),
    _recorded(
        'order puts null last, and first descending', 'known',
        'UNWIND [2, null, 1, 3] AS x WITH x ORDER BY x WITH collect(coalesce(x, -1)) AS up UNWIND [2, null, 1, 3] AS y WITH up, y '
        'ORDER BY y DESC RETURN up, collect(coalesce(y, -1)) AS down',
        ['up', 'down'],
        [[[1, 2, 3, -1], [-1, 3, 2, 1]]],
    ),
    _recorded(
        'order of mixed values', 'known',
        "UNWIND [1, 'a', null, true, 2.5, [1], 'B', false, [0, 9], {a: 1}, 0] AS x RETURN x ORDER BY x",
        ['x'],
        [[{'a': 1}], [[0, 9]], [[1]], ['B'], ['a'], [False], [True], [0], [1], [2.5], [None]],
        by=('x',),
    ),
    _recorded(
        'order of text is by code', 'known',
        "UNWIND ['b', 'A', 'a', 'B', '', 'é', '中', '😀', 'ab', '10', '9', '～'] AS x RETURN x ORDER BY x",
        ['x'],
        [[''], ['10'], ['9'], ['A'], ['B'], ['a'], ['ab'], ['b'], ['é'], ['中'], ['～'], ['😀']],
        by=('x',),
    ),
    _recorded(
        'counts of an optional match', 'known',
        'MATCH (d:Disease) OPTIONAL MATCH (d)-[:HAS_SYMPTOM]->(s:Symptom) RETURN d.name AS name, count(*) AS rows, count(s) AS n, '
        'collect(s.name) AS symptoms ORDER BY name',
        ['name', 'rows', 'n', 'symptoms'],
        [['病丁', 1, 0, []], ['病丙', 1, 0, []], ['病乙', 1, 1, ['咳嗽']], ['病甲', 2, 2, ['咳嗽', '发热']]],
        by=('name',), bags=('symptoms',),
    ),
    _recorded(
        'an optional match of an optional match', 'awkward',
        'MATCH (d:Disease) OPTIONAL MATCH (d)-[:HAS_COMPLICATION]->(c:Disease) OPTIONAL MATCH (c)-[:HAS_DRUG]->(g:Drug) RETURN '
        'd.name AS d, c.name AS c, g.name AS g',
        ['d', 'c', 'g'],
        [
            ['50%_病', None, None], ['C:\\病\\n', '50%_病', '药二'], ["O'Brien 综合征", 'say "病" `now`', None],
            ['say "病" `now`', "O'Brien 综合征", 'naïve Café'], ['头痛😀', None, None], ['孤病', None, None], ['病丙', '病甲', '药二'],
            ['病丙', '病甲', '药一'], ['病丙', '病甲', '-3.5'], ['病乙', '自环病', None], ['病乙', '病丙', '药一'], ['病甲', '病乙', None],
            ['自环病', '自环病', None],
        ],
    ),
    _recorded(
        'a relationship is used once', 'awkward',
        'MATCH (a:Disease)-[r1:HAS_COMPLICATION]-(b:Disease)-[r2:HAS_COMPLICATION]-(c:Disease) RETURN a.name AS a, b.name AS b, '
        'c.name AS c',
        ['a', 'b', 'c'],
        [
            ['say "病" `now`', "O'Brien 综合征", 'say "病" `now`'], ['say "病" `now`', "O'Brien 综合征", 'say "病" `now`'],
            ["O'Brien 综合征", 'say "病" `now`', "O'Brien 综合征"], ["O'Brien 综合征", 'say "病" `now`', "O'Brien 综合征"],
            ['病甲', '病丙', '病乙'], ['病乙', '病丙', '病甲'], ['自环病', '病乙', '病甲'], ['病丙', '病乙', '病甲'],
            ['病甲', '病乙', '自环病'], ['病丙', '病乙', '自环病'], ['病甲', '病乙', '病丙'], ['自环病', '病乙', '病丙'],
            ['病丙', '病甲', '病乙'], ['病乙', '病甲', '病丙'], ['病乙', '自环病', '自环病'], ['自环病', '自环病', '病乙'],
        ],
    ),
    _recorded(
        'unique over commas but not over clauses', 'awkward',
        "MATCH (a:Disease {name: '病甲'})-[r]->(x), (a)-[s]->(y) WITH count(*) AS one MATCH (a:Disease {name: '病甲'})-[r]->(x) "
        'MATCH (a)-[s]->(y) RETURN one, count(*) AS two',
        ['one', 'two'],
        [[210, 225]],
    ),
    _recorded(
        'a self loop without a direction', 'awkward',
        'MATCH (a:Drug)-[r:INTERACTS_WITH]-(b:Drug) RETURN a.name AS a, b.name AS b, startNode(r) = a AS forward',
        ['a', 'b', 'forward'],
        [
            ['药一', '-3.5', True], ['-3.5', '药一', False], ['药一', '药二', True], ['药二', '药一', False], ['药二', '药一', True],
            ['药一', '药二', False], ['药二', '药二', True],
        ],
    ),
    _recorded(
        'a node that meets itself', 'awkward',
        'MATCH (n)-[r]-(n) RETURN n.name AS n, type(r) AS r',
        ['n', 'r'],
        [['自环病', 'HAS_COMPLICATION'], ['药二', 'INTERACTS_WITH'], ['自环病', 'MAY_LEAD_TO'], ['内科', 'PART_OF_DEPARTMENT']],
    ),
    _recorded(
        'cycles of any length', 'awkward',
        "MATCH p = (a:Disease {name: '病甲'})-[:HAS_COMPLICATION*]->(b) RETURN b.name AS b, length(p) AS n, [x IN nodes(p) | "
        'x.name] AS path',
        ['b', 'n', 'path'],
        [
            ['病乙', 1, ['病甲', '病乙']], ['病丙', 2, ['病甲', '病乙', '病丙']], ['病甲', 3, ['病甲', '病乙', '病丙', '病甲']],
            ['自环病', 2, ['病甲', '病乙', '自环病']], ['自环病', 3, ['病甲', '病乙', '自环病', '自环病']],
        ],
    ),
    _recorded(
        'zero steps and more', 'awkward',
        "MATCH (a:Disease {name: '病甲'})-[r:HAS_COMPLICATION*0..2]-(b) RETURN b.name AS b, size(r) AS n",
        ['b', 'n'],
        [['病甲', 0], ['病丙', 1], ['病乙', 2], ['病乙', 1], ['病丙', 2], ['自环病', 2]],
    ),
    _recorded(
        'a list of relationships by their property', 'awkward',
        "MATCH (a:Disease)-[r:HAS_COMPLICATION|MAY_LEAD_TO*1..2 {sources: ['alpha']}]->(b:Disease) RETURN a.name AS a, b.name AS b, "
        '[x IN r | type(x)] AS types',
        ['a', 'b', 'types'],
        [
            ["O'Brien 综合征", 'say "病" `now`', ['HAS_COMPLICATION']],
            ["O'Brien 综合征", "O'Brien 综合征", ['HAS_COMPLICATION', 'HAS_COMPLICATION']],
            ['say "病" `now`', "O'Brien 综合征", ['HAS_COMPLICATION']],
            ['say "病" `now`', 'say "病" `now`', ['HAS_COMPLICATION', 'HAS_COMPLICATION']], ['病丙', '病甲', ['HAS_COMPLICATION']],
            ['病丙', '病乙', ['HAS_COMPLICATION', 'HAS_COMPLICATION']], ['病丙', "O'Brien 综合征", ['MAY_LEAD_TO']],
            ['病丙', 'say "病" `now`', ['MAY_LEAD_TO', 'HAS_COMPLICATION']], ['病乙', '病丙', ['HAS_COMPLICATION']],
            ['病乙', '病甲', ['HAS_COMPLICATION', 'HAS_COMPLICATION']], ['病乙', "O'Brien 综合征", ['HAS_COMPLICATION', 'MAY_LEAD_TO']],
            ['病乙', '自环病', ['HAS_COMPLICATION']], ['病乙', '自环病', ['HAS_COMPLICATION', 'HAS_COMPLICATION']],
            ['病乙', '自环病', ['HAS_COMPLICATION', 'MAY_LEAD_TO']], ['病乙', '病甲', ['MAY_LEAD_TO']],
            ['病乙', '病乙', ['MAY_LEAD_TO', 'HAS_COMPLICATION']], ['病甲', '病乙', ['HAS_COMPLICATION']],
            ['病甲', '病丙', ['HAS_COMPLICATION', 'HAS_COMPLICATION']], ['病甲', '自环病', ['HAS_COMPLICATION', 'HAS_COMPLICATION']],
            ['病甲', '病甲', ['HAS_COMPLICATION', 'MAY_LEAD_TO']], ['自环病', '自环病', ['HAS_COMPLICATION']],
            ['自环病', '自环病', ['HAS_COMPLICATION', 'MAY_LEAD_TO']], ['自环病', '自环病', ['MAY_LEAD_TO']],
            ['自环病', '自环病', ['MAY_LEAD_TO', 'HAS_COMPLICATION']],
        ],
    ),
    _recorded(
        'the shortest paths', 'awkward',
        "MATCH (a:Disease {name: '病乙'}), (b:Disease {name: '病甲'}) MATCH p = shortestPath((a)-[*..4]->(b)) MATCH q = "
        'allShortestPaths((a)-[:HAS_COMPLICATION|DIFFERENTIAL_DIAGNOSIS*..4]->(b)) RETURN length(p) AS p, [n IN nodes(q) | n.name] '
        'AS q, [r IN relationships(q) | type(r)] AS r',
        ['p', 'q', 'r'],
        [
            [1, ['病乙', '病丙', '病甲'], ['HAS_COMPLICATION', 'HAS_COMPLICATION']],
            [1, ['病乙', '病丙', '病甲'], ['DIFFERENTIAL_DIAGNOSIS', 'HAS_COMPLICATION']],
        ],
    ),
    _recorded(
        'union of values of several kinds', 'known',
        "RETURN 1 AS x UNION RETURN 'a' AS x UNION RETURN null AS x UNION RETURN 1.0 AS x UNION RETURN [1] AS x UNION RETURN 1 AS x "
        'UNION RETURN null AS x',
        ['x'],
        [[1], ['a'], [None], [[1]]],
    ),
    _recorded(
        'union all keeps what is twice', 'known',
        'MATCH (d:Drug) RETURN d.name AS n UNION ALL MATCH (:Disease)-[:HAS_DRUG]->(d:Drug) RETURN d.name AS n',
        ['n'],
        [['药一'], ['药二'], ['药一'], ['药一'], ['药二']],
    ),
    _recorded(
        'case without else', 'known',
        "UNWIND [1, 2, null] AS x RETURN x, CASE x WHEN 1 THEN 'one' END AS a, CASE WHEN x > 1 THEN 'more' END AS b, CASE x WHEN "
        "null THEN 'null' ELSE 'else' END AS c, CASE WHEN x IS NULL THEN 'none' WHEN x = 2 THEN [x] ELSE x END AS d",
        ['x', 'a', 'b', 'c', 'd'],
        [[1, 'one', None, 'else', 1], [2, None, 'more', 'else', [2]], [None, None, None, 'else', 'none']],
    ),
    _recorded(
        'escapes in text', 'known',
        'WITH 5 AS `k``k` RETURN \'it\\\'s\' AS a, "say \\"hi\\"" AS b, \'a\\\\b\' AS c, \'tab\\there\' AS d, \'\\u4e2d\' AS e, '
        '\'new\\nline\' AS f, "it\'s" AS g, \'\' AS h, size(\'a\\\\b\') AS i, `k``k` AS j',
        ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'],
        [["it's", 'say "hi"', 'a\\b', 'tab\there', '中', 'new\nline', "it's", '', 3, 5]],
    ),
    _recorded(
        'lengths of unicode', 'known',
        "RETURN size('中文') AS a, size('😀') AS b, size('é') AS c, reverse('ab中') AS d, substring('糖尿病', 1, 1) AS e, "
        "left('糖尿病', 2) AS f, toUpper('straße é') AS g, toLower('ÀÉ中') AS h, split('一、二、', '、') AS i",
        ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'],
        [[2, 1, 1, '中ba', '尿', '糖尿', 'STRASSE É', 'àé中', ['一', '二', '']]],
    ),
    _recorded(
        'numbers from bad text', 'known',
        "RETURN toInteger('12') AS a, toInteger('12.9') AS b, toInteger('x') AS c, toInteger('') AS d, toInteger(' 7 ') AS e, "
        "toInteger(-3.9) AS f, toInteger(null) AS g, toFloat('1e3') AS h, toFloat('abc') AS i, toFloat(2) AS j, toBoolean('TRUE') "
        "AS k, toBoolean('yes') AS l, toInteger(true) AS m, toBoolean(0) AS n",
        ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n'],
        [[12, 12, None, None, None, -3, None, 1000.0, None, 2.0, True, None, 1, False]],
    ),
    _recorded(
        'text from numbers', 'known',
        'RETURN toString(1) AS a, toString(1.0) AS b, toString(1.5e10) AS c, toString(0.00001) AS d, toString(true) AS e, '
        "toString(null) AS f, 'a' + 1 AS g, 1 + 'a' AS h, 'a' + 1.5 AS i, 'x' + null AS j",
        ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'],
        [['1', '1.0', '1.5E10', '1.0E-5', 'true', None, 'a1', '1a', 'a1.5', None]],
    ),
    _recorded(
        'edges of substring', 'known',
        "RETURN substring('hello', 0) AS a, substring('hello', 5) AS b, substring('hello', 9) AS c, substring('hello', 1, 99) AS d, "
        "substring('hello', 2, 0) AS e, left('hello', 99) AS f, right('hello', 2) AS g, right('hello', 99) AS h, substring(null, 1) "
        "AS i, left('hello', 0) AS j",
        ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'],
        [['hello', '', '', 'ello', '', 'hello', 'lo', 'hello', None, '']],
    ),
    _recorded(
        'percentiles', 'known',
        'UNWIND [10, 20, 30, 40] AS x RETURN percentileDisc(x, 0.0) AS a, percentileDisc(x, 0.5) AS b, percentileDisc(x, 0.51) AS '
        'c, percentileDisc(x, 1.0) AS d, percentileCont(x, 0.5) AS e, percentileCont(x, 0.25) AS f, percentileCont(x, 1.0) AS g, '
        'percentileDisc(x, 0.25) AS h',
        ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'],
        [[10, 20, 30, 40, 25.0, 17.5, 40, 10]],
    ),
    _recorded(
        'deviation of one value', 'known',
        'UNWIND [5] AS x RETURN stDev(x) AS a, stDevP(x) AS b, avg(x) AS c, sum(x) AS d',
        ['a', 'b', 'c', 'd'],
        [[0.0, 0.0, 5.0, 5]],
    ),
    _recorded(
        'deviations', 'known',
        'UNWIND [2, 4, 4, 4, 5, 5, 7, 9] AS x RETURN stDev(x) AS a, stDevP(x) AS b, avg(x) AS c, sum(x) AS d, sum(x * 1.0) AS e, '
        'max(x) AS f',
        ['a', 'b', 'c', 'd', 'e', 'f'],
        [[2.138089935299395, 2.0, 5.0, 40, 40.0, 9]],
    ),
    _recorded(
        'reduce', 'known',
        "RETURN reduce(n = 0, x IN [1, 2, 3] | n + x) AS a, reduce(s = '', x IN ['a', 'b'] | s + x + '-') AS b, reduce(n = 1, x IN "
        '[] | n * x) AS c, reduce(n = 0, x IN [1, null] | n + x) AS d, reduce(n = 0, x IN null | n + x) AS e, reduce(l = [], x IN '
        '[1, 2, 3] | x + l) AS f',
        ['a', 'b', 'c', 'd', 'e', 'f'],
        [[6, 'a-b-', 1, None, None, [3, 2, 1]]],
    ),
    _recorded(
        'comprehension in comprehension', 'known',
        'RETURN [x IN range(1, 3) | [y IN range(1, x) WHERE y <> 2 | x * y]] AS a, [x IN [1, null, 3] WHERE x > 1] AS b, [x IN [1, '
        'null, 3] | x + 1] AS c, [x IN null | x] AS d, [x IN [3, 1, 2] WHERE x IN [y IN [1, 2] | y]] AS e',
        ['a', 'b', 'c', 'd', 'e'],
        [[[[1], [2], [3, 9]], [3], [2, None, 4], None, [1, 2]]],
    ),
    _recorded(
        'quantifiers with null', 'known',
        'RETURN any(x IN [null, 1] WHERE x = 1) AS a, any(x IN [null, 2] WHERE x = 1) AS b, all(x IN [null, 1] WHERE x = 1) AS c, '
        'all(x IN [null, 2] WHERE x = 1) AS d, none(x IN [null, 2] WHERE x = 1) AS e, single(x IN [null, 1] WHERE x = 1) AS f, '
        'single(x IN [1, 1, null] WHERE x = 1) AS g, all(x IN [] WHERE x = 1) AS h, any(x IN null WHERE x = 1) AS i',
        ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'],
        [[True, None, None, False, None, None, False, True, None]],
    ),
    _recorded(
        'exists within case', 'awkward',
        'MATCH (d:Disease) RETURN d.name AS name, CASE WHEN EXISTS { (d)-[:HAS_DRUG]->(:Drug)-[:INTERACTS_WITH]->() } THEN '
        "'interacts' WHEN EXISTS { MATCH (d)-[:HAS_SYMPTOM]->(s) WHERE s.name CONTAINS '热' OR s.name_en IS NOT NULL } THEN "
        "'symptom' ELSE 'none' END AS kind",
        ['name', 'kind'],
        [
            ['50%_病', 'interacts'], ['C:\\病\\n', 'symptom'], ["O'Brien 综合征", 'symptom'], ['say "病" `now`', 'symptom'],
            ['头痛😀', 'none'], ['孤病', 'none'], ['病丙', 'interacts'], ['病乙', 'symptom'], ['病甲', 'interacts'], ['自环病', 'none'],
        ],
    ),
    _recorded(
        'with all and one more', 'known',
        'MATCH (d:Disease)-[:HAS_SYMPTOM]->(s:Symptom) WITH *, size(s.name) AS n WHERE n = 2 WITH *, d.name + s.name AS both RETURN '
        'both, n',
        ['both', 'n'],
        [['病乙咳嗽', 2], ['病甲发热', 2], ['病甲咳嗽', 2]],
    ),
    _recorded(
        'names used again', 'known',
        "MATCH (d:Disease) WITH d.name AS d WITH toUpper(d) AS x, d AS d WHERE d <> '病甲' UNWIND [1, 2] AS d2 WITH x AS d, d2 "
        'RETURN d, d2, [d IN [1, 2] | d * d2] AS squares, d AS e',
        ['d', 'd2', 'squares', 'e'],
        [
            ['病丁', 1, [1, 2], '病丁'], ['病丁', 2, [2, 4], '病丁'], ['病丙', 1, [1, 2], '病丙'], ['病丙', 2, [2, 4], '病丙'],
            ['病乙', 1, [1, 2], '病乙'], ['病乙', 2, [2, 4], '病乙'],
        ],
    ),
    _recorded(
        'chained comparisons', 'known',
        'UNWIND [1, 2, 3, null] AS x RETURN x, 1 < x < 3 AS a, 1 <= x <= 2 AS b, 3 > x >= 1 AS c, 1 < x <> 3 AS d',
        ['x', 'a', 'b', 'c', 'd'],
        [[1, False, True, True, False], [2, True, True, True, True], [3, False, False, False, False], [None, None, None, None, None]],
    ),
    _recorded(
        'comparisons across types', 'known',
        "RETURN 1 < 'a' AS a, 1 = 'a' AS b, 1 = 1.0 AS c, 1 <> 'a' AS d, [1] < [2] AS e, [1, 2] < [1] AS f, 'a' < 'B' AS g, true > "
        "false AS h, null < 1 AS i, {a: 1} = {a: 1.0} AS j, 'a' < true AS k, [1, 2] = [1, 2.0] AS l",
        ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l'],
        [[None, False, True, True, True, False, False, True, None, True, None, True]],
    ),
    _recorded(
        'map projection', 'known',
        'MATCH (s:Symptom) OPTIONAL MATCH (d:Disease)-[:HAS_SYMPTOM]->(s) WITH s, count(d) AS n RETURN s {.name, .name_en, n, '
        'twice: n * 2, none: null} AS m',
        ['m'],
        [
            [{'n': 1, 'name': '发热', 'name_en': None, 'none': None, 'twice': 2}],
            [{'n': 2, 'name': '咳嗽', 'name_en': None, 'none': None, 'twice': 4}],
        ],
    ),
    _recorded(
        'map projection of all and of nothing', 'awkward',
        "MATCH (s:Symptom {name: '咳嗽'}) OPTIONAL MATCH (s)-[:HAS_SYMPTOM]->(x) RETURN s {.*, id: 'changed'} AS a, x {.name} AS b, "
        '{a: 1, b: {c: [1, null]}}.b.c[1] AS c',
        ['a', 'b', 'c'],
        [
            [{'aliases': [],
              'attributes': '{}',
              'doubts': [],
              'id': 'changed',
              'name': '咳嗽',
              'name_en': 'cough',
              'name_en_from': 'alpha',
              'sources': ['alpha', 'beta']},
             None, None],
        ],
    ),
    _recorded(
        'properties and keys', 'awkward',
        "MATCH (a:Disease {name: '病丙'})-[r:HAS_DRUG]->(b:Drug {name: '药一'}) RETURN properties(a) AS p, keys(a) AS k, keys(r) AS "
        'l, properties(r) AS q, labels(b) AS labels, type(r) AS t, keys({x: 1, y: null}) AS m, properties(b).name_en IS NULL AS n',
        ['p', 'k', 'l', 'q', 'labels', 't', 'm', 'n'],
        [
            [{'aliases': [],
              'attributes': '{}',
              'doubts': [],
              'id': 'Disease:病丙',
              'name': '病丙',
              'sources': ['alpha', 'beta']},
             ['id', 'attributes', 'doubts', 'name', 'aliases', 'sources'], ['id', 'sources', 'origins'],
             {'id': '72283f502488e5b62bc2', 'origins': ['alpha/tiny.txt:18#HAS_DRUG'], 'sources': ['alpha']},
             ['Drug'], 'HAS_DRUG', ['x', 'y'], False],
        ],
        bags=('k', 'l', 'm'),
    ),
    _recorded(
        'types of null', 'known',
        "MATCH (d:Disease {name: '病丁'}) OPTIONAL MATCH (d)-[r:HAS_DRUG]->(x) RETURN type(r) AS a, labels(x) AS b, x.name AS c, "
        'keys(x) AS d, properties(x) AS e, startNode(r) AS f, x IS NULL AS g, size(x.aliases) AS h, x:Drug AS i, coalesce(x.name, '
        'd.name) AS j',
        ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'],
        [[None, None, None, None, None, None, True, None, None, '病丁']],
    ),
    _recorded(
        'labels and their expressions', 'awkward',
        'MATCH (n:!Disease&!Drug) WITH count(n) AS a MATCH (m:Disease|Drug) WITH a, count(m) AS b MATCH (k:%) WITH a, b, count(k) '
        'AS c MATCH (j) WHERE j:Food OR NOT j:(Disease|Symptom) RETURN a, b, c, count(j) AS d',
        ['a', 'b', 'c', 'd'],
        [[13, 14, 27, 12]],
    ),
    _recorded(
        'wildcards are letters', 'awkward',
        'MATCH (n) WHERE n.name CONTAINS \'%\' OR n.name ENDS WITH \'_b\' OR n.name STARTS WITH "O\'" OR n.name CONTAINS \'`\' OR '
        "n.name CONTAINS '\\\\' RETURN n.name AS name",
        ['name'],
        [['50%_病'], ['C:\\病\\n'], ["O'Brien 综合征"], ['say "病" `now`'], ['a_b'], ['fever%']],
    ),
    _recorded(
        'regular expressions match all of it', 'awkward',
        "MATCH (n) WHERE n.name =~ '病' OR n.name =~ '.*%.*' OR n.name =~ '(?i)NAÏVE.*' OR n.name =~ '(?i)FEVER.' OR n.name =~ "
        "'\\\\d+' RETURN n.name AS name, n.name =~ null AS x",
        ['name', 'x'],
        [['50%_病', None], ['12', None], ['fever%', None]],
    ),
    _recorded(
        'grouping by an expression', 'awkward',
        "MATCH (d)-[r]->(t) RETURN labels(d)[0] + '-' + labels(t)[0] AS pair, count(DISTINCT type(r)) AS types, count(*) AS n ORDER "
        'BY n DESC, pair SKIP 2 LIMIT 6',
        ['pair', 'types', 'n'],
        [
            ['Disease-Drug', 2, 7], ['Disease-Food', 2, 7], ['Disease-Department', 1, 4], ['Drug-Drug', 1, 4], ['Drug-Disease', 2, 3],
            ['Department-Department', 1, 2],
        ],
        by=('pair', 'types', 'n'),
    ),
    _recorded(
        'a subquery for each row', 'awkward',
        'MATCH (d:Disease) CALL (d) { OPTIONAL MATCH (d)-[:HAS_SYMPTOM]->(s) WITH s ORDER BY s.name DESC LIMIT 1 RETURN s.name AS '
        'last } CALL (d) { MATCH (d)-[:HAS_DRUG]->(x) RETURN count(x) AS n, collect(x.name) AS names } RETURN d.name AS d, last, n, '
        'names',
        ['d', 'last', 'n', 'names'],
        [
            ['50%_病', 'fever%', 1, ['药二']], ['C:\\病\\n', '咳嗽', 0, []], ["O'Brien 综合征", '12', 1, ['naïve Café']],
            ['say "病" `now`', '发热', 0, []], ['头痛😀', None, 0, []], ['孤病', None, 0, []], ['病丙', None, 1, ['药一']],
            ['病乙', '咳嗽', 0, []], ['病甲', '咳嗽', 3, ['药二', '药一', '-3.5']], ['自环病', None, 0, []],
        ],
        bags=('names',),
    ),
    _recorded(
        'collect, count and a pattern comprehension', 'awkward',
        'MATCH (d:Disease) RETURN d.name AS d, COLLECT { MATCH (d)-[:HAS_SYMPTOM]->(s) RETURN s.name ORDER BY s.name DESC } AS a, '
        "COUNT { (d)--() } AS b, size([(d)-[r:HAS_DRUG|RECOMMENDED_DRUG]->(x) WHERE x.name <> '药二' | x.name + type(r)]) AS c, "
        'exists((d)<--()) AS e',
        ['d', 'a', 'b', 'c', 'e'],
        [
            ['50%_病', ['fever%', 'a_b'], 5, 0, True], ['C:\\病\\n', ['咳嗽'], 3, 0, False], ["O'Brien 综合征", ['12'], 5, 1, True],
            ['say "病" `now`', ['发热'], 3, 0, True], ['头痛😀', [], 3, 0, False], ['孤病', [], 0, 0, False], ['病丙', [], 8, 1, True],
            ['病乙', ['咳嗽', 'a_b'], 10, 0, True], ['病甲', ['咳嗽', '发热', 'fever%'], 19, 3, True], ['自环病', [], 3, 0, True],
        ],
    ),
    _recorded(
        'unwind of nothing is no row', 'known',
        'UNWIND [1, 2] AS x UNWIND CASE WHEN x = 1 THEN [] ELSE [7, null] END AS y RETURN x, y UNION ALL UNWIND null AS x RETURN x, '
        '1 AS y UNION ALL UNWIND 5 AS x RETURN x, 2 AS y',
        ['x', 'y'],
        [[2, 7], [2, None], [5, 2]],
    ),
    _recorded(
        'range', 'known',
        'RETURN range(1, 5) AS a, range(5, 1) AS b, range(5, 1, -2) AS c, range(0, 10, 5) AS d, range(1, 1) AS e, size(range(0, '
        '100)) AS f, reverse(range(1, 3)) AS g, [1, 2] + 3 + [[4]] AS h, 0 + [1] AS i, [1] + null AS j',
        ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'],
        [[[1, 2, 3, 4, 5], [], [5, 3, 1], [0, 5, 10], [1], 101, [3, 2, 1], [1, 2, 3, [4]], [0, 1], None]],
    ),
    _recorded(
        'rounding', 'known',
        'RETURN round(2.5) AS a, round(-2.5) AS b, round(-1.5) AS c, round(3.14159, 2) AS d, ceil(-0.5) AS e, floor(-0.5) AS f, '
        'abs(-3) AS g, sign(-2.0) AS h, sqrt(16) AS i, round(7) AS j, abs(-1.5) AS k, sqrt(-1) IS NULL AS l, toInteger(2.999) AS m',
        ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm'],
        [[3.0, -2.0, -1.0, 3.14, -0.0, -1.0, 3, -1, 4.0, 7.0, 1.5, False, 2]],
    ),
    _recorded(
        'text functions of awkward text', 'known',
        "RETURN trim('  a b ') AS a, ltrim(' x') AS b, replace('aaa', 'a', 'aa') AS c, replace('abc', '', '-') AS d, "
        "split('a,b,,c,', ',') AS e, split('abc', '') AS f, split('', ',') AS g, toUpper(null) AS h, 'abc' STARTS WITH '' AS i, "
        "'abc' CONTAINS null AS j, reverse([1, 'a', null]) AS k, size([]) AS l",
        ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l'],
        [['a b', 'x', 'aaaaaa', '-a-b-c-', ['a', 'b', '', 'c', ''], ['a', 'b', 'c'], [''], None, True, None, [None, 'a', 1], 0]],
    ),
    _recorded(
        'parameters of every kind', 'awkward',
        'MATCH (n) WHERE n.name IN $names AND size(n.name) >= $least RETURN n.name AS name, $map.inner[1] AS inner, $none AS none, '
        '$text + n.name AS t, $real * 2 AS r',
        ['name', 'inner', 'none', 't', 'r'],
        [["O'Brien 综合征", '二', None, 'it\'s "\\ O\'Brien 综合征', 1.0], ['病甲', '二', None, 'it\'s "\\ 病甲', 1.0]],
        params={'names': ['病甲', "O'Brien 综合征", None], 'least': 2, 'map': {'inner': [1, '二']}, 'none': None, 'text': 'it\'s "\\ ', 'real': 0.5},
    ),
    _recorded(
        'sums of floats and whole numbers', 'known',
        'UNWIND [1, 2.5, null] AS x RETURN sum(x) AS a, sum(toInteger(x)) AS b, avg(toInteger(x)) AS c, min(x) AS d, max(x) AS e, 1 '
        '+ 1.0 AS f, 3 * 2 AS g, 10 / 4.0 AS h, 2 * 0.1 AS i',
        ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'],
        [[3.5, 3, 1.5, 1, 2.5, 2.0, 6, 2.5, 0.2]],
    ),
    _recorded(
        'minimum of mixed values', 'known',
        "UNWIND ['a', 1, [1], 'b', 2.5] AS x RETURN min(x) AS lo, max(x) AS hi, count(DISTINCT x) AS n",
        ['lo', 'hi', 'n'],
        [[[1], 2.5, 5]],
    ),
    _recorded(
        'distinct inside of aggregates', 'awkward',
        'MATCH (d:Disease)-[r]->(t) RETURN d.name AS d, count(DISTINCT t) AS a, count(t) AS b, collect(DISTINCT labels(t)[0]) AS c, '
        'sum(DISTINCT size(type(r))) AS e',
        ['d', 'a', 'b', 'c', 'e'],
        [
            ['50%_病', 4, 4, ['Symptom', 'Drug', 'Department'], 40], ['C:\\病\\n', 3, 3, ['Food', 'Symptom', 'Disease'], 39],
            ["O'Brien 综合征", 3, 3, ['Symptom', 'Drug', 'Disease'], 35], ['say "病" `now`', 2, 2, ['Symptom', 'Disease'], 27],
            ['头痛😀', 3, 3, ['Food', 'Department', 'BodyPart'], 48], ['病丙', 4, 4, ['Disease', 'Drug'], 57],
            ['病乙', 7, 8, ['Food', 'Symptom', 'Disease'], 71],
            ['病甲', 12, 15, ['Food', 'Drug', 'Symptom', 'Disease', 'Department', 'BodyPart'], 110], ['自环病', 1, 2, ['Disease'], 27],
        ],
        bags=('c',),
    ),
    _recorded(
        'nodes are equal to themselves alone', 'awkward',
        'MATCH (a:Drug), (b:Drug) WHERE a <> b AND (a)-[:INTERACTS_WITH]->(b) AND NOT (b)-[:INTERACTS_WITH]->(a) RETURN a.name AS '
        'a, b.name AS b',
        ['a', 'b'],
        [['药一', '-3.5']],
    ),
    _recorded(
        'order by what is not returned', 'awkward',
        'MATCH (d:Disease) OPTIONAL MATCH (d)-[:HAS_SYMPTOM]->(s) WITH d, count(s) AS n ORDER BY n DESC, d.name SKIP 1 LIMIT 4 '
        'RETURN collect(d.name) AS names',
        ['names'],
        [[['50%_病', '病乙', 'C:\\病\\n', "O'Brien 综合征"]]],
    ),
    _recorded(
        'order by an alias that hides a name', 'known',
        'UNWIND [3, 1, 2] AS x RETURN -x AS x ORDER BY x',
        ['x'],
        [[-3], [-2], [-1]],
        by=('x',),
    ),
    _recorded(
        'a sum of no floats', 'known',
        'MATCH (d:Disease) RETURN sum(CASE d.name WHEN \'none\' THEN 1.5 END) AS s, sum(size(d.name) / 2.0) AS f',
        ['s', 'f'],
        [[0, 4.0]],
    ),
    _recorded(
        'a range that ends before its beginning', 'known',
        'RETURN range(1, 0, 2) AS a, range(2, 0, 1) AS b',
        ['a', 'b'],
        [[[1], []]],
    ),
    _recorded(
        'lists of what an optional match did not find', 'known',
        'MATCH (d:Disease {name: \'病丁\'}) OPTIONAL MATCH (d)-[r:HAS_SYMPTOM]->(s) RETURN [s.name] = [s.name] AS a, [s.id] = [s.id] '
        'AS b, \'x\' IN [s.name] AS c, [type(r)] = [type(r)] AS d, [labels(s)] = [labels(s)] AS e, [size(s.name)] = [1] AS f',
        ['a', 'b', 'c', 'd', 'e', 'f'],
        [[None, None, None, None, None, None]],
    ),
    _recorded(
        'numbers that are equal and not the same', 'known',
        'UNWIND [1, 2] AS x RETURN 1 AS one, count(*) + 1.0 AS c, sum(x * 1) AS i, sum(x * 1.0) AS f ORDER BY 1.0',
        ['one', 'c', 'i', 'f'],
        [[1, 3.0, 3, 3.0]],
    ),
    _recorded(
        'a name within a list hides the column of that name', 'known',
        'UNWIND [7, 8] AS x RETURN x, [x IN [1, 2] | x] AS l, [x IN collect(x) | x * 10] AS c, reduce(x = 0, y IN [1, 2] | x + y) AS r '
        'ORDER BY x',
        ['x', 'l', 'c', 'r'],
        [[7, [1, 2], [70], 3], [8, [1, 2], [80], 3]],
        by=('x',),
    ),
    _recorded(
        'names that are words of other languages', 'known',
        'UNWIND [1] AS self RETURN [names IN [self] | names + self] AS `lambda`, {self: self}.self AS `select`, self AS ` 0`, '
        'self AS ` n` ORDER BY ` n`',
        ['lambda', 'select', ' 0', ' n'],
        [[[2], 1, 1, 1]],
        by=(' n',),
    ),
    _recorded(
        'a sum of whole numbers beyond the exact floats', 'known',
        'UNWIND [9007199254740993, 2, null] AS x RETURN sum(CASE WHEN x > 0 THEN x ELSE 0.5 END) AS s, sum(x) AS t',
        ['s', 't'],
        [[9007199254740996.0, 9007199254740995]],
    ),
    _recorded(
        'capitals of ligatures, small letters of Greek words', 'awkward',
        "UNWIND ['TNF-α', 'Straße', 'ΑΣΦΥΞΙΑΣ', 'ﬁbrosis', 'ŉ', 'İ', '肺ＣＴ'] AS s RETURN s, toUpper(s) AS up, toLower(s) AS low",
        ['s', 'up', 'low'],
        [['TNF-α', 'TNF-Α', 'tnf-α'], ['Straße', 'STRASSE', 'straße'], ['ΑΣΦΥΞΙΑΣ', 'ΑΣΦΥΞΙΑΣ', 'ασφυξιας'],
         ['ﬁbrosis', 'FIBROSIS', 'ﬁbrosis'], ['ŉ', 'ʼN', 'ŉ'], ['İ', 'İ', 'i̇'], ['肺ＣＴ', '肺ＣＴ', '肺ｃｔ']],
    ),
    _recorded(
        'floats in texts', 'awkward',
        "UNWIND ['12', '12.7', ' 37 ', '1e3', '0x1F', '0x1.8p1', 'NaN', '-Infinity', 'nan', '5d', '37.5F', '1_000', "
        "'１２', '98.6℉'] AS s RETURN s, toFloat(s) AS f, toInteger(s) AS i",
        ['s', 'f', 'i'],
        [['12', 12.0, 12], ['12.7', 12.7, 12], [' 37 ', 37.0, None], ['1e3', 1000.0, 1000], ['0x1F', None, None], ['0x1.8p1', 3.0, None],
         ['NaN', float('nan'), None], ['-Infinity', -float('inf'), None], ['nan', None, None], ['5d', 5.0, None], ['37.5F', 37.5, None],
         ['1_000', None, None], ['１２', None, 12], ['98.6℉', None, None]],
    ),
    _recorded(
        'integers in texts of other scripts', 'awkward',
        "UNWIND ['１２', '١٢', '+5', '5.', '.5', '-1.9e2', '5f', ''] AS s RETURN s, toInteger(s) AS i",
        ['s', 'i'],
        [['１２', 12], ['١٢', 12], ['+5', 5], ['5.', 5], ['.5', 0], ['-1.9e2', -190], ['5f', None], ['', None]],
    ),
    _recorded(
        'truth values with blanks around', 'awkward',
        "UNWIND ['true', 'TRUE', ' false ', 'yes', '是'] AS s RETURN s, toBoolean(s) AS b",
        ['s', 'b'],
        [['true', True], ['TRUE', True], [' false ', False], ['yes', None], ['是', None]],
    ),
    _recorded(
        'a number behind a text', 'awkward',
        "UNWIND [1.0, 0.1, 1e10, 1.5e-7, -0.0, 100] AS x RETURN toString(x) AS s, 'v=' + x AS t",
        ['s', 't'],
        [['1.0', 'v=1.0'], ['0.1', 'v=0.1'], ['1.0E10', 'v=1.0E10'], ['1.5E-7', 'v=1.5E-7'], ['-0.0', 'v=-0.0'], ['100', 'v=100']],
    ),
    _recorded(
        'the smallest float', 'awkward',
        'RETURN toString(5e-324) AS s, toString(-5e-324) AS t',
        ['s', 't'],
        [['4.9E-324', '-4.9E-324']],
    ),
    _recorded(
        'a text with accents from its end', 'awkward',
        "RETURN reverse('a\\u0301b') AS a, reverse('a😀b') AS b",
        ['a', 'b'],
        [['b́a', 'b😀a']],
    ),
    _recorded(
        'signs taken from both ends', 'awkward',
        "RETURN btrim('xxaxx', 'x') AS a, ltrim('0012', '0') AS b, rtrim('a...', '.') AS c, trim('\u3000a ') AS d",
        ['a', 'b', 'c', 'd'],
        [['a', '12', 'a', 'a']],
    ),
    _recorded(
        'the same maps, their keys in another order', 'awkward',
        'UNWIND [{a: 1, b: 2}, {b: 2, a: 1}, {a: 1}, null, null] AS m RETURN DISTINCT m, count(*) AS n',
        ['m', 'n'],
        [[{'a': 1, 'b': 2}, 2], [{'a': 1}, 1], [None, 2]],
    ),
    _recorded(
        'keys that some maps lack', 'awkward',
        "UNWIND [{test: 'ALT', v: 35}, {test: 'AST', v: null}, {test: 'GGT'}] AS r RETURN r.test AS test, r.v AS v, "
        "r['v'] IS NULL AS missing, size(keys(r)) AS n, coalesce(r.v, -1) AS safe",
        ['test', 'v', 'missing', 'n', 'safe'],
        [['ALT', 35, False, 2, 35], ['AST', None, True, 2, -1], ['GGT', None, True, 1, -1]],
    ),
    _recorded(
        'rows of a parameter', 'awkward',
        'UNWIND $rows AS row OPTIONAL MATCH (d:Disease {name: row.name}) RETURN row.id AS id, d.name AS name, '
        'row.score > 0.5 AS likely, row.none AS none',
        ['id', 'name', 'likely', 'none'],
        [[1, '病甲', True, None], [2, None, True, None], [3, '病乙', None, None]],
        {'rows': [{'id': 1, 'name': '病甲', 'score': 0.9}, {'id': 2, 'name': 'nope', 'score': 1}, {'id': 3, 'name': '病乙'}]},
    ),
    _recorded(
        'a map in a list in a map', 'awkward',
        'RETURN $m.k[1].z AS deep, $m.k[0] AS one, $m AS m',
        ['deep', 'one', 'm'],
        [['深', 1, {'k': [1, {'z': '深'}], '中 文': True}]], {'m': {'k': [1, {'z': '深'}], '中 文': True}},
    ),
    _recorded(
        'a value by a key in a column', 'awkward',
        'WITH {`key one`: 1, 中文: 2} AS map UNWIND keys(map) AS key RETURN key, map[key] AS value',
        ['key', 'value'],
        [['中文', 2], ['key one', 1]],
    ),
    _recorded(
        'a null that is a key all the same', 'awkward',
        "MATCH (d:Disease {name: '病甲'}) RETURN d {.name, .name_en, note: null} AS m, d {.*, attributes: null, aliases: 1, doubts: 2} AS a",
        ['m', 'a'],
        [[{'name': '病甲', 'name_en': 'Disease A', 'note': None},
          {'aliases': 1,
           'attributes': None,
           'cause': ['受凉'],
           'doubts': 2,
           'id': 'Disease:病甲',
           'name': '病甲',
           'name_en': 'Disease A',
           'name_en_from': 'alpha',
           'sources': ['alpha', 'beta']}]],
    ),
    _recorded(
        'all properties and one that is null', 'awkward',
        "MATCH (d:Disease {name: '病甲'}) RETURN 'note' IN keys(d {.*, note: null}) AS note, 'name_en' IN keys(d {.*}) "
        "AS en, 'name' IN keys(d {.*}) AS name",
        ['note', 'en', 'name'],
        [[True, True, True]],
    ),
    _recorded(
        'several values of WHEN', 'awkward',
        "UNWIND [1, 2, 3, null] AS stage RETURN stage, CASE stage WHEN 1, 2 THEN 'early' WHEN null THEN 'unknown' ELSE 'late' END AS label",
        ['stage', 'label'],
        [[1, 'early'], [2, 'early'], [3, 'late'], [None, 'late']],
    ),
    _recorded(
        'numbers with lines between digits', 'awkward',
        'RETURN 1_000_000 AS big, 0x1F AS hex, 0o17 AS oct, .5 AS half',
        ['big', 'hex', 'oct', 'half'],
        [[1000000, 31, 15, 0.5]],
    ),
    _recorded(
        'a relationship some times', 'awkward',
        "MATCH (d:Disease {name: '病甲'})-[r:HAS_COMPLICATION]->{1,3}(x) RETURN x.name AS x, size(r) AS n",
        ['x', 'n'],
        [['病乙', 1], ['病丙', 2], ['病甲', 3], ['自环病', 2], ['自环病', 3]],
    ),
    _recorded(
        'a relationship some times, any way, or never', 'awkward',
        "MATCH (d:Disease {name: '病丙'})-[:MAY_LEAD_TO]-*(x:Disease) RETURN x.name AS x",
        ['x'],
        [['病丙'], ["O'Brien 综合征"]],
    ),
    _recorded(
        'a relationship at least once, back', 'awkward',
        "MATCH (d:Disease {name: '病丙'})<-[:HAS_COMPLICATION]-+(x:Disease) RETURN x.name AS x",
        ['x'],
        [['病乙'], ['病甲'], ['病丙']],
    ),
    _recorded(
        'a relationship at most twice', 'awkward',
        "MATCH (d:Disease {name: '病甲'})-[:HAS_COMPLICATION]->{,2}(x)-[:HAS_SYMPTOM]->(s) RETURN x.name AS x, s.name AS s",
        ['x', 's'],
        [['病甲', 'fever%'], ['病甲', '发热'], ['病甲', '咳嗽'], ['病乙', 'a_b'], ['病乙', '咳嗽']],
    ),
    _recorded(
        'how far two nodes are from each other', 'awkward',
        "MATCH (a:Disease {name: '病甲'}), (b:Disease) WHERE a <> b RETURN b.name AS b, length(shortestPath((a)-[*]-(b))) AS n",
        ['b', 'n'],
        [['50%_病', 2], ['C:\\病\\n', 2], ["O'Brien 综合征", 2], ['say "病" `now`', 2], ['头痛😀', 2], ['孤病', None], ['病丙', 1], ['病乙', 1],
         ['自环病', 2]],
    ),
    _recorded(
        'a shortest path as a value', 'awkward',
        "MATCH (a:Disease {name: '病甲'}), (b:Disease {name: '自环病'}) WITH shortestPath((a)-[:HAS_COMPLICATION*]->(b)) AS "
        'p RETURN [n IN nodes(p) | n.name] AS via, p IS NULL AS none',
        ['via', 'none'],
        [[['病甲', '病乙', '自环病'], False]],
    ),
    _recorded(
        'a shortest path that is not there', 'awkward',
        "MATCH (a:Symptom {name: '咳嗽'}), (b:Disease {name: '病甲'}) RETURN shortestPath((a)-[:HAS_DRUG*]->(b)) IS NULL "
        'AS none, size(allShortestPaths((a)-[*..4]-(b))) AS n',
        ['none', 'n'],
        [[True, 2]],
    ),
    _recorded(
        'a shortest path around what may not be in it', 'awkward',
        "MATCH p = shortestPath((a:Disease {name: '病甲'})-[*..6]-(b:Disease {name: '病丙'})) WHERE none(r IN "
        "relationships(p) WHERE type(r) = 'HAS_COMPLICATION') RETURN length(p) AS n",
        ['n'],
        [[2]],
    ),
    _recorded(
        'a shortest path through drugs alone', 'awkward',
        "MATCH p = shortestPath((a:Disease {name: '病甲'})-[*..6]-(b:Disease {name: '病丙'})) WHERE all(n IN nodes(p) WHERE n:Drug OR "
        "n:Disease AND n.name STARTS WITH '病') AND none(r IN relationships(p) WHERE type(r) = 'HAS_COMPLICATION') RETURN length(p) AS n",
        ['n'],
        [[2]],
    ),
    _recorded(
        'the ends of a shortest path are in it too', 'awkward',
        "MATCH p = shortestPath((a:Disease {name: '病甲'})-[*..6]-(b:Disease {name: '病丙'})) WHERE none(n IN nodes(p) "
        "WHERE n.name = '病甲') RETURN length(p) AS n",
        ['n'],
        [],
    ),
    _recorded(
        'ends of a shortest path named behind it', 'awkward',
        "MATCH p = shortestPath((a:Disease)-[*..6]-(b:Drug)) WHERE a.name = '病乙' AND b.name = '药二' RETURN length(p) AS n",
        ['n'],
        [[2]],
    ),
    _recorded(
        'all relationships of a path from one source', 'awkward',
        "MATCH p = (d:Disease {name: '病甲'})-[*1..2]->(x:Symptom) WHERE all(r IN relationships(p) WHERE 'alpha' IN "
        'r.sources) RETURN DISTINCT x.name AS x',
        ['x'],
        [['fever%'], ['咳嗽'], ['发热'], ['a_b']],
    ),
    _recorded(
        'patterns of Java', 'awkward',
        "UNWIND ['肺炎', 'CT', 'Ct', 'β', 'abc', 'cafe', 'aa', '(4:1)', '维生素B12测定', 'vitamin B12 test', 'Ⅱ型', '发热\\n', "
        "'E11.9', 'SJÖGREN'] AS s RETURN s, s =~ '\\\\p{IsHan}+' AS han, s =~ '.*\\\\p{Punct}.*' AS punct, s =~ "
        "'(?!.*炎).*' AS without, s =~ '.*(.)\\\\1.*' AS twice, s =~ '.*\\\\bB12\\\\b.*' AS word, s =~ '\\\\p{Lu}{2,}' AS "
        "capitals, s =~ '[a-z&&[^aeiou]]+' AS consonants, s =~ '\\\\Q(4:1)\\\\E' AS quoted, s =~ '(?s).*热.*' AS all, s =~ "
        "'.*热$' AS end, s =~ '[^\\\\x00-\\\\x7F]+' AS beyond, s =~ '(?iu)sjögren' AS folded, s =~ '(?i)sjögren' AS "
        "unfolded, s =~ '(?i:C)t|a(?i)BC' AS parts, s =~ '[A-Z]\\\\d{2}(\\\\.\\\\d)?+' AS code, s =~ '.\\\\b型' AS border, s =~ "
        "'\\\\P{L}+' AS signs, s =~ '(?<n>a)\\\\k<n>' AS named, s =~ '[[:alpha:]]+' AS classes",
        ['s', 'han', 'punct', 'without', 'twice', 'word', 'capitals', 'consonants',
         'quoted', 'all', 'end', 'beyond', 'folded', 'unfolded', 'parts', 'code', 'border', 'signs', 'named', 'classes'],
        [['肺炎', True, False, False, False, False, False, False, False, False, False, True, False, False, False, False, False, False,
          False, False],
         ['CT', False, False, True, False, False, True, False, False, False, False, False, False, False, False, False, False, False,
          False, False],
         ['Ct', False, False, True, False, False, False, False, False, False, False, False, False, False, True, False, False, False,
          False, False],
         ['β', False, False, True, False, False, False, False, False, False, False, True, False, False, False, False, False, False, False,
          False],
         ['abc', False, False, True, False, False, False, False, False, False, False, False, False, False, True, False, False, False,
          False, False],
         ['cafe', False, False, True, False, False, False, False, False, False, False, False, False, False, False, False, False, False,
          False, False],
         ['aa', False, False, True, True, False, False, False, False, False, False, False, False, False, False, False, False, False, True,
          True],
         ['(4:1)', False, True, True, False, False, False, False, True, False, False, False, False, False, False, False, False, True,
          False, False],
         ['维生素B12测定', False, False, True, False, False, False, False, False, False, False, False, False, False, False, False, False,
          False, False, False],
         ['vitamin B12 test', False, False, True, False, True, False, False, False, False, False, False, False, False, False, False,
          False, False, False, False],
         ['Ⅱ型', False, False, True, False, False, False, False, False, False, False, True, False, False, False, False, True, False, False,
          False],
         ['发热\n', False, False, False, False, False, False, False, False, True, False, False, False, False, False, False, False, False,
          False, False],
         ['E11.9', False, True, True, True, False, False, False, False, False, False, False, False, False, False, True, False, False,
          False, False],
         ['SJÖGREN', False, False, True, False, False, True, False, False, False, False, False, True, False, False, False, False, False,
          False, False]],
    ),
    _recorded(
        'patterns in a column', 'awkward',
        "UNWIND ['病.*', '.*病$', 'a|b', '(?i)FEVER%'] AS p MATCH (n) WHERE n.name =~ p RETURN p, n.name AS name",
        ['p', 'name'],
        [['病.*', '病丙'], ['病.*', '病乙'], ['病.*', '病甲'], ['.*病$', '50%_病'], ['.*病$', '孤病'], ['.*病$', '自环病'], ['(?i)FEVER%', 'fever%']],
    ),
    _recorded(
        'a pattern made of a property', 'awkward',
        "MATCH (a:Symptom), (b:Symptom) WHERE b.name =~ ('.*' + a.name + '.*') AND a <> b RETURN a.name AS a, b.name AS b",
        ['a', 'b'],
        [],
    ),
    _recorded(
        'attributes are properties', 'awkward',
        'MATCH (d:Disease) WHERE d.cause IS NOT NULL RETURN d.name AS name, d.cause AS cause, d.cause[0] AS first, '
        "size(d.cause) AS n, d.cure_rate AS rate, d['cause'] AS again, 'cause' IN keys(d) AS key",
        ['name', 'cause', 'first', 'n', 'rate', 'again', 'key'],
        [['病甲', ['受凉'], '受凉', 1, None, ['受凉'], True]],
    ),
    _recorded(
        'attributes of a whole node', 'awkward',
        "MATCH (d:Disease {name: '病甲'}) WITH properties(d) AS p, d {.*, note: null} AS m, [k IN keys(d) WHERE k STARTS "
        "WITH 'c'] AS k RETURN p.cause AS p, m.cause AS m, size(keys(p)) AS n, size(keys(m)) AS o, k",
        ['p', 'm', 'n', 'o', 'k'],
        [[['受凉'], ['受凉'], 9, 10, ['cause']]],
    ),
    _recorded(
        'attributes by a key in a column', 'awkward',
        "MATCH (d:Disease {name: '病甲'}) UNWIND ['cause', 'name', 'cure_rate', 'none'] AS key RETURN key, d[key] AS value",
        ['key', 'value'],
        [['cause', ['受凉']], ['name', '病甲'], ['cure_rate', None], ['none', None]],
    ),
    _recorded(
        'attributes in a pattern', 'awkward',
        "MATCH (d:Disease {cause: ['受凉']})-[:HAS_SYMPTOM]->(s) WHERE any(c IN d.cause WHERE c CONTAINS '凉') RETURN "
        's.name AS name, [(d)-[:HAS_DRUG]->(x) | x.dosage] AS dosage',
        ['name', 'dosage'],
        [['fever%', [None, ['一日三次'], None]], ['发热', [None, ['一日三次'], None]], ['咳嗽', [None, ['一日三次'], None]]],
        bags=('dosage',),
    ),
    _recorded(
        'a subquery beside joins, in WITH', 'awkward',
        'MATCH (b1:Symptom)-[r2]->(n3)-[]-(n4) WITH b1, size(n4.sources) AS c9 WHERE '
        '(b1)-[:RELATED_SYMPTOM*]->(:Symptom) RETURN count(c9) AS n',
        ['n'],
        [[24]],
    ),
    _recorded(
        'what is looked up beside joins', 'awkward',
        "MATCH (a)-[r]->(b)-[q]->(c) WHERE startNode(r).name = '病甲' AND a.name <> c.name RETURN count(*) AS n",
        ['n'],
        [[27]],
    ),
    _recorded(
        'a shortest path beside joins', 'awkward',
        'MATCH (a:Disease)-[r]-(b)-[q]-(c) WHERE a <> c AND length(shortestPath((a)-[*..3]-(c))) = 2 RETURN count(*) AS n',
        ['n'],
        [[155]],
    ),
    _recorded(
        'subqueries within nodes and relationships', 'awkward',
        "MATCH (a:Disease)-[r WHERE COUNT { (a)--() } > 1]-(b)-[q]-(c WHERE c.name STARTS WITH '病' AND NOT "
        '(c)-[:HAS_DRUG]->()) RETURN count(*) AS n, count(c.name_en) AS m',
        ['n', 'm'],
        [[24, 24]],
    ),
    _recorded(
        'keys of maps that some of them lack', 'awkward',
        "UNWIND [{name: '张'}, {name: '李', age: 3}] AS row RETURN row {.name, .age} AS p",
        ['p'],
        [[{'name': '张', 'age': None}], [{'name': '李', 'age': 3}]],
    ),
    _recorded(
        'all keys of maps that differ in them', 'awkward',
        "UNWIND [{name: '张'}, {name: '李', age: 3}] AS row RETURN row {.*, n: 1} AS p",
        ['p'],
        [[{'name': '张', 'n': 1}], [{'name': '李', 'age': 3, 'n': 1}]],
    ),
    _recorded(
        'a list of lists and a list', 'known',
        "RETURN [['a']] + ['a', 'b'] AS x, ([['a']] + ['a', 'b'])[1] AS y, [[1]] + [2] AS z, [[null]] + ['b'] AS n, [[]] + [1] AS e",
        ['x', 'y', 'z', 'n', 'e'],
        [[[['a'], 'a', 'b'], 'a', [[1], 2], [[None], 'b'], [[], 1]]],
    ),
    _recorded(
        'rows of what a list of lists and a list hold', 'known',
        "MATCH (d:Disease) RETURN 'a' AS x UNION ALL UNWIND ([['a']] + ['a', 'a'])[1] AS y RETURN y AS x",
        ['x'],
        [['a'], ['a'], ['a'], ['a'], ['a']],
    ),
    _recorded(
        'a path of a known node that does not match', 'known',
        "MATCH (d:Disease) OPTIONAL MATCH p = (d) WHERE d.name = '病甲' RETURN d.name AS d, length(p) AS n, [x IN nodes(p) | x.name] AS x",
        ['d', 'n', 'x'],
        [['病丁', 0, ['病丁']], ['病丙', 0, ['病丙']], ['病乙', 0, ['病乙']], ['病甲', 0, ['病甲']]],
    ),
    _recorded(
        'a path of a known node beside one that is null', 'known',
        "MATCH (d:Disease) OPTIONAL MATCH (d)-[:HAS_DRUG]->(x) OPTIONAL MATCH p = (d), q = (x) RETURN d.name AS d, collect(length(p)) AS n, "
        "collect(length(q)) AS m",
        ['d', 'n', 'm'],
        [['病丁', [0], []], ['病丙', [0], [0]], ['病乙', [0], []], ['病甲', [0, 0], [0, 0]]],
    ),
    _recorded(
        'rows of a list among others', 'known',
        "UNWIND ([[1, 2]] + [1])[0] AS x RETURN x UNION ALL UNWIND ([[1, 2]] + [1])[1] AS x RETURN x",
        ['x'],
        [[1], [2], [1]],
    ),
    _recorded(
        'nothing in a text of rare signs', 'known',
        "RETURN replace('a🍎', left('a', 0), '-') AS x, replace('a苹', '', '-') AS y",
        ['x', 'y'],
        [['-a-?-?-', '-a-苹-']],
    ),
    _recorded(
        'an aggregate of null alone', 'known',
        "RETURN 'a' AS c UNION ALL UNWIND [1, 1] AS x RETURN min({name: 'x'}.id) AS c UNION ALL UNWIND [] AS x RETURN max(null) AS c",
        ['c'],
        [['a'], [None], [None]],
    ),
    _recorded(
        'a list of null alone', 'known',
        "UNWIND [1, 1] AS x RETURN collect(null) AS c UNION ALL UNWIND [] AS x RETURN collect(null) AS c",
        ['c'],
        [[[]], [[]]],
    ),
    _recorded(
        'a name that is given anew', 'known',
        "UNWIND [1, 2, 3] AS x WITH -x AS x, x AS y ORDER BY x LIMIT 1 RETURN 'order' AS what, x, y UNION ALL UNWIND [1, 2, 3] AS x WITH x "
        "AS y, -x AS x WHERE x = -1 RETURN 'where' AS what, x, y UNION ALL UNWIND [1, 2, 3] AS x WITH DISTINCT x AS y, -x AS x ORDER BY x "
        "LIMIT 1 RETURN 'distinct' AS what, x, y UNION ALL UNWIND [1, 2, 3] AS x WITH x AS y, -x AS x, count(*) AS n ORDER BY x LIMIT 1 "
        "RETURN 'group' AS what, x, y",
        ['what', 'x', 'y'],
        [['order', -3, 3], ['where', -1, 1], ['distinct', -3, 3], ['group', -3, 3]],
    ),
    _recorded(
        'what is returned, among names that are given anew', 'known',
        "UNWIND [1, 2, 3] AS x WITH x + 1 AS y, -x AS x ORDER BY x + 1 LIMIT 1 RETURN 'whole' AS what, x, y UNION ALL UNWIND [1, 2, 3] AS x "
        "WITH x + 1 AS y, -x AS x ORDER BY (x + 1) * 2 LIMIT 1 RETURN 'part' AS what, x, y UNION ALL UNWIND [1, 2, 3] AS x WITH x + 1 AS y, "
        "-x AS x WHERE x + 1 = 0 RETURN 'where' AS what, x, y UNION ALL UNWIND [1, 2, 3] AS x UNWIND [1, 2] AS z WITH sum(x) AS y, -x AS x "
        "ORDER BY sum(x) LIMIT 1 RETURN 'sum' AS what, x, y",
        ['what', 'x', 'y'],
        [['whole', -1, 2], ['part', -3, 4], ['where', -1, 2], ['sum', -1, 2]],
    ),
    _recorded(
        'two names that are exchanged', 'awkward',
        "MATCH (a:Disease)-[:HAS_COMPLICATION]->(b) WITH b AS a, a AS b ORDER BY a.name, b.name LIMIT 2 RETURN a.name AS a, b.name AS b UNION "
        "ALL MATCH (a:Disease)-[:HAS_COMPLICATION]->(b) WITH b AS a, a AS b WHERE a.name = '病甲' RETURN a.name AS a, b.name AS b",
        ['a', 'b'],
        [['50%_病', 'C:\\病\\n'], ["O'Brien 综合征", 'say "病" `now`'], ['病甲', '病丙']],
    ),
    _recorded(
        'the shortest path of a node to itself', 'awkward',
        "MATCH (a:Disease {name: '病甲'}), (b:Disease) MATCH p = allShortestPaths((a)-[:HAS_COMPLICATION*0..3]->(b)) RETURN b.name AS b, "
        '[x IN nodes(p) | x.name] AS names, length(shortestPath((a)-[*0..1]-(b))) AS n',
        ['b', 'names', 'n'],
        [['病丙', ['病甲', '病乙', '病丙'], 1], ['病乙', ['病甲', '病乙'], 1], ['病甲', ['病甲'], 0], ['自环病', ['病甲', '病乙', '自环病'], None]],
    ),
    _recorded(
        'a shortest path that is returned', 'awkward',
        "MATCH (a:Disease {name: '病乙'}), (b:Disease {name: '病丙'}) RETURN shortestPath((a)-[:HAS_COMPLICATION*..3]->(b)) AS p",
        ['p'],
        [[[
            {'aliases': ["O'B"], 'attributes': '{"alias":{"O\'B":["alpha/tiny.txt:33#alias"]}}', 'doubts': [], 'id': 'Disease:病乙',
             'name': '病乙', 'name_en': 'Disease B', 'name_en_from': 'beta', 'sources': ['alpha', 'beta']},
            {'id': '5207587ed5606b8e541e', 'origins': ['alpha/tiny.txt:10#HAS_COMPLICATION'], 'sources': ['alpha']},
            {'aliases': [], 'attributes': '{}', 'doubts': [], 'id': 'Disease:病丙', 'name': '病丙', 'sources': ['alpha', 'beta']},
        ]]],
    ),
    _recorded(
        'a node, a relationship and a path within a map', 'awkward',
        "MATCH p = (:Drug {name: '药二'})-[r:INDICATED_FOR]->(b) WITH {node: b, of: {r: r}, p: p} AS m RETURN m.node AS n, m.of.r AS r, m.p AS p",
        ['n', 'r', 'p'],
        [[
            {'aliases': [], 'attributes': '{}', 'doubts': [], 'id': 'Disease:病丙', 'name': '病丙', 'sources': ['alpha', 'beta']},
            {'id': '066a19b6db540b8cf197', 'origins': ['beta/tiny.txt:24#INDICATED_FOR'], 'sources': ['beta']},
            [
                {'aliases': [], 'attributes': '{}', 'doubts': [], 'id': 'Drug:药二', 'name': '药二', 'sources': ['alpha', 'beta']},
                {'id': '066a19b6db540b8cf197', 'origins': ['beta/tiny.txt:24#INDICATED_FOR'], 'sources': ['beta']},
                {'aliases': [], 'attributes': '{}', 'doubts': [], 'id': 'Disease:病丙', 'name': '病丙', 'sources': ['alpha', 'beta']},
            ],
        ]],
    ),
    _recorded(
        'a value behind labels in a comprehension', 'awkward',
        "MATCH (a:Disease {name: '病丙'})--(b) WITH DISTINCT b ORDER BY b.id WITH collect(b) AS l RETURN [x IN l WHERE x:Drug | x.name] AS one, "
        '[x IN l WHERE x:Drug|Symptom | size(x.name)] AS two, size([x IN l WHERE NOT x:Drug | x]) AS others, [x IN l | x:Drug|Food] AS tests, '
        "[(:Symptom {name: '咳嗽'})-[:HAS_SYMPTOM|RELATED_SYMPTOM]-(b) WHERE b:Disease|Symptom | b.name] AS around",
        ['one', 'two', 'others', 'tests', 'around'],
        [[
            ['药一', '药二'], [2, 2], 3, [False, False, False, True, True], ['发热', '病甲', '发热', '病乙', '病甲', 'C:\\病\\n'],
        ]],
        bags=('around',),
    ),
    _recorded(
        'rounded, what has no digits behind the point', 'known',
        "UNWIND [0.0, null] AS x RETURN toString(round(x / x, 1)) AS a, toString(round(1 / x, 2)) AS b UNION ALL UNWIND [1e30, -1e25, 2.675] AS x "
        'RETURN toString(round(x, 2)) AS a, toString(x) AS b',
        ['a', 'b'],
        [['NaN', 'Infinity'], [None, None], ['1.0E30', '1.0E30'], ['-1.0E25', '-1.0E25'], ['2.68', '2.675']],
    ),
    _recorded(
        'whether a map is empty', 'known',
        'RETURN isEmpty({}) AS a, isEmpty({x: null}) AS b, {} = {} AS c',
        ['a', 'b', 'c'],
        [[True, False, True]],
    ),
    _recorded(
        'nothing in a text of rare signs, by nothing', 'known',
        "RETURN replace('🍎', '', '') AS a, replace('🍎', left('a', 0), '') AS b, replace('', '', 'x') AS c",
        ['a', 'b', 'c'],
        [['🍎', '🍎', 'x']],
    ),
    _recorded(
        'a subquery beside a list', 'awkward',
        'MATCH (d:Disease) RETURN d.name AS d, COUNT { (d)-[:HAS_DRUG]->() } IN [size(d.name), 3, null] AS a, [EXISTS { (d)-[:HAS_DRUG]->() }, '
        'null] = [true, true] AS b, d.name_en IN COLLECT { MATCH (x:Disease) WHERE x <> d RETURN x.name_en } AS c',
        ['d', 'a', 'b', 'c'],
        [
            ['50%_病', None, None, None], ['C:\\病\\n', None, False, None], ["O'Brien 综合征", None, None, None],
            ['say "病" `now`', None, False, None], ['头痛😀', None, False, None], ['孤病', None, False, None], ['病丙', None, None, None],
            ['病乙', None, False, None], ['病甲', True, None, None], ['自环病', None, False, None],
        ],
    ),
    _recorded(
        'a walk as a condition, and more to match behind it', 'awkward',
        'MATCH (a:Drug)<-[:HAS_DRUG]-(d:Disease) WHERE (a)-[:HAS_DRUG*2]-(:Drug) MATCH (d)<-[:HAS_COMPLICATION]-(n:Disease)--(e)<-[:SHOULD_EAT]-(m) '
        'RETURN e.name AS e, count(*) AS n',
        ['e', 'n'],
        [['🍎', 2], ['苹果', 1]],
    ),
    _recorded(
        'a walk as a condition behind a limit, and more to match', 'awkward',
        'MATCH (a:Drug)<-[:HAS_DRUG]-(d:Disease) WITH a, d ORDER BY a.id, d.id LIMIT 100 WHERE (a)-[:HAS_DRUG*2]-(:Drug) MATCH (d)--(n)--(e) '
        'RETURN e.name AS e, count(*) AS n ORDER BY n DESC, e LIMIT 3',
        ['e', 'n'],
        [['病甲', 59], ['病丙', 48], ['药二', 37]],
        by=('n', 'e'),
    ),
    _recorded(
        'a text parted by nothing', 'known',
        "RETURN split('🍎x', '') AS a, split('a🍎', left('a', 0))[1] AS b, split('', '') AS c, split('a,b', ',') AS d",
        ['a', 'b', 'c', 'd'],
        [[['?', '?', 'x'], '?', [''], ['a', 'b']]],
    ),
    _recorded(
        'rounded to no digits', 'known',
        'UNWIND [-1.5, -2.5, 1.5, -0.5, 2.5, 3] AS x RETURN round(x, 0) AS a, round(x) AS b',
        ['a', 'b'],
        [[-1.0, -1.0], [-2.0, -2.0], [2.0, 2.0], [0.0, 0.0], [3.0, 3.0], [3.0, 3.0]],
    ),
    _recorded(
        'any label of nothing', 'awkward',
        "OPTIONAL MATCH (a:Department)-[r:HAS_DRUG]->(a) RETURN (a:%) AS a, (a:!%) AS b, (r:%) AS c, (a:Drug) AS d",
        ['a', 'b', 'c', 'd'],
        [[None, None, True, None]],
    ),
)
"""The answers that Neo4j gave once: a folder gives them, and Neo4j still does."""


class Fault(NamedTuple):
    """A question, the graph it is asked of, its answer by the meaning of Cypher, and the other one that Neo4j gives."""

    graph: str
    question: Question
    answer: Answer
    neo4j: Answer


FAULTS = (
    Fault(
        'known',
        Question(
            'what is sorted behind a first match that finds nothing',
            "OPTIONAL MATCH (d:Disease {name: 'nobody'}) RETURN DISTINCT [d.name] AS l, coalesce(d.name, 'none') AS n, d IS NULL AS x "
            'ORDER BY l, n, x',
        ),
        Answer(['l', 'n', 'x'], [[[None], 'none', True]]),
        Answer(['l', 'n', 'x'], [[None, None, None]]),
    ),
    Fault(
        'known',
        Question(
            'a count of nothing behind WITH in a subquery',
            'MATCH (d:Disease) RETURN d.name AS d, COUNT { MATCH (d)-[:HAS_DRUG]->(g) WITH count(g) AS n RETURN n } AS rows, '
            'COLLECT { MATCH (d)-[:HAS_DRUG]->(g) WITH count(g) AS n RETURN n } AS n',
        ),
        Answer(['d', 'rows', 'n'], [['病丁', 1, [0]], ['病丙', 1, [1]], ['病乙', 1, [0]], ['病甲', 1, [2]]]),
        Answer(['d', 'rows', 'n'], [['病丁', 0, []], ['病丙', 1, [1]], ['病乙', 0, []], ['病甲', 1, [2]]]),
    ),
)
"""Where Neo4j 5.26 contradicts itself: it answers the first without ORDER BY, and the second with RETURN for WITH, as a folder does."""
# fmt: on
