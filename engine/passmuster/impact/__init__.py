"""Impact: what another version of a policy would change, node by node, before it is released."""

from passmuster.impact.compare import impact
from passmuster.impact.formats import FORMATS
from passmuster.impact.model import Cause, Impact, NodeChange, RuleChange, Unread

__all__ = ["FORMATS", "Cause", "Impact", "NodeChange", "RuleChange", "Unread", "impact"]
