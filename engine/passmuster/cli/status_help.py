"""What the exit statuses mean, for `--help`: one text for each kind of command, each line within 80 columns."""

JUDGING = """\
exit status:
  0  pass or warn: nothing at the threshold (--fail-on) fails or is unknown
  1  a rule at the threshold fails
  2  wrong usage, or an invalid policy or configuration: nothing was judged
  3  nothing at the threshold fails, but something is unknown, an error or
     unreadable
  4  integrity: a digest, a signature or the lock does not match
 70  a defect in passmuster: please report it
"""
POLICIES = """\
exit status:
  0  done
  2  wrong usage, or an invalid policy
  4  integrity: a digest or the lock does not match
"""
TESTING = """\
exit status:
  0  every test passes, and with --coverage and --mutate nothing is missed
  1  a test fails, an outcome has no test, a branch is never taken (--coverage)
     or a mutant is not noticed (--mutate)
  2  wrong usage, or an invalid policy or tests.yaml
  4  integrity: a digest or the lock does not match
"""
LINTING = """\
exit status:
  0  no finding at the threshold (--fail-on) or above
  1  a finding at the threshold or above
  2  wrong usage, or a missing file
  4  integrity: the lock does not match
"""
RELEASING = """\
exit status:
  0  the lock is written
  2  wrong usage, or a draft that cannot be released: the problems are printed
  4  integrity: a released policy has changed
"""
COMPARING = """\
exit status:
  0  no more nodes change from pass or warn to fail than --allow permits
  1  more nodes do
  2  wrong usage, or an invalid policy
  3  as 0, but something was not compared: a duplicate, or unreadable
  4  integrity: a digest, a signature or the lock does not match
"""
EXPLAINING = """\
exit status:
  0  the rule is explained, whatever its outcome
  2  wrong usage, or an invalid policy
  3  the snapshot cannot be read
  4  integrity: a digest, a signature or the lock does not match
"""
READING = """\
exit status:
  0  every snapshot can be read
  2  wrong usage, or a missing file
  3  a snapshot cannot be read
  4  integrity: a signature or a bundle is invalid
"""
ANNOTATING = """\
exit status:
  0  every snapshot has a node in the list, and every node a snapshot
  2  wrong usage, or an invalid folder or list
  3  a snapshot has no node, or a node no snapshot: it is named
"""
REDACTING = """\
exit status:
  0  written
  1  a verdict would change: nothing was written
  2  wrong usage, or an invalid policy, key or map: nothing was written
  3  written, except for input that is not a snapshot
  4  integrity: a signature, a bundle or the lock does not match
"""
BUNDLES = """\
exit status:
  0  done
  2  wrong usage, or not a bundle
  4  integrity: content, signature, key, expiry or sequence number is not valid
"""
FILES = """\
exit status:
  0  done
  2  wrong usage, or an invalid file
"""
PROVING = """\
exit status:
  0  the verdict holds
  2  it cannot be checked: not a report, or a policy or a file is missing
  4  it does not hold: a digest, a signature or the new verdict differs
"""
EVALUATING = """\
exit status:
  0  the expression has a value
  2  wrong usage, or an expression that does not compile
  3  the value is unknown or an error
"""
STORING = """\
exit status:
  0  everything is in the store
  2  wrong usage, or the store cannot be used; it is unchanged
  3  some snapshots cannot be read and were left out; the others are stored
  4  integrity: a signature or a bundle is invalid, or the store is damaged
"""
STORES = """\
exit status:
  0  done
  2  wrong usage, or the store cannot be used
  4  integrity: the store is damaged
"""
