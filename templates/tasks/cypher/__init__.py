"""The task cypher: questions whose answer is a query, with the rows that it gives."""
