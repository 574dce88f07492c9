// title: Names of digits and signs only
// title_zh: 只有数字的名称
// severity: warning
// why: No name of anything: a piece that was split off at a bracket or a comma.
// why_zh: 不是任何事物的名称：在括号或逗号处被切下来的碎片。
MATCH (n)
WHERE n.name =~ '[0-9０-９ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩ.,:;%/～~ -]+'
RETURN n.id AS entity, n.sources AS sources
ORDER BY entity
