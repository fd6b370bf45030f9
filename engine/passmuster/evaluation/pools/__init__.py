"""Fleet rules: conditions over all nodes of a pool, through what they have in common, never node by node.

Each node contributes (`contribution`), contributions are gathered in any order and by any number of workers
(`Aggregate`), and what was gathered is judged once (`pool_results`).
`evaluate_pools` does all three for nodes that are at hand.
"""

from passmuster.evaluation.pools.aggregate import Aggregate
from passmuster.evaluation.pools.bounds import settled
from passmuster.evaluation.pools.contributions import UNJUDGED, Contribution, contribution
from passmuster.evaluation.pools.evaluate_pool import evaluate_pools
from passmuster.evaluation.pools.pool_verdict import pool_results

__all__ = ["UNJUDGED", "Aggregate", "Contribution", "contribution", "evaluate_pools", "pool_results", "settled"]
