"""Queries as people type them who use a medical knowledge graph; they are asked of the graph of all samples."""

from typing import Any

from tests.kg.cypher.differential import Question


def _q(name: str, cypher: str, /, by: str = "", bags: str = "", **params: Any) -> Question:
    return Question(name, cypher, params, tuple(by.split()), tuple(bags.split()))


ORDINARY = (
    # What a name is joined to.
    _q("symptoms of a disease", "MATCH (d:Disease {name: '肺炎'})-[:HAS_SYMPTOM]->(s:Symptom) RETURN s.name"),
    _q(
        "lower case",
        "match (d:Disease)-[:HAS_SYMPTOM]->(s) where d.name = '高血压' return s.name order by s.name",
        by="s.name",
    ),
    _q(
        "diseases of a symptom, by parameter",
        "MATCH (d:Disease)-[:HAS_SYMPTOM]->(:Symptom {name: $name}) RETURN d.name AS disease ORDER BY disease",
        by="disease",
        name="发热",
    ),
    _q(
        "many lines and comments",
        """
        // which drugs are commonly used for 冠心病
        MATCH (d:Disease {name: "冠心病"})   // the disease
              -[:HAS_DRUG]->
              (m:Drug)
        /* the English name
           may be missing */
        RETURN m.name     AS drug,
               m.name_en  AS english
        ORDER BY drug ASC
        ;
        """,
        by="drug",
    ),
    _q("odd white space", "MATCH(d:Disease)-[r:HAS_DRUG]->(m)WHERE d.name='肺炎'RETURN  m.name,type( r ),labels(m)"),
    _q(
        "aliases in Chinese",
        "MATCH (疾病:Disease)-[:HAS_SYMPTOM]->(症状:Symptom) WHERE 疾病.name = '偏头痛' RETURN 疾病.name AS "
        "疾病名, 症状.name AS 症状名 ORDER BY 症状名",
        by="症状名",
    ),
    _q(
        "backticks",
        "MATCH (`the disease`:`Disease`)-[:`HAS_TREATMENT`]->(t) WHERE `the disease`.`name` = '肺炎' RETURN "
        "t.`name` AS `治疗 方法`",
    ),
    _q("a whole node", "MATCH (d:Disease) WHERE d.name = '2型糖尿病' RETURN d"),
    _q(
        "a whole node and a relationship",
        "MATCH (d:Disease {name: '乙型病毒性肝炎'})-[r:HAS_DRUG]->(m:Drug) RETURN d, r, m",
    ),
    _q(
        "all about one name",
        "MATCH (d {name: '失眠'})-[r]-(x) RETURN type(r) AS relation, labels(x)[0] AS kind, x.name AS name",
    ),
    _q(
        "what leads here and away",
        "MATCH (a)-[r]->(d:Disease {name: '高血压'}) RETURN a.name AS head, type(r) AS rel, d.name AS tail",
    ),
    _q("by id", "MATCH (n) WHERE n.id = 'Disease:冠心病' RETURN n.name, n.aliases, n.sources, n.attributes"),
    _q("by alias", "MATCH (d:Disease) WHERE '哮喘' IN d.aliases RETURN d.name, d.aliases"),
    _q(
        "first alias and how many",
        "MATCH (d:Disease) WHERE size(d.aliases) > 0 RETURN d.name AS n, d.aliases[0] AS a, size(d.aliases) "
        "AS k ORDER BY n",
        by="n",
    ),
    _q(
        "names that hold a word",
        "MATCH (d:Disease) WHERE d.name CONTAINS '糖尿病' RETURN d.name ORDER BY d.name",
        by="d.name",
    ),
    _q(
        "names that end so",
        "MATCH (m:Drug) WHERE m.name ENDS WITH '片' AND NOT m.name STARTS WITH '阿' RETURN m.name AS m ORDER BY m",
        by="m",
    ),
    _q(
        "names of a pattern",
        "MATCH (e:Examination) WHERE e.name =~ '.*(CT|MRI|X线).*' RETURN e.name AS e ORDER BY e",
        by="e",
    ),
    _q(
        "without regard to case",
        "MATCH (e:Examination) WHERE toLower(e.name) CONTAINS 'ct' RETURN e.name, toUpper(e.name) AS upper",
    ),
    # Counts.
    _q(
        "how many of each type",
        "MATCH (n) RETURN labels(n)[0] AS type, count(*) AS n ORDER BY n DESC, type",
        by="n type",
    ),
    _q(
        "how many of each relation",
        "MATCH ()-[r]->() RETURN type(r) AS relation, count(r) AS n ORDER BY n DESC, relation",
        by="n relation",
    ),
    _q("how many diseases", "MATCH (d:Disease) RETURN count(d)"),
    _q(
        "the commonest symptoms",
        "MATCH (s:Symptom)<-[:HAS_SYMPTOM]-(d) RETURN s.name AS s, count(d) AS n ORDER BY n DESC, s LIMIT 10",
        by="n s",
    ),
    _q(
        "diseases with many symptoms",
        "MATCH (d:Disease)-[:HAS_SYMPTOM]->(s) WITH d, count(s) AS n WHERE n >= 8 RETURN d.name AS d, n "
        "ORDER BY n DESC, d",
        by="n d",
    ),
    _q(
        "how many symptoms, none too",
        "MATCH (d:Disease) OPTIONAL MATCH (d)-[:HAS_SYMPTOM]->(s:Symptom) RETURN d.name AS d, count(s) AS n ORDER BY d",
        by="d",
    ),
    _q(
        "the mean number of symptoms",
        "MATCH (d:Disease)-[:HAS_SYMPTOM]->(s) WITH d, count(*) AS n RETURN avg(n) AS mean, min(n) AS least, "
        "max(n) AS most, sum(n) AS all, stDev(n) AS sd, percentileCont(n, 0.5) AS median",
    ),
    _q(
        "shares",
        "MATCH (n) WITH count(n) AS total MATCH (m:Drug) WITH total, count(m) AS drugs RETURN drugs, total, "
        "round(100.0 * drugs / total, 1) AS percent",
    ),
    _q(
        "how long names are",
        "MATCH (d:Disease) RETURN size(d.name) AS length, count(*) AS n ORDER BY length",
        by="length",
    ),
    _q(
        "from which sources",
        "MATCH (n) UNWIND n.sources AS source RETURN source, labels(n)[0] AS type, count(*) AS n ORDER BY source, type",
        by="source type",
    ),
    _q(
        "in several sources",
        "MATCH (n) WHERE size(n.sources) >= 2 RETURN labels(n)[0] AS t, n.name AS name, n.sources AS s ORDER "
        "BY t, name LIMIT 40",
        by="t name",
    ),
    _q(
        "triples by source",
        "MATCH ()-[r]->() UNWIND r.sources AS s RETURN s, type(r) AS t, count(*) AS n ORDER BY s, n DESC, t",
        by="s n t",
    ),
    _q(
        "distinct departments",
        "MATCH (:Disease)-[:BELONGS_TO_DEPARTMENT]->(k:Department) RETURN DISTINCT k.name AS k ORDER BY k DESC",
        by="k",
    ),
    _q(
        "how many distinct",
        "MATCH (d:Disease)-[:HAS_DRUG|RECOMMENDED_DRUG]->(m) RETURN count(m) AS all, count(DISTINCT m) AS "
        "drugs, count(DISTINCT d) AS diseases",
    ),
    # Lists and maps.
    _q(
        "symptoms as a list",
        "MATCH (d:Disease)-[:HAS_SYMPTOM]->(s) WITH d, s ORDER BY s.name RETURN d.name AS disease, "
        "collect(s.name) AS symptoms ORDER BY disease LIMIT 25",
        by="disease",
    ),
    _q(
        "lists in no order",
        "match (k:Department)<-[:BELONGS_TO_DEPARTMENT]-(d:Disease) return k.name as k, collect(d.name) as "
        "ds, count(*) as n",
        bags="ds",
    ),
    _q(
        "a card of a disease",
        """
        MATCH (d:Disease {name: $name})
        RETURN d.name AS name,
               [(d)-[:HAS_SYMPTOM]->(s) | s.name] AS symptoms,
               [(d)-[:HAS_DRUG]->(m:Drug) WHERE m.name ENDS WITH '片' | m.name] AS tablets,
               size([(d)-[:NEEDS_EXAMINATION]->(e) | e]) AS examinations
        """,
        bags="symptoms tablets",
        name="冠心病",
    ),
    _q(
        "a map",
        "MATCH (d:Disease) WHERE d.name IN ['肺炎', '便秘'] RETURN {name: d.name, aliases: d.aliases, n: "
        "size(d.sources)} AS card",
    ),
    _q("a projection", "MATCH (m:Drug)-[:INDICATED_FOR]->(d) RETURN m {.name, .sources, for: d.name} AS drug"),
    _q(
        "a projection of all",
        "MATCH (k:Department {name: '心内科'}) RETURN k {.*} AS k, properties(k) = k {.*} AS same",
    ),
    _q(
        "pairs as text",
        "MATCH (a:Drug)-[:INTERACTS_WITH]->(b:Drug) RETURN a.name + ' + ' + b.name AS pair ORDER BY pair",
        by="pair",
    ),
    _q("keys", "MATCH (d:Disease {name: '冠心病'}) UNWIND keys(d) AS k RETURN k, d[k] AS v"),
    _q(
        "the first of each",
        "MATCH (d:Disease)-[:HAS_DRUG]->(m) WITH d, m ORDER BY m.name WITH d, collect(m.name)[0..2] AS two "
        "RETURN d.name AS d, two, head(two) AS one, last(two) AS two2",
    ),
    # What is missing.
    _q(
        "diseases without a drug",
        "MATCH (d:Disease) WHERE NOT (d)-[:HAS_DRUG]->() RETURN d.name AS d ORDER BY d",
        by="d",
    ),
    _q(
        "with a drug but no examination",
        "MATCH (d:Disease) WHERE EXISTS { (d)-[:HAS_DRUG]->(:Drug) } AND NOT EXISTS { "
        "(d)-[:NEEDS_EXAMINATION]->() } RETURN d.name",
    ),
    _q("without English", "MATCH (n) WHERE n.name_en IS NULL RETURN labels(n) AS l, count(*) AS n"),
    _q("lonely ones", "MATCH (n) WHERE NOT (n)--() RETURN n.name"),
    _q(
        "English or Chinese",
        "MATCH (s:BodyPart) RETURN s.id AS id, coalesce(s.name_en, s.name) AS name ORDER BY id",
        by="id",
    ),
    _q(
        "more than three",
        "MATCH (d:Disease) WHERE COUNT { (d)-[:HAS_COMPLICATION]->() } > 3 RETURN d.name AS d, COUNT { "
        "(d)-[:HAS_COMPLICATION]->(c) } AS n",
    ),
    _q("doubts", "MATCH (n) WHERE size(n.doubts) > 0 RETURN n.id AS id, n.doubts AS doubts ORDER BY id", by="id"),
    _q(
        "contradictions",
        "MATCH (a)-[r]->(b) WHERE r.contradicts IS NOT NULL RETURN a.name, type(r), b.name, r.contradicts",
    ),
    # Two and more steps.
    _q(
        "diseases that share symptoms",
        """
        MATCH (a:Disease)-[:HAS_SYMPTOM]->(s:Symptom)<-[:HAS_SYMPTOM]-(b:Disease)
        WHERE a.name < b.name
        WITH a, b, count(s) AS shared
        WHERE shared > 2
        RETURN a.name AS a, b.name AS b, shared
        ORDER BY shared DESC, a, b
        """,
        by="shared a b",
    ),
    _q(
        "drugs against two symptoms",
        "MATCH (m:Drug)<-[:HAS_DRUG]-(d:Disease)-[:HAS_SYMPTOM]->(s:Symptom), "
        "(d)-[:HAS_SYMPTOM]->(t:Symptom) WHERE s.name = '发热' AND t.name = '咳嗽' RETURN DISTINCT m.name AS "
        "m ORDER BY m",
        by="m",
    ),
    _q(
        "eaten here, avoided there",
        "MATCH (a:Disease)-[:SHOULD_EAT]->(f:Food)<-[:SHOULD_AVOID]-(b:Disease) RETURN f.name AS f, "
        "collect(DISTINCT a.name) AS eat, collect(DISTINCT b.name) AS avoid",
        bags="eat avoid",
    ),
    _q(
        "contraindicated and commonly used",
        "MATCH (d:Disease)-[:HAS_DRUG]->(m:Drug)-[:CONTRAINDICATED_FOR]->(e) RETURN d.name, m.name, e.name",
    ),
    _q(
        "complications of complications",
        "MATCH (d:Disease {name: '高血压'})-[:HAS_COMPLICATION*1..2]->(c) RETURN DISTINCT c.name AS c ORDER BY c",
        by="c",
    ),
    _q(
        "ways of complications",
        "MATCH p = (d:Disease {name: '2型糖尿病'})-[:HAS_COMPLICATION*..3]->(c) RETURN [n IN nodes(p) | "
        "n.name] AS way, length(p) AS n",
    ),
    _q(
        "departments above",
        "MATCH (k:Department)-[:PART_OF_DEPARTMENT*]->(top) WHERE NOT (top)-[:PART_OF_DEPARTMENT]->() RETURN "
        "k.name AS k, top.name AS top ORDER BY k, top",
        by="k top",
    ),
    _q(
        "the shortest way",
        "MATCH (a:Disease {name: '失眠'}), (b:Disease {name: '肺炎'}), p = shortestPath((a)-[*..6]-(b)) "
        "RETURN length(p) AS steps",
    ),
    _q(
        "both ways",
        "MATCH (a:Disease)-[:RELATED_DISEASE]->(b:Disease)-[:RELATED_DISEASE]->(a) WHERE a.id < b.id RETURN "
        "a.name, b.name",
    ),
    _q(
        "products of a drug",
        "MATCH (p:Product)-[:PRODUCT_OF]->(m:Drug)<-[:HAS_DRUG]-(d:Disease) WHERE d.name = '癫痫' RETURN "
        "m.name AS m, collect(p.name) AS ps ORDER BY m",
        by="m",
        bags="ps",
    ),
    _q(
        "optional twice",
        "MATCH (d:Disease) WHERE d.name STARTS WITH '肺' OPTIONAL MATCH (d)-[:HAS_TREATMENT]->(t) OPTIONAL "
        "MATCH (d)-[:AFFECTS_BODY_PART]->(b) RETURN d.name, count(DISTINCT t), collect(DISTINCT b.name) AS "
        "parts",
        bags="parts",
    ),
    # Tables of more than one thing.
    _q(
        "union",
        "MATCH (d:Disease)-[:SHOULD_EAT]->(f:Food) WHERE d.name='高血压' RETURN 'eat' AS what, f.name AS "
        "food UNION MATCH (d:Disease)-[:SHOULD_AVOID]->(f:Food) WHERE d.name='高血压' RETURN 'avoid' AS "
        "what, f.name AS food",
    ),
    _q(
        "union all, in both cases",
        "match (d:Disease) return 'Disease' as t, count(d) as n Union All match (m:Drug) Return 'Drug' As t, "
        "Count(m) As n",
    ),
    _q(
        "a list of names",
        "UNWIND $names AS name OPTIONAL MATCH (d:Disease {name: name})-[:HAS_SYMPTOM]->(s) RETURN name, count(s) AS n",
        names=["肺炎", "no such disease", "高血压", "it's"],
    ),
    _q(
        "kinds by case",
        "MATCH (d:Disease)-[:HAS_SYMPTOM]->(s) WITH d, count(s) AS n RETURN CASE WHEN n > 8 THEN 'many' WHEN "
        "n > 4 THEN 'some' ELSE 'few' END AS kind, count(*) AS k ORDER BY kind",
        by="kind",
    ),
    _q("pages", "MATCH (m:Drug) RETURN m.name AS name ORDER BY name SKIP 20 LIMIT 10", by="name"),
    _q(
        "pages by parameter",
        "MATCH (m:Drug) RETURN m.id AS id ORDER BY id DESC SKIP $skip LIMIT $limit",
        by="id",
        skip=5,
        limit=3,
    ),
    _q(
        "the best drug of each disease",
        """MATCH (d:Disease)
           CALL (d) {
             MATCH (d)-[:HAS_DRUG]->(m:Drug)<-[:HAS_DRUG]-(e:Disease)
             RETURN m, count(e) AS n ORDER BY n DESC, m.name LIMIT 1
           }
           RETURN d.name AS d, m.name AS m, n ORDER BY d""",
        by="d",
    ),
    _q(
        "short names as text",
        "MATCH (n:BodyPart) RETURN substring(n.name, 0, 1) AS a, left(n.name, 1) = substring(n.name, 0, 1) "
        "AS b, n.name + '(' + toString(size(n.name)) + ')' AS c",
    ),
    _q(
        "split of ids",
        "MATCH (n:Treatment) RETURN DISTINCT split(n.id, ':')[0] AS type, min(n.id) AS first, "
        "max(size(n.name)) AS longest",
    ),
    _q(
        "a label or another",
        "MATCH (d:Disease {name: '肺炎'})-[r]->(x:Examination|Treatment) RETURN labels(x)[0] AS l, x.name AS "
        "n ORDER BY l, n",
        by="l n",
    ),
    _q(
        "where from",
        "MATCH (d:Disease {name: '肺炎'})-[r:HAS_SYMPTOM]->(s) RETURN s.name AS s, r.origins[0] AS origin, "
        "split(r.origins[0], '#')[1] AS field",
    ),
    _q("start and end", "MATCH ()-[r:INTERACTS_WITH]-() RETURN DISTINCT startNode(r).name AS a, endNode(r).name AS b"),
    _q(
        "just numbers",
        "RETURN 1 + 2 * 3 AS a, 7 / 2 AS b, 7 % 2 AS c, 2 ^ 10 AS d, 'a' + 'b' AS e, [1, 2, 3] AS f, null AS "
        "g, true AND NOT false AS h",
    ),
)
