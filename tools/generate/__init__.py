"""Writes what is derived from the contracts: TypeScript types, documents, and the descriptions of both APIs."""
