"""What crosses a boundary between services: events and the words they all must agree on."""
