// title: Names with a bracket too few or too many
// title_zh: 括号不配对的名称
// severity: warning
// why: A name was cut, split or glued at a bracket.
// why_zh: 名称在括号处被截断、拆开或粘连。
MATCH (n)
WITH n, size(replace(replace(n.name, '(', ''), '（', '')) AS without_open, size(replace(replace(n.name, ')', ''), '）', '')) AS without_close
WHERE without_open <> without_close
RETURN n.id AS entity, n.sources AS sources
ORDER BY entity
