"""Cypher: for a folder parsed and compiled to SQL; for Neo4j kept from what a store keeps beside its graph."""
