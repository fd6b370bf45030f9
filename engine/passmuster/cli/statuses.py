"""What the exit statuses mean, for `--help`: one text for each kind of command, each line within 80 columns."""

JUDGING = """\
exit status:
  0  pass or warn: nothing at the threshold failed, nothing there is unknown
  1  a rule at the threshold fails
  2  usage, or a policy or configuration that cannot be used: nothing was judged
  3  nothing fails there, but something is unknown, an error or unreadable
  4  integrity: a digest, a signature or the lock does not hold
 70  a defect in passmuster: please report it
"""
POLICIES = """\
exit status:
  0  done
  2  usage, or a policy that cannot be used
  4  integrity: a digest or the lock does not hold
"""
TESTING = """\
exit status:
  0  every example holds, and nothing that was asked for is missing
  1  an example does not hold, an outcome has no example, a branch is never
     taken (--coverage) or a mutant is not noticed (--mutate)
  2  usage, or a policy or its tests.yaml that cannot be used
  4  integrity: a digest or the lock does not hold
"""
LINTING = """\
exit status:
  0  nothing weighs as much as the threshold
  1  something does
  2  usage, or a file that is not there
  4  integrity: the lock does not hold
"""
RELEASING = """\
exit status:
  0  the lock is written
  2  usage, or a draft that is not fit to be released: what is wrong is printed
  4  integrity: a released policy has changed
"""
COMPARING = """\
exit status:
  0  no node that passed, with or without a warning, would fail
  1  more of them would than --allow grants
  2  usage, or a policy that cannot be used
  3  none would, but something was not compared: given twice or unreadable
  4  integrity: a digest, a signature or the lock does not hold
"""
EXPLAINING = """\
exit status:
  0  explained, whatever the outcome is
  2  usage, or a policy that cannot be used
  3  the snapshot cannot be read
  4  integrity: a digest, a signature or the lock does not hold
"""
READING = """\
exit status:
  0  every snapshot can be read
  2  usage, or a file that is not there
  3  a snapshot cannot be read
  4  integrity: a signature or a bundle does not hold
"""
ANNOTATING = """\
exit status:
  0  every snapshot and every node of the list fit together
  2  usage, or a folder or a list that cannot be used
  3  a snapshot or a node is left over: it is named
"""
REDACTING = """\
exit status:
  0  written
  1  a verdict would change: nothing was written
  2  usage, or a policy, a key or a map that cannot be used: nothing was written
  3  the rest was written; something was no snapshot and was left out
  4  integrity: a signature, a bundle or the lock does not hold
"""
BUNDLES = """\
exit status:
  0  done
  2  usage, or not a bundle
  4  integrity: bytes, a signature, a key, an expiry or a sequence does not hold
"""
FILES = """\
exit status:
  0  done
  2  usage, or a file that cannot be used
"""
PROVING = """\
exit status:
  0  the verdict holds
  2  it cannot be tried: no verdict, or a policy or a file that it needs is
     missing
  4  it does not hold: a digest, a signature, or what judging again gives
"""
EVALUATING = """\
exit status:
  0  the expression has a value
  2  usage, or an expression that does not compile
  3  the value is unknown or an error
"""
STORING = """\
exit status:
  0  everything is in the store
  2  usage, or the store cannot be used; what it holds is as it was
  3  some snapshots cannot be read and were not kept; all others were
  4  integrity: a signature or a bundle does not hold, or the store is damaged
"""
STORES = """\
exit status:
  0  done
  2  usage, or the store cannot be used
  4  integrity: the store is damaged
"""
