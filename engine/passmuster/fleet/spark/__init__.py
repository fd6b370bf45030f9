"""Judging fleets on a cluster: Apache Spark carries the rows, one function over Arrow batches judges them."""
