"""The one way to fetch anything from outside the house.

`client.HttpEgress` is the real thing, `memory.MemoryEgress` its twin for tests; both keep to
`client.Egress`.
"""
