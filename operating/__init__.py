"""What runs a service and how people run it, the same for each.

Its relay, consumers, parked events and due work; its dead letters, what people decide of them, and how it is.
"""
