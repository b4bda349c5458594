"""Real Kafka and a MongoDB-wire server on a plain machine, from Maven: for tests and for looking at a cluster.

The second is an independent server of MongoDB's protocol and a stand-in: what is kept should be kept by MongoDB.
"""
