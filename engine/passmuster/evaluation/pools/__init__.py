"""Fleet rules: conditions over all nodes of a pool, through what they have in common, never node by node.

Each node contributes (`contribution`), contributions are gathered in any order and by any number of workers
(`Aggregate`), and what was gathered is judged once (`conclude`). `over` does all three for nodes that are at hand.
"""

from passmuster.evaluation.pools.aggregate import Aggregate
from passmuster.evaluation.pools.conclude import conclude
from passmuster.evaluation.pools.contribution import UNJUDGED, Contribution, contribution
from passmuster.evaluation.pools.growth import settled
from passmuster.evaluation.pools.over import over

__all__ = ["UNJUDGED", "Aggregate", "Contribution", "conclude", "contribution", "over", "settled"]
