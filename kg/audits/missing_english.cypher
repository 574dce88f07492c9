// title: Entities without an English name
// title_zh: 缺少英文名
// severity: info
// why: English records skip them; add a table with: kgtools names add FILE
// why_zh: 生成英文记录时会跳过它们；可用以下命令添加名称表：kgtools names add FILE
MATCH (n)
WITH labels(n)[0] AS type, count(*) AS entities, count(n.name_en) AS with_english
WHERE with_english < entities
RETURN type, entities, with_english, entities - with_english AS missing
ORDER BY missing DESC, type
