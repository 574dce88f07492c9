"""The audits as SQL, as one would write them by hand for the tables `node` and `edge`."""

NODE = ["id", "type", "name", "name_en", "aliases", "sources", "doubts"]
EDGE = ["id", "head", "relation", "tail", "sources", "contradicts"]


def _doubted_values(doubt: str) -> str:
    return f"""
        SELECT id AS entity, replace(doubt, '{doubt} ', '') AS fact, sources
        FROM (SELECT id, sources, unnest(doubts) AS doubt FROM node)
        WHERE starts_with(doubt, '{doubt} ') ORDER BY entity, fact"""


def _disease_without(relations: str, tail: str) -> str:
    return f"""
        SELECT id, sources FROM node AS d
        WHERE type = 'Disease' AND NOT EXISTS (
            SELECT 1 FROM edge AS e JOIN node AS t ON t.id = e.tail
            WHERE e.head = d.id AND e.relation IN ({relations}) AND t.type = '{tail}')
        ORDER BY id"""


SQL = {
    "alias_is_an_entity": """
        SELECT n.id AS entity, m.id AS alias
        FROM (SELECT id, type, unnest(aliases) AS alias FROM node) AS n
        JOIN node AS m ON m.name = n.alias AND m.type = n.type AND m.id <> n.id
        ORDER BY entity, alias""",
    "contradictions": """
        SELECT r.head, r.relation, s.relation, r.tail, r.sources, s.sources
        FROM edge AS r JOIN edge AS s ON s.id = r.contradicts
        WHERE r.id < r.contradicts
        ORDER BY r.head, r.tail""",
    "counts_by_relation": """
        SELECT relation, count(*) AS triples, count(DISTINCT head), count(DISTINCT tail)
        FROM edge GROUP BY relation ORDER BY triples DESC, relation""",
    "counts_by_type": """
        SELECT type, count(*) AS entities, count(name_en) FROM node GROUP BY type ORDER BY entities DESC, type""",
    "coverage_matrix": """
        SELECT n.type, e.relation, e.source, count(DISTINCT e.head), count(*)
        FROM (SELECT head, relation, unnest(sources) AS source FROM edge) AS e JOIN node AS n ON n.id = e.head
        GROUP BY ALL ORDER BY n.type, e.relation, e.source""",
    "degree_outliers": """
        WITH heads AS (SELECT relation, count(DISTINCT head) AS heads FROM edge GROUP BY relation),
             degrees AS (SELECT relation, tail, count(*) AS degree FROM edge GROUP BY relation, tail)
        SELECT relation, tail, degree, heads FROM degrees JOIN heads USING (relation)
        WHERE degree >= 100 AND degree * 50 > heads
        ORDER BY degree DESC, relation, tail""",
    "digits_only_names": """
        SELECT id, sources FROM node WHERE regexp_full_match(name, '[0-9０-９ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩ.,:;%/～~ -]+') ORDER BY id""",
    "disease_without_drug": _disease_without("'HAS_DRUG', 'RECOMMENDED_DRUG'", "Drug"),
    "disease_without_examination": _disease_without("'NEEDS_EXAMINATION'", "Examination"),
    "disease_without_symptom": _disease_without("'HAS_SYMPTOM'", "Symptom"),
    "disease_without_treatment": _disease_without("'HAS_TREATMENT'", "Treatment"),
    "domain_range_violations": """
        SELECT e.head, e.relation, e.tail, e.sources
        FROM edge AS e JOIN node AS h ON h.id = e.head JOIN node AS t ON t.id = e.tail
        WHERE concat(h.type, '|', e.relation, '|', t.type) NOT IN (SELECT unnest($signatures))
        ORDER BY ALL""",
    "doubtful_types": """
        SELECT n.id AS entity, m.type AS other_type, count(e.id) AS triples, n.sources, m.sources
        FROM node AS n JOIN node AS m ON m.name = n.name AND m.id <> n.id LEFT JOIN edge AS e ON e.tail = n.id
        WHERE list_contains(n.doubts, 'other-type')
        GROUP BY n.id, m.type, n.sources, m.sources ORDER BY triples DESC, entity, other_type""",
    "entities_in_several_sources": """
        SELECT type, sources, count(*) AS entities FROM node WHERE len(sources) > 1
        GROUP BY type, sources ORDER BY type, entities DESC""",
    "isolated_entities": """
        SELECT id, sources FROM node AS n
        WHERE NOT EXISTS (SELECT 1 FROM edge WHERE head = n.id) AND NOT EXISTS (SELECT 1 FROM edge WHERE tail = n.id)
        ORDER BY id""",
    "long_names": """
        SELECT id, length(name) AS characters, sources FROM node
        WHERE length(name) > 40 AND type NOT IN ('Product', 'Drug')
        ORDER BY characters DESC, id""",
    "missing_english": """
        SELECT type, count(*) AS entities, count(name_en), count(*) - count(name_en) AS missing
        FROM node GROUP BY type HAVING missing > 0 ORDER BY missing DESC, type""",
    "names_in_several_types": """
        SELECT name, count(*) AS types, min(type), max(type) FROM node GROUP BY name HAVING types > 1 ORDER BY name""",
    "one_way_complications": """
        SELECT e.head, e.tail, e.sources
        FROM edge AS e JOIN node AS h ON h.id = e.head JOIN node AS t ON t.id = e.tail
        WHERE e.relation = 'HAS_COMPLICATION' AND h.type = 'Disease' AND t.type = 'Disease' AND e.head <> e.tail
          AND NOT EXISTS (
            SELECT 1 FROM edge AS b
            WHERE b.relation = 'HAS_COMPLICATION' AND b.head = e.tail AND b.tail = e.head)
        ORDER BY e.head, e.tail""",
    "other_subjects": _doubted_values("other-subject"),
    "person_names": """
        SELECT n.id AS entity, count(e.id) AS triples, n.sources FROM node AS n LEFT JOIN edge AS e ON e.tail = n.id
        WHERE list_contains(n.doubts, 'person-name')
        GROUP BY n.id, n.sources ORDER BY triples DESC, entity""",
    "residue_names": """
        SELECT n.id, count(DISTINCT e.head) AS heads FROM node AS n LEFT JOIN edge AS e ON e.tail = n.id
        WHERE n.name IN (SELECT unnest($residue))
        GROUP BY n.id ORDER BY heads DESC, n.id""",
    "same_name_at_both_ends": """
        SELECT e.head, e.relation, e.tail, e.sources
        FROM edge AS e JOIN node AS h ON h.id = e.head JOIN node AS t ON t.id = e.tail
        WHERE h.name = t.name AND h.id <> t.id
        ORDER BY e.head, e.relation""",
    "self_loops": "SELECT head, relation, sources FROM edge WHERE head = tail ORDER BY head, relation",
    "truncated_names": """
        SELECT id, sources FROM node WHERE list_contains(doubts, 'truncated-name') ORDER BY id""",
    "truncated_values": _doubted_values("truncated-value"),
    "unbalanced_brackets": """
        SELECT id, sources FROM node
        WHERE length(replace(replace(name, '(', ''), '（', '')) <> length(replace(replace(name, ')', ''), '）', ''))
        ORDER BY id""",
}
"""Audit -> the question that gives the same rows."""
