// title: Names of digits and signs only
// title_zh: 只有数字的名称
// severity: warning
// why: No name of anything: a piece that was split off at a bracket or a comma.
MATCH (n)
WHERE n.name =~ '[0-9０-９ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩ.,:;%/～~ -]+'
RETURN n.id AS entity, n.sources AS sources
ORDER BY entity
