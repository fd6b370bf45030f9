"""A small policy that loads, for tests to change."""

GOOD = """\
schema: passmuster.policy/1
language: passmuster.cel/1
pack: demo
version: 1.0.0
title: A demonstration
source: {title: A page, date: 2024-08-01, url: "https://example.org", sha256: 0000000000000000000000000000000000000000000000000000000000000000}
snapshot: passmuster.snapshot/1
parameters:
  level: {type: int, default: 2, description: The level wanted.}
constants:
  words: {description: Words wanted., value: [a, b]}
rules:
  - id: one
    title: It holds
    level: required
    expression: |
      has(os.id) &&
        os.id == 'debian'
    rationale: Because.
    deviation: none
    remediation: Mend it.
    references:
      - {title: A page, url: "https://example.org", quote: It must hold.}
"""
