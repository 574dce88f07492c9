// title: Aliases that are entities of their own
// title_zh: 别名另成实体
// severity: info
// why: Two entities that a source calls the same thing: candidates for alignment.
MATCH (n)
UNWIND n.aliases AS alias
MATCH (m)
WHERE m.name = alias AND labels(m)[0] = labels(n)[0] AND m.id <> n.id
RETURN n.id AS entity, m.id AS alias
ORDER BY entity, alias
