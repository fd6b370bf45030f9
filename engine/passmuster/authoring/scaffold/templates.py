"""What `policy new` writes: a pack and a rule that load and pass their tests as they stand.

What a person has to write says TODO: linting warns of it, and such a draft is not released.
"""

from __future__ import annotations

import textwrap

PACK = """\
schema: passmuster.policy/1
language: passmuster.cel/1
pack: {pack}
version: {version}
title: What the nodes of {pack} need
source:
  title: "TODO: the document that {pack} encodes"
  url: https://example.org/the-document
snapshot: passmuster.snapshot/1

rules:
{rule}"""

RULE = """\
- id: {id}
  title: The kernel module {module} is loaded
  level: recommended
  applies_when: |
    cpu.architecture in ['x86_64', 'aarch64']
  expression: |
    '{module}' in kernel.modules
  message_expression: |
    'the module {module} is not loaded'
  rationale: >-
    TODO: say why a node needs this, for someone who has to decide whether it does. This example requires a kernel
    module with the name of the rule.
  deviation: none
  remediation: >-
    `modprobe {module}`, and `echo {module} > /etc/modules-load.d/{module}.conf` so that it is there after a reboot.
  references:
    - title: proc_modules(5), the modules that are loaded
      url: https://man7.org/linux/man-pages/man5/proc_modules.5.html
"""

TESTS = """\
schema: passmuster.tests/1

bases:
{base}
cases:
{cases}"""

BASE = """\
{id}:
  description: A node with the module {module}.
  sections:
    cpu: {{architecture: x86_64}}
    kernel: {{modules: [{module}]}}
"""

CASES = """\
- name: "{id}: the module is loaded"
  base: {id}
  expect: {{{id}: pass}}
- name: "{id}: the rule applies to ARM"
  base: {id}
  set: {{cpu.architecture: aarch64}}
  expect: {{{id}: pass}}
- name: "{id}: the module is not loaded"
  base: {id}
  set: {{kernel.modules: []}}
  expect: {{{id}: fail}}
  messages: {{{id}: the module {module} is not loaded}}
- name: "{id}: the modules could not be read"
  base: {id}
  unknown: {{kernel.modules: denied}}
  expect: {{{id}: unknown}}
- name: "{id}: the rule does not apply to other architectures"
  base: {id}
  set: {{cpu.architecture: riscv64}}
  expect: {{{id}: not_applicable}}
"""


def filled(template: str, rule: str, indent: int) -> str:
    """A template for a rule of that name, its lines moved to the right."""
    return textwrap.indent(template.format(id=rule, module=rule.replace("-", "_")), " " * indent)
